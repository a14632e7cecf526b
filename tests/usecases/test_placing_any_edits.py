"""Somebody edits as chance will have it, several times between any two calls, and workers die.

The sheet is one in memory, so that chance gets hundreds of tries; `test_placing_races` has the same on the
stand-in of Sheets, edit by edit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import Invalid
from backend.ports import Block
from backend.usecases.records import write_key
from tests.fakes import FakeSheets
from tests.usecases.desk import OUTPUTS, Desk, Killed, a_result, answer
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
    insert_above,
    insert_column,
    insert_columns,
    insert_row,
    move_column,
    move_rows,
    names_are_as_before,
    played,
    rename,
    scripts,
    some,
    sort,
    then_killed,
)


class Late:
    """A sheet on which a write may be held back, and arrive after another worker has taken over."""

    def __init__(self, sheets: FakeSheets) -> None:
        self._sheets = sheets
        self.holds = False
        self.held: list[tuple[str, Sequence[Block]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sheets, name)

    def arrives(self) -> None:
        while self.held:
            spreadsheet_id, blocks = self.held.pop()
            with contextlib.suppress(Invalid):  # the sheet may be smaller by now
                self._sheets.write(spreadsheet_id, blocks)

    def write(self, spreadsheet_id: str, blocks: Sequence[Block], *, timeout_s: float = 30) -> None:
        if self.holds:
            self.holds = False
            self.held.append((spreadsheet_id, blocks))
            raise Killed
        self._sheets.write(spreadsheet_id, blocks, timeout_s=timeout_s)


def a_table(sheets: FakeSheets) -> Table:
    grid: Grid = [[""] * len(HEADERS) for _ in range(len(NAMES) + 1)]
    grid[0] = list(HEADERS)
    for number, name in enumerate(NAMES, start=1):
        line = {
            "Notes": f"note {number}", "Owner": f"owner {number}",
            "Company Name": name, "Company Keywords": f"keywords of {name}",
        }  # fmt: skip
        grid[number] = [line.get(header, "") for header in HEADERS]
    sheets.has_tab("book", 1, grid)
    return Table(sheets.tab("book", 1), sheets.marks("book", 1))


def a_desk(sheets: Any) -> Desk:
    found = [a_result(index, index + 1, name) for index, name in enumerate(NAMES)]
    return Desk(sheets, "book", 1, found)


def check_nothing_is_wrong(table: Table) -> None:
    """Every text of ours is beside the company it speaks of, in its own column."""
    ours = {text for name in NAMES for text in answer(name)} | {"✅ Complete"}
    outputs = {table.column(header) for header in OUTPUTS}
    for number, row in enumerate(table.grid):
        strays = [cell for column, cell in enumerate(row) if cell in ours and column not in outputs]
        assert not strays, row
        if number <= table.top:
            assert not ours & set(row), row
    for line in table.lines():
        found = tuple(line[header] for header in OUTPUTS)
        own = (*answer(str(line["Company Name"])), "✅ Complete")
        assert all(text in ("", mine) for text, mine in zip(found, own, strict=True)), line


def check(table: Table, desk: Desk) -> None:
    """Told by the notes, which nothing of ours reads: all are on their rows, and nothing else has changed."""
    check_nothing_is_wrong(table)
    assert set(desk.settled) == set(range(len(NAMES)))
    notes = {f"note {number}": name for number, name in enumerate(NAMES, start=1)}
    for line in table.lines():
        name = notes.get(str(line["Notes"]))
        outputs = tuple(line[header] for header in OUTPUTS)
        if name is None:
            assert outputs == ("", "", "", ""), line
            continue
        assert (line["Company Name"], line["Owner"]) == (name, line["Notes"].replace("note", "owner"))
        edited = line["Notes"] in table.edited
        assert edited or line["Company Keywords"] == f"keywords of {name}"
        assert outputs == (*answer(name), "✅ Complete") or (edited and outputs == ("", "", "", "")), line


EDITS = [*ROW_EDITS, insert_column, insert_columns, move_column, insert_above, rename]


@some
@given(script=scripts(EDITS))
def test_any_edits_between_any_calls(script: Script) -> None:
    sheets = FakeSheets()
    table = a_table(sheets)
    desk = a_desk(sheets)
    desk.run(by_call(script, table))
    names_are_as_before(table)
    check(table, desk)


@some
@given(script=scripts([*ROW_EDITS, insert_above]))
def test_any_edits_of_rows_where_no_anchor_can_be_set(script: Script) -> None:
    sheets = FakeSheets()
    sheets.takes_anchors = False
    table = a_table(sheets)
    desk = a_desk(sheets)
    desk.run(by_call(script, table))
    check(table, desk)


@some
@given(script=scripts(EDITS), kills=st.sets(st.integers(0, CALLS), max_size=3))
def test_any_edits_and_workers_that_die_at_any_call(script: Script, kills: set[int]) -> None:
    sheets = FakeSheets()
    table = a_table(sheets)
    desk = a_desk(sheets)
    desk.run(played(script, kills, table))
    names_are_as_before(table)
    check(table, desk)


@some
@given(before=scripts(ROW_EDITS), meanwhile=scripts(ROW_EDITS), arrives=st.integers(0, 3))
def test_a_write_that_arrives_after_another_worker_took_over(
    before: Script, meanwhile: Script, arrives: int
) -> None:
    """It hangs in the network while its worker dies and rows move; its deadline has not passed."""
    a_late_write(
        [(when % 4, *deed) for when, *deed in before],
        [(when % 6, *deed) for when, *deed in meanwhile],
        arrives,
    )


def a_late_write(before: Script, meanwhile: Script, arrives: int) -> None:
    """`before`: by calls, until it is sent; `meanwhile`: by pauses, in one of which it arrives."""
    sheets = FakeSheets()
    table = a_table(sheets)
    late = Late(sheets)
    desk = a_desk(late)
    late.holds = True
    edits = by_call(meanwhile, table)

    def arrive() -> None:
        late.arrives()
        edits.get(arrives, lambda: None)()

    desk.run(by_call(before, table), {**edits, arrives: arrive})
    check(table, desk)


#: What a late write has left wrong once: before it, meanwhile, and when it arrives.
LATE: dict[str, tuple[Script, Script, int]] = {
    "an equal row that was taken for one that somebody had typed over": (
        [(1, move_rows, 1, 0)],
        [(1, cut_rows, 0, 0), (1, insert_row, 0, 0), (0, move_rows, 0, 0)],
        2,
    ),
    "a text of another row that the next write held for what the cell had held before": (
        [(2, cut_rows, 0, 0), (1, move_rows, 0, 1)],
        [(3, edit_inputs, 5, 0), (0, move_rows, 0, 6)],
        2,
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_what_a_late_write_has_left(name: str) -> None:
    a_late_write(*LATE[name])


#: Scripts that ended wrong once, by what was missing then.
FOUND: dict[str, tuple[Script, set[int]]] = {
    "a repair that hits blank rows": ([(3, cut_rows, 2, 0), (8, move_rows, 0, 2), (12, sort, 2, 0)], set()),
    "a repair that clears one of two equal rows": (
        [(1, cut_rows, 1, 0), (3, insert_row, 1, 0), (9, sort, 0, 1)],
        set(),
    ),
    "a row that stands where its equal was written": (
        [(1, insert_row, 0, 0), (10, insert_row, 0, 0)],
        {6},
    ),
    "equal rows, a sort, and two deaths": ([(1, insert_row, 0, 0), (12, sort, 1, 0)], {7, 11}),
    "a text that a repair put into a blank row, told by a successor": (
        [(3, move_rows, 0, 2), (6, cut_rows, 0, 0), (7, sort, 0, 0), (16, cut_rows, 2, 0)],
        {11},
    ),
    "a repair that stands where the next worker verifies": (
        [
            (2, move_rows, 0, 1), (6, sort, 1, 0), (10, insert_row, 0, 0), (12, move_rows, 0, 2),
            (13, delete_row, 1, 0),
        ],
        {2, 17},
    ),
    "a text left beside a third row, as an equal one stood where it was meant for": (
        [
            (0, move_rows, 2, 1), (5, move_rows, 4, 0), (6, insert_row, 3, 0), (8, cut_rows, 0, 0),
            (10, insert_row, 3, 0), (14, move_rows, 2, 6),
        ],
        {15},
    ),
    "an input that is edited once its result was put back": (
        [
            (0, move_rows, 3, 4), (6, insert_row, 2, 0), (7, delete_row, 2, 0), (9, move_rows, 0, 3),
            (15, edit_inputs, 3, 0),
        ],
        set(),
    ),
    "a repair that shares a text with an edited row": (
        [(2, edit_inputs, 3, 0), (7, edit_inputs, 0, 0), (7, insert_row, 0, 0)],
        set(),
    ),
    "rows deleted right before their cells are read": (
        [(0, cut_rows, 6, 0), (6, delete_row, 0, 0)],
        set(),
    ),
    "a column before a stale row is cleared": (
        [(3, edit_inputs, 2, 0), (7, insert_column, 0, 0)],
        set(),
    ),
    "a column moved at the write, and another at its repair": (
        [(3, move_column, 0, 4), (7, move_column, 1, 4)],
        set(),
    ),
    "a settled row that shares texts with a repair, its inputs edited since": (
        [
            (3, cut_rows, 6, 0), (10, insert_row, 3, 0), (12, insert_row, 0, 0), (17, delete_row, 0, 0),
            (19, edit_inputs, 2, 0),
        ],
        set(),
    ),
    "a text beyond the columns that there were": (
        [(3, cut_rows, 0, 0), (8, delete_row, 0, 0), (15, insert_columns, 3, 1)],
        set(),
    ),
    "columns inserted at two repairs": (
        [(2, insert_column, 7, 0), (6, insert_column, 0, 0), (10, cut_rows, 1, 0), (15, insert_column, 0, 0)],
        set(),
    ),
}  # fmt: skip


#: Calls that look for the anchors, and set them, before the first look.
ANCHORING = {"by anchors": 3, "by places": 4}


@pytest.mark.parametrize("addressed", ANCHORING)
@pytest.mark.parametrize("name", FOUND)
def test_what_chance_has_found(name: str, addressed: str) -> None:
    script, kills = FOUND[name]
    later = ANCHORING[addressed]
    sheets = FakeSheets()
    sheets.takes_anchors = addressed == "by anchors"
    table = a_table(sheets)
    desk = a_desk(sheets)
    deeds = [(when + later if when else 0, *deed) for when, *deed in script]
    desk.run(played(deeds, {when + later for when in kills}, table))
    check(table, desk)


def test_a_successor_knows_which_writes_were_acknowledged() -> None:
    """A write bears the number of its note: told of another, it would stay in doubt, or be held for void."""
    sheets = FakeSheets()
    table = a_table(sheets)
    desk = a_desk(sheets)
    desk.run(then_killed(by_call([(1, delete_row, 2, 0), (8, move_column, 0, 4)], table), 14))
    check_nothing_is_wrong(table)
    written = {n for (_, n), note in numbered(desk).items() if note["places"]}
    told = {n for note in numbered(desk).values() for n in (*note["acknowledged"], *note["void"])}
    assert told
    assert told <= written


def numbered(desk: Desk) -> dict[tuple[str, int], dict[str, Any]]:
    keys = {write_key("job", 1, n): n for n in range(desk.writes)}
    return {("write", keys[key]): dict(data) for key, data in desk.kept.items() if key in keys}


def test_cells_that_do_not_keep_what_is_written_end_as_gone_and_hold_nobody_up() -> None:
    """Rows that are merged, say: Sheets answers "written", and the cells show nothing."""
    sheets = FakeSheets()
    table = a_table(sheets)

    class Merged(Late):
        def write(self, spreadsheet_id: str, blocks: Sequence[Block], *, timeout_s: float = 30) -> None:
            super().write(spreadsheet_id, blocks, timeout_s=timeout_s)
            for header in OUTPUTS:
                table.grid[3][table.column(header)] = ""

    desk = a_desk(Merged(sheets))
    desk.run({})
    states = {index: state for index, (state, _) in desk.settled.items()}
    assert states == {0: "done", 1: "done", 2: "gone", 3: "done", 4: "done", 5: "done", 6: "done"}
