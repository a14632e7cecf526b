"""A tab as a person sees it, and what somebody does to it between any two calls, as chance will have it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from backend.ports import Cell
from tests.usecases.desk import INPUTS, OUTPUTS, Killed

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
EXAMPLES = 5_000 if FULL else 100
#: The first two have the same inputs, and so the same answer.
NAMES = ["firm b", "firm b", "firm h", "firm d", "firm a", "firm f", "firm c"]
HEADERS = ["Notes", *INPUTS, *OUTPUTS, "Owner"]
#: Calls before which somebody acts: some three flushes, a search and a repair each.
CALLS = 22

Grid = list[list[Cell]]
Script = list[tuple[int, Callable[["Table", int, int], None], int, int]]


class Table:
    """The tab as a person sees it."""

    def __init__(self, grid: Grid, marks: list[dict[int, str]]) -> None:
        """`marks`: what the columns bear, and take along."""
        self.grid, self.marks = grid, marks
        #: The notes as they were, of rows whose inputs were edited: our text may stand there at the moment.
        self.edited: set[str] = set()
        self.notes = {id(row): str(row[0]) for row in grid}
        self.deleted = 0
        self.serial = 0

    @property
    def top(self) -> int:
        """The row of the header."""
        return next(i for i, row in enumerate(self.grid) if "Company Name" in row)

    @property
    def width(self) -> int:
        return len(self.grid[0])

    def column(self, header: str) -> int:
        return self.grid[self.top].index(header)

    def lines(self) -> list[dict[str, Any]]:
        headers = [str(cell) for cell in self.grid[self.top]]
        return [dict(zip(headers, row, strict=True)) for row in self.grid[self.top + 1 :]]


def _row(table: Table, at: int) -> int:
    """A row of data."""
    first = table.top + 1
    return first + at % (len(table.grid) - first)


def sort(table: Table, at: int, to: int) -> None:
    """By the person's columns or by ours, up or down; empty cells come last."""
    column = table.column([*INPUTS[:1], "Notes", *OUTPUTS][at % 6]) if at % 6 < 2 else None
    if column is None:
        header = OUTPUTS[at % 4]
        if header not in table.grid[table.top]:
            return
        column = table.column(header)
    rows = table.grid[table.top + 1 :]
    full = sorted((row for row in rows if row[column] != ""), key=lambda row: str(row[column]))
    full = full[::-1] if to % 2 else full
    table.grid[table.top + 1 :] = full + [row for row in rows if row[column] == ""]


def insert_row(table: Table, at: int, _to: int) -> None:
    table.serial += 1
    row: list[Cell] = [""] * table.width
    row[table.column("Company Name")] = f"newcomer {table.serial}"
    table.grid.insert(_row(table, at), row)


def insert_above(table: Table, _at: int, _to: int) -> None:
    """A title above the header, once."""
    if table.top < 1:
        table.grid.insert(0, ["A title", *[""] * (table.width - 1)])


def delete_row(table: Table, at: int, _to: int) -> None:
    if table.deleted < 1:
        table.deleted += 1
        del table.grid[_row(table, at)]


def move_rows(table: Table, at: int, to: int) -> None:
    start = _row(table, at)
    rows = table.grid[start : start + 2]
    del table.grid[start : start + 2]
    goal = table.top + 1 + to % (len(table.grid) - table.top)
    table.grid[goal:goal] = rows


def cut_rows(table: Table, at: int, _to: int) -> None:
    """Two rows go below all others, and leave a hole."""
    start = _row(table, at)
    rows = table.grid[start : start + 2]
    table.grid[start : start + 2] = [[""] * table.width for _ in rows]
    table.grid += rows


def insert_column(table: Table, at: int, _to: int) -> None:
    column = at % (table.width + 1)
    for row in table.grid:
        row.insert(column, "")
    table.marks.insert(column, {})


def insert_columns(table: Table, at: int, to: int) -> None:
    """More of them at once than one."""
    column = to % (table.width + 1)
    for row in table.grid:
        row[column:column] = [""] * (2 + at % 5)
    table.marks[column:column] = [{} for _ in range(2 + at % 5)]


def rename(table: Table, at: int, _to: int) -> None:
    """An output gets another header, or its own again, once something is written."""
    if not any("✅ Complete" in row for row in table.grid):
        return
    headers, own = table.grid[table.top], OUTPUTS[at % 4]
    new = f"{own} (new)"
    if own in headers and new not in headers:
        headers[headers.index(own)] = new
    elif new in headers and own not in headers:
        headers[headers.index(new)] = own


def names_are_as_before(table: Table) -> None:
    for number, own in enumerate(OUTPUTS):
        if own not in table.grid[table.top]:
            rename(table, number, 0)


def move_column(table: Table, at: int, to: int) -> None:
    start, goal = at % table.width, to % table.width
    for row in table.grid:
        row.insert(goal, row.pop(start))
    table.marks.insert(goal, table.marks.pop(start))


def edit_inputs(table: Table, at: int, _to: int) -> None:
    row = table.grid[_row(table, at)]
    name = str(row[table.column("Company Name")])
    if name and len(table.edited) < 2:
        table.edited.add(table.notes.get(id(row), ""))
        table.serial += 1
        row[table.column("Company Keywords")] = f"edited {table.serial}"


ROW_EDITS = [sort, insert_row, delete_row, move_rows, cut_rows, edit_inputs]


def scripts(edits: list[Callable[[Table, int, int], None]]) -> st.SearchStrategy[Script]:
    """Before which call somebody does what, where, and where to."""
    deed = st.tuples(st.integers(0, CALLS), st.sampled_from(edits), st.integers(0, 40), st.integers(0, 40))
    return st.lists(deed, max_size=8)


def by_call(script: Script, table: Table) -> dict[int, Callable[[], None]]:
    def all_of(number: int) -> None:
        for when, edit, at, to in script:
            if when == number:
                edit(table, at, to)

    return {number: partial(all_of, number) for number in {when for when, *_ in script}}


def then_killed(deeds: dict[int, Callable[[], None]], number: int) -> dict[int, Callable[[], None]]:
    """The same, and the worker dies before that call."""

    def die() -> None:
        deeds.get(number, lambda: None)()
        raise Killed

    return {**deeds, number: die}


def played(script: Script, kills: Collection[int], table: Table) -> dict[int, Callable[[], None]]:
    """What a script does before each call, and the deaths of workers."""
    deeds = by_call(script, table)
    for number in kills:
        deeds = then_killed(deeds, number)
    return deeds


some = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=not FULL
)
