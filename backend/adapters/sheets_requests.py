"""Requests of `spreadsheets.batchUpdate` that put typed values into cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backend.adapters.sheet_ranges import to_grid_range
from backend.ports import Area, Entered

Wire = dict[str, Any]


def columns_of(cells: Iterable[tuple[Area, Entered]]) -> Iterator[tuple[Area, list[list[Entered]]]]:
    """Single cells gathered into runs down a column, so that undoing a job takes few requests."""
    run: list[list[Entered]] = []
    start: Area | None = None
    for area, entered in sorted(
        cells, key=lambda cell: (cell[0].sheet_id, cell[0].first_column, cell[0].first_row)
    ):
        if start is not None and _follows(area, start, len(run)):
            run.append([entered])
            continue
        if start is not None:
            yield _of_height(start, len(run)), run
        start, run = area, [[entered]]
    if start is not None:
        yield _of_height(start, len(run)), run


def _follows(area: Area, start: Area, length: int) -> bool:
    return (area.sheet_id, area.first_column, area.first_row) == (
        start.sheet_id,
        start.first_column,
        start.first_row + length,
    )


def _of_height(start: Area, rows: int) -> Area:
    return Area(
        start.sheet_id, start.first_row, start.first_row + rows, start.first_column, start.last_column
    )


def update_cells(area: Area, rows: Sequence[Sequence[Entered]]) -> Wire:
    return {
        "updateCells": {
            "range": to_grid_range(area),
            "rows": [{"values": [_cell_data(entered) for entered in row]} for row in rows],
            "fields": "userEnteredValue",
        }
    }


def _cell_data(entered: Entered) -> Wire:
    return {} if entered is None else {"userEnteredValue": entered}
