"""Writes find their columns by what is marked on them: nothing of a person's is ever in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from backend.domain.lease import LeaseTimes
from backend.errors import Forbidden, TryLater
from backend.ports import Anchor, Block, Entered, Strip
from backend.usecases.batch import anchoring
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.cells_back import CellsBack
from backend.usecases.batch.intents import Fix
from backend.usecases.batch.last_moment import LastMoment
from tests.fakes import FakeClock, FakeSheets
from tests.usecases.desk import OUTPUTS, RECIPE, Desk, Killed, a_job, a_result, answer
from tests.usecases.edits import Table
from tests.usecases.test_undoing_any_edits import BEFORE, UndoDesk, a_filled_table

HEADERS = ["Notes", "Company Name", "Company Keywords", "Company Short Description", *OUTPUTS, "Owner"]
NAMES = ["firm a", "firm b", "firm c"]


class Watched(FakeSheets):
    """What was sent, and somebody who acts right before a write arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sequence[Block | Strip]] = []
        self.restored = 0
        self.set = 0
        self.before_write: Callable[[], None] = lambda: None
        self.trouble: list[Exception] = []

    def write(self, spreadsheet_id: str, blocks: Sequence[Block | Strip], *, timeout_s: float = 30) -> None:
        self.sent.append(blocks)
        self.before_write()
        self.before_write = lambda: None
        if self.trouble:
            raise self.trouble.pop()
        super().write(spreadsheet_id, blocks, timeout_s=timeout_s)

    def restore(self, *args: Any, **kwargs: Any) -> None:
        self.restored += 1
        super().restore(*args, **kwargs)

    def set_anchors(self, *args: Any, **kwargs: Any) -> None:
        self.set += 1
        super().set_anchors(*args, **kwargs)

    @property
    def kinds(self) -> list[set[str]]:
        """Of each write, how it was addressed."""
        return [{type(block).__name__ for block in blocks} for blocks in self.sent]


def a_table(sheets: FakeSheets, blank: int = 0) -> Table:
    """With so many blank rows below the header."""
    rows = [["", *[""] * (len(HEADERS) - 1)] for _ in range(blank)] + [
        [f"note of {name}", name, f"keywords of {name}", "", "", "", "", "", f"owner of {name}"]
        for name in NAMES
    ]
    sheets.has_tab("book", 1, [HEADERS, *rows])
    return Table(sheets.tab("book", 1), sheets.marks("book", 1))


def a_desk(sheets: FakeSheets, blank: int = 0) -> Desk:
    return Desk(sheets, "book", 1, [a_result(i, i + 1 + blank, name) for i, name in enumerate(NAMES)])


def check(table: Table) -> None:
    """Everything is on its row, whatever the order of the columns."""
    for line in [line for line in table.lines() if line["Company Name"]]:
        name = line["Company Name"]
        assert tuple(line[header] for header in OUTPUTS) == (*answer(name), "✅ Complete")
        assert (line["Notes"], line["Owner"]) == (f"note of {name}", f"owner of {name}")
        assert line["Company Keywords"] == f"keywords of {name}"


def moved(table: Table, header: str, to: int) -> None:
    start = table.column(header)
    for row in table.grid:
        row.insert(to, row.pop(start))
    table.marks.insert(to, table.marks.pop(start))


def test_a_column_that_is_moved_at_the_write_costs_nothing_at_all() -> None:
    """Neither a cell of the person's own, nor a second write, nor a repair."""
    sheets = Watched()
    table = a_table(sheets)
    sheets.before_write = lambda: moved(table, "Owner", 0)
    a_desk(sheets).run({})
    check(table)
    assert sheets.kinds == [{"Strip"}]
    assert sheets.restored == 0


def test_anchors_are_set_once_for_a_tab_and_found_again_by_the_next_job() -> None:
    sheets = Watched()
    table = a_table(sheets)
    a_desk(sheets).run({})
    moved(table, "Status", 0)
    for header in OUTPUTS:
        for row in table.grid[1:]:
            row[table.column(header)] = ""
    a_desk(sheets).run({})
    check(table)
    assert sheets.set == 1
    assert sheets.kinds == [{"Strip"}, {"Strip"}]


def test_a_column_whose_cells_are_cut_and_pasted_is_anchored_anew() -> None:
    """Then the header stands over another column than the one that bears the mark."""
    sheets = Watched()
    table = a_table(sheets)
    a_desk(sheets).run({})
    there, here = table.column("Owner"), table.column("Category")
    for row in table.grid:
        row[there], row[here] = row[here], row[there]
        if row is not table.grid[0]:
            row[there] = ""
    a_desk(sheets).run({})
    check(table)
    assert sheets.set == 2
    assert [marks for marks in table.marks if "category" in marks.values()] == [table.marks[there]]


def test_a_column_that_is_renamed_is_filled_under_its_new_name_and_none_is_added() -> None:
    sheets = Watched()
    table = a_table(sheets)
    desk = a_desk(sheets)

    def rename() -> None:
        table.grid[0][table.column("Category")] = "Trade"

    desk.run({0: lambda: None, 4: rename})
    assert sorted(map(str, table.grid[0])) == sorted(["Trade", *(h for h in HEADERS if h != "Category")])
    assert [line["Trade"] for line in table.lines()] == [answer(name)[0] for name in NAMES]
    assert sheets.restored == 0


def test_a_successor_goes_on_in_a_column_that_was_renamed() -> None:
    """By what its predecessor noted: it has not seen that mark under its own header."""
    sheets = Watched()
    table = a_table(sheets)
    desk = a_desk(sheets)
    kill = Killed()

    def rename() -> None:
        table.grid[0][table.column("Category")] = "Trade"

    def die() -> None:
        raise kill

    desk.run({4: rename, 9: die})
    assert "Category" not in table.grid[0]
    assert [line["Trade"] for line in table.lines()] == [answer(name)[0] for name in NAMES]


def test_a_mark_on_a_column_of_the_persons_own_is_no_reason_to_write_there() -> None:
    """It was set as the columns moved, and its output is renamed before anybody has looked at it."""
    sheets = Watched()
    table = a_table(sheets)

    def rename() -> None:
        table.grid[0][table.column("Category")] = "Trade"

    a_desk(sheets).run({2: lambda: moved(table, "Notes", 4), 3: rename})
    assert [line["Notes"] for line in table.lines()] == [f"note of {name}" for name in NAMES]
    assert [line["Category"] for line in table.lines()] == [answer(name)[0] for name in NAMES]


def test_a_name_that_another_column_has_too_is_none_to_go_by() -> None:
    """Then the column counts as removed: after a while one with its own header is added."""
    sheets = Watched()
    table = a_table(sheets)

    def rename() -> None:
        table.grid[0][table.column("Category")] = "Owner"

    a_desk(sheets).run({4: rename})
    owners = [column for column, header in enumerate(table.grid[0]) if header == "Owner"]
    assert [[row[column] for row in table.grid[1:]] for column in owners] == [
        ["", "", ""],
        [f"owner of {name}" for name in NAMES],
    ]
    assert [row[table.column("Category")] for row in table.grid[1:]] == [answer(name)[0] for name in NAMES]


def test_an_undo_finds_a_column_that_was_renamed_since() -> None:
    sheets = FakeSheets()
    table = a_filled_table(sheets)
    sheets.set_anchors("book", 1, {name: table.column(h) for name, h in RECIPE.written.items()}, [])
    table.grid[0][table.column("Category")] = "Trade"
    UndoDesk(sheets).run({})
    assert [row[table.column("Trade")] for row in table.grid[1:]] == [before[0] for before in BEFORE]


def test_a_header_that_a_write_has_hit_is_no_new_name_and_comes_back() -> None:
    """A row inserted above the header, right before the write, and columns right before the repair."""
    sheets = Watched()
    table = a_table(sheets)

    def title() -> None:
        table.grid.insert(0, ["A title", *[""] * (table.width - 1)])

    a_desk(sheets).run({5: title, 7: lambda: moved(table, "Owner", 0)})
    assert sorted(map(str, table.grid[1])) == sorted(HEADERS)
    check(table)
    assert sheets.restored == 0


def test_a_column_that_stands_where_a_marked_one_was_is_found_out() -> None:
    """Between two looks its cells are cut, pasted into another column, and it is deleted: all looks the same.

    The mark is gone, so what is written goes nowhere, and Sheets says "written".
    """
    sheets = Watched()
    table = a_table(sheets)

    def cut_paste_and_delete() -> None:
        column = table.column("Category")
        for row in table.grid:
            row.insert(column + 1, row[column])
            del row[column]
        table.marks.insert(column + 1, {})
        del table.marks[column]

    desk = a_desk(sheets)
    desk.run({5: cut_paste_and_delete})
    check(table)
    assert {state for state, _ in desk.settled.values()} == {"done"}
    assert sheets.set == 2


@pytest.mark.parametrize("refusal", ["full", "protected"])
def test_a_tab_that_takes_no_anchors_is_written_by_places(refusal: str) -> None:
    sheets = Watched()
    sheets.takes_anchors = False
    if refusal == "protected":

        def refuse(*_: Any, **__: Any) -> None:
            raise Forbidden("This tab is protected.", code="protected")

        sheets.set_anchors = refuse  # type: ignore[method-assign]
    table = a_table(sheets)
    a_desk(sheets).run({})
    check(table)
    assert sheets.kinds == [{"Block"}]


def test_anchors_that_are_taken_and_do_not_show_are_not_set_again_and_again() -> None:
    class Blind(Watched):
        def anchors(self, *args: Any, **kwargs: Any) -> tuple[list[list[str]], list[Anchor]]:
            top, _ = super().anchors(*args, **kwargs)
            return top, []

    sheets = Blind()
    table = a_table(sheets)
    a_desk(sheets).run({})
    check(table)
    assert sheets.set == 2
    assert sheets.kinds == [{"Block"}]


def test_columns_that_never_hold_still_are_written_by_places_in_the_end() -> None:
    """Each time they were looked at, somebody has moved them before the next look."""
    sheets = Watched()
    table = a_table(sheets)

    def first_goes_last() -> None:
        moved(table, str(table.grid[0][0]), len(HEADERS) - 1)

    a_desk(sheets).run(dict.fromkeys(range(1, 60), first_goes_last))
    check(table)
    assert {"Block"} in sheets.kinds


def test_a_tall_write_that_is_not_answered_in_time_is_made_by_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long Google takes over the cells that such a write passes over is not known."""
    monkeypatch.setattr(anchoring, "TALL_CELLS", 4 * 50)
    sheets = Watched()
    table = a_table(sheets, blank=60)
    sheets.trouble = [TryLater("Sheets did not answer in time.", delay_s=1, maybe_applied=True)]
    a_desk(sheets, blank=60).run({})
    check(table)
    assert sheets.kinds == [{"Strip"}, {"Block"}]


def test_a_small_write_that_is_not_answered_in_time_is_made_by_anchors_again() -> None:
    sheets = Watched()
    table = a_table(sheets)
    sheets.trouble = [TryLater("Sheets did not answer in time.", delay_s=1, maybe_applied=True)]
    a_desk(sheets).run({})
    check(table)
    assert sheets.kinds == [{"Strip"}, {"Strip"}]


def test_a_write_that_would_pass_over_too_many_cells_goes_by_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchoring, "MOST_CELLS", 4 * 50)
    sheets = Watched()
    table = a_table(sheets, blank=60)
    a_desk(sheets, blank=60).run({})
    check(table)
    assert sheets.kinds == [{"Block"}]


def test_more_columns_inserted_at_once_than_a_look_reads_beyond_the_last_are_no_reason_to_add_any() -> None:
    """The outputs were out of sight, and would have been taken for removed."""
    sheets = Watched()
    table = a_table(sheets)

    def inserts() -> None:
        for row in table.grid:
            row[0:0] = [""] * 12
        table.marks[0:0] = [{} for _ in range(12)]

    a_desk(sheets).run({7: inserts})
    check(table)
    assert [header for header in table.grid[0] if header] == HEADERS


def test_what_anchors_take_is_parted_from_a_formula_before_it_is_known_where_they_stand() -> None:
    """A search has just forgotten that, as something is not where it was written."""
    sheets = Watched()
    a_table(sheets)
    anchors = Anchors(a_job("book", 1), RECIPE, sheets)
    where = anchors.layout([HEADERS])
    assert where is not None
    cells_back = CellsBack(
        a_job("book", 1), sheets, anchors, LastMoment(FakeClock(), lambda: 30.0, LeaseTimes()), LeaseTimes()
    )
    column = where.columns.outputs["category"]
    old: list[Entered] = [{"stringValue": "old"}, {"formulaValue": "=A1"}]
    text, formula = (Fix(place, "", "", {column: value}) for place, value in enumerate(old, start=1))
    assert cells_back.at_once([text, formula], where) == [text]
    assert cells_back.at_once([formula], where) == [formula]
    anchors.give_up()
    assert cells_back.at_once([text, formula], where) == [text, formula]
