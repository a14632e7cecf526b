"""Somebody edits as chance will have it while a run is taken back, several times between any two calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.lease import LeaseTimes
from backend.domain.results import Result
from backend.ports import Cell, Entered, Sheets
from backend.usecases.batch.recalling import RecalledUndo, recall_undo
from backend.usecases.batch.restoring import Restorer
from backend.usecases.batch.seen import Seen
from backend.usecases.batch.written import Touched
from tests.fakes import FakeSheets
from tests.usecases.desk import OUTPUTS, RECIPE, Driver, a_job, a_result, answer, inputs_of_firm
from tests.usecases.edits import (
    CALLS,
    HEADERS,
    NAMES,
    ROW_EDITS,
    Grid,
    Script,
    Table,
    by_call,
    cut_rows,
    delete_row,
    edit_inputs,
    insert_column,
    insert_row,
    move_column,
    move_rows,
    played,
    scripts,
    some,
    sort,
)

OUTPUT_NAMES = ("category", "brand_name", "email_question", "status")
#: What the cells of each row held before the run, output by output: of equal rows, the same.
BEFORE: list[tuple[Cell, ...]] = [
    ("old category 1", "", "", ""),
    ("old category 1", "", "", ""),
    (12.5, True, "", ""),
    ("", "", "", "todo"),
    ("old category 5", "old brand 5", "old question 5", "done by hand"),
    ("", "", "", ""),
    ("", "old brand 7", "", ""),
]


def entered(cell: Cell) -> Entered:
    return Seen("", {0: cell} if cell != "" else {}).entered(0)


class UndoDesk(Driver):
    """A restorer, for a run that has written every row."""

    def __init__(self, sheets: Sheets) -> None:
        super().__init__("undo")
        self._sheets = sheets
        self._results = [a_result(index, index + 1, name) for index, name in enumerate(NAMES)]
        self.worker = self._restorer(RecalledUndo())

    def another_takes_over(self) -> None:
        self.worker = self._restorer(recall_undo(self, "undo", 1, self.writes))  # type: ignore[arg-type]

    def _restorer(self, recalled: RecalledUndo) -> Restorer:
        return Restorer(
            undo=replace(a_job("book", 1), id="undo"),
            recipe=RECIPE,
            sheets=self._sheets,
            clock=self.clock,
            touched={result.index: self._touched(result) for result in self._results},
            recalled=recalled,
            frozen_outputs=self._frozen_outputs,
            frozen_inputs=lambda index: inputs_of_firm(NAMES[index]),
            next_write=self.writes,
            lease_left_s=lambda: 30.0,
            times=LeaseTimes(),
        )

    def _touched(self, result: Result) -> Touched:
        texts = dict(zip(OUTPUT_NAMES, (*result.outputs, "✅ Complete"), strict=True))
        before = dict(zip(OUTPUT_NAMES, map(entered, BEFORE[result.index]), strict=True))
        return Touched(result, result.place, before, texts, {name: {text} for name, text in texts.items()})

    def _frozen_outputs(self, fingerprint: str) -> dict[str, str]:
        at = [result.index for result in self._results if result.fingerprint == fingerprint]
        return dict(zip(OUTPUT_NAMES, map(str, BEFORE[at[-1]]), strict=True)) if at else {}


def a_filled_table(sheets: FakeSheets) -> Table:
    grid: Grid = [list(HEADERS)]
    for number, name in enumerate(NAMES, start=1):
        line: dict[str, Any] = {
            "Notes": f"note {number}", "Owner": f"owner {number}",
            "Company Name": name, "Company Keywords": f"keywords of {name}",
        }  # fmt: skip
        line |= dict(zip(OUTPUTS, (*answer(name), "✅ Complete"), strict=True))
        grid.append([line.get(header, "") for header in HEADERS])
    sheets.has_tab("book", 1, grid)
    return Table(sheets.tab("book", 1), sheets.marks("book", 1))


def check(table: Table, desk: UndoDesk) -> None:
    """Told by the notes: every row is as it was before the run, and no other cell has changed."""
    assert set(desk.settled) == set(range(len(NAMES)))
    numbers = {f"note {number}": number for number in range(1, len(NAMES) + 1)}
    for line in table.lines():
        number = numbers.get(str(line["Notes"]))
        outputs = tuple(line[header] for header in OUTPUTS)
        if number is None:
            assert outputs == ("", "", "", ""), line
            continue
        assert (line["Company Name"], line["Owner"]) == (NAMES[number - 1], f"owner {number}")
        edited = line["Notes"] in table.edited
        assert edited or line["Company Keywords"] == f"keywords of {NAMES[number - 1]}"
        assert outputs == BEFORE[number - 1], line


@some
@given(script=scripts(ROW_EDITS), kills=st.sets(st.integers(0, CALLS), max_size=2))
def test_any_edits_of_rows_and_workers_that_die_at_any_call(script: Script, kills: set[int]) -> None:
    sheets = FakeSheets()
    table = a_filled_table(sheets)
    desk = UndoDesk(sheets)
    desk.run(played(script, kills, table))
    check(table, desk)


@some
@given(script=scripts([*ROW_EDITS, insert_column, move_column]))
def test_any_edits_between_any_calls(script: Script) -> None:
    sheets = FakeSheets()
    table = a_filled_table(sheets)
    desk = UndoDesk(sheets)
    desk.run(by_call(script, table))
    check(table, desk)


#: Scripts that ended wrong once.
FOUND: dict[str, tuple[Script, set[int]]] = {
    "a row is deleted at the write": ([(2, delete_row, 0, 0)], set()),
    "a row is inserted at the write": ([(2, insert_row, 1, 0)], set()),
    "inputs are edited after the look": ([(2, edit_inputs, 0, 0)], set()),
    "inputs are edited after the write": ([(3, edit_inputs, 0, 0)], set()),
    "two outputs change places at the write": ([(2, move_column, 5, 4)], set()),
    "the rows are sorted, and one is inserted": ([(0, sort, 1, 1), (5, insert_row, 0, 0)], set()),
    "the worker dies before its restore": ([(1, sort, 0, 0)], {2}),
    "the worker dies before it puts right what it hit": ([(2, insert_row, 1, 0)], {7}),
    "a row is edited, and the worker dies": ([(1, edit_inputs, 1, 0)], {5}),
    "an edited row is hit, and the worker dies": ([(3, edit_inputs, 2, 0), (5, move_rows, 0, 2)], {7}),
    "the worker dies before it sees what it hit": ([(3, insert_row, 0, 0), (5, sort, 0, 1)], {6}),
    "a row is edited between a miss and its search": (
        [(1, cut_rows, 1, 0), (5, move_rows, 7, 2), (8, edit_inputs, 3, 0)],
        set(),
    ),
    "rows are back at their places before the look": ([(5, sort, 0, 0), (6, sort, 1, 0)], set()),
    "a row takes the place of its equal": ([(0, move_rows, 1, 0), (6, move_rows, 1, 2)], set()),
    "a restore hits an equal that is back": (
        [
            (0, cut_rows, 0, 0),
            (6, cut_rows, 6, 0),
            (9, sort, 0, 0),
            (11, delete_row, 3, 0),
            (12, insert_row, 0, 0),
        ],
        set(),
    ),
    "an edited row has an equal that is back": (
        [(3, insert_row, 1, 0), (6, edit_inputs, 2, 0), (9, delete_row, 1, 0)],
        {9},
    ),
    "a row is hit that a search has found": (
        [(4, delete_row, 0, 0), (7, sort, 2, 1), (8, sort, 0, 0), (11, edit_inputs, 1, 0)],
        {10},
    ),
    "what was to put it right missed, too": (
        [(6, cut_rows, 0, 0), (11, insert_row, 4, 0), (16, sort, 0, 0)],
        {2},
    ),
    "an empty row is hit twice": ([(5, cut_rows, 1, 0), (10, delete_row, 0, 0)], set()),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_chance_has_found(name: str) -> None:
    script, kills = FOUND[name]
    sheets = FakeSheets()
    table = a_filled_table(sheets)
    desk = UndoDesk(sheets)
    desk.run(played(script, kills, table))
    check(table, desk)


def test_the_row_below_keeps_what_it_holds_when_a_row_is_deleted_at_the_restore() -> None:
    sheets = FakeSheets()
    table = a_filled_table(sheets)
    insert_row(table, 0, 0)
    own = table.grid.pop(table.top + 1)
    own[table.column("Category")] = "my own"
    table.grid.append(own)
    UndoDesk(sheets).run(by_call([(5, delete_row, 0, 0)], table))
    assert table.lines()[-1] == dict(zip(HEADERS, own, strict=True))
    assert own[table.column("Category")] == "my own"


class FormulaDesk(UndoDesk):
    """One cell of firm a held a formula."""

    def _touched(self, result: Result) -> Touched:
        touched = super()._touched(result)
        if result.index == NAMES.index("firm a"):
            touched.before["category"] = {"formulaValue": "=UPPER(B6)"}
        return touched


def test_a_formula_comes_back_although_its_row_is_edited_right_before_it_is_put_right() -> None:
    """A repair that is not sent, since its row is another one by then, is found again by the next search."""
    sheets = FakeSheets()
    table = a_filled_table(sheets)

    def firm_a() -> dict[str, Cell]:
        return next(line for line in table.lines() if line["Company Name"] == "firm a")

    def type_a_note(_table: Table, _at: int, _to: int) -> None:
        row = next(row for row in table.grid if row[table.column("Company Name")] == "firm a")
        row[table.column("Notes")] = "typed just now"

    desk = FormulaDesk(sheets)
    desk.run(played([(5, sort, 0, 0), (11, type_a_note, 0, 0)], {6}, table))
    assert (firm_a()["Category"], firm_a()["Notes"]) == ("=UPPER(B6)", "typed just now")
