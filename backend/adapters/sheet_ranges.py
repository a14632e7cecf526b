"""Areas as the Sheets API writes them, and back: GridRange, A1, a rectangle with a hole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from backend.ports import ALL_COLUMNS, Area, Json

_A1_END = re.compile(r"(?P<columns>[A-Z]+)(?P<row>[0-9]+)$")


def to_grid_range(area: Area) -> dict[str, int]:
    """Without an end where the area has all columns: a name beyond the grid would be refused."""
    grid_range = {
        "sheetId": area.sheet_id,
        "startRowIndex": area.first_row,
        "endRowIndex": area.last_row,
        "startColumnIndex": area.first_column,
    }
    return (
        grid_range if area.last_column >= ALL_COLUMNS else {**grid_range, "endColumnIndex": area.last_column}
    )


def from_grid_range(grid_range: dict[str, Any], rows: int, columns: int) -> Area:
    """A GridRange as an area of a grid of that size: an absent start is 0, an absent end the grid's end."""
    return Area(
        sheet_id=grid_range.get("sheetId", 0),
        first_row=min(grid_range.get("startRowIndex", 0), rows),
        last_row=min(grid_range.get("endRowIndex", rows), rows),
        first_column=min(grid_range.get("startColumnIndex", 0), columns),
        last_column=min(grid_range.get("endColumnIndex", columns), columns),
    )


def end_of(a1_range: str) -> tuple[int, int] | None:
    """Where `'A tab'!B2:D9` ends, as (rows, columns) counted from the sheet's start; None if open-ended."""
    match = _A1_END.search(a1_range)
    if match is None:
        return None
    columns = 0
    for letter in match["columns"]:
        columns = columns * 26 + ord(letter) - ord("A") + 1
    return int(match["row"]), columns


def without(area: Area, hole: Area) -> Iterator[Area]:
    """The area with a rectangle taken out, in at most four pieces: above, below, left, right."""
    top, bottom = max(area.first_row, hole.first_row), min(area.last_row, hole.last_row)
    left, right = max(area.first_column, hole.first_column), min(area.last_column, hole.last_column)
    if top >= bottom or left >= right:
        yield area
        return
    for first_row, last_row, first_column, last_column in (
        (area.first_row, top, area.first_column, area.last_column),
        (bottom, area.last_row, area.first_column, area.last_column),
        (top, bottom, area.first_column, left),
        (top, bottom, right, area.last_column),
    ):
        if first_row < last_row and first_column < last_column:
            yield Area(area.sheet_id, first_row, last_row, first_column, last_column)


def padded(rows: list[list[Json]], height: int, width: int, blank: Json) -> list[list[Json]]:
    """Exactly `height` rows of `width` cells, filled in place: the API leaves trailing blanks out."""
    for row in rows:
        if len(row) < width:
            row.extend([blank] * (width - len(row)))
    rows.extend([blank] * width for _ in range(height - len(rows)))
    return rows
