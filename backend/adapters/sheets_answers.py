"""The Sheets API's answers as the port gives them: tabs, padded grids, what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from backend.adapters.sheet_ranges import end_of, from_grid_range, padded, to_grid_range, without
from backend.ports import ANCHOR_KEY, Anchor, Area, Cell, Entered, Protected, Tab

Wire = dict[str, Any]


def _properties(sheet: Wire) -> tuple[int, int, int]:
    """A tab's id, rows and columns; the API leaves out what is 0."""
    properties = sheet["properties"]
    grid = properties.get("gridProperties", {})
    return properties.get("sheetId", 0), grid.get("rowCount", 0), grid.get("columnCount", 0)


def has_grid(sheet: Wire) -> bool:
    """Charts on a sheet of their own, and connected data, have no cells to fill."""
    return bool(sheet["properties"].get("sheetType", "GRID") == "GRID")


def tab(sheet: Wire) -> Tab:
    sheet_id, rows, columns = _properties(sheet)
    protected = tuple(
        Protected(area, entry.get("description", ""), _may_edit(entry))
        for entry in sheet.get("protectedRanges", ())
        for area in _protected_areas(entry, rows, columns)
    )
    return Tab(sheet_id, sheet["properties"]["title"], rows, columns, protected)


def _may_edit(protected: Wire) -> bool:
    return bool(protected.get("warningOnly") or protected.get("requestingUserCanEdit"))


def _protected_areas(protected: Wire, rows: int, columns: int) -> list[Area]:
    """What a protection covers: its range (the whole tab where it names none) without its exceptions."""
    areas = [from_grid_range(protected.get("range", {}), rows, columns)]
    for hole in protected.get("unprotectedRanges", ()):
        exception = from_grid_range(hole, rows, columns)
        areas = [piece for area in areas for piece in without(area, exception)]
    return areas


def inside(area: Area, rows: int, columns: int) -> Area | None:
    """The part of an area that a grid of that size has; None when it has none of it."""
    if area.first_row >= rows or area.first_column >= columns:
        return None
    last_row, last_column = min(area.last_row, rows), min(area.last_column, columns)
    return Area(area.sheet_id, area.first_row, last_row, area.first_column, last_column)


def grids(answer: Wire, areas: Sequence[Area]) -> list[list[list[Cell]]]:
    """The values of each area, padded; cut at the grid, so an area outside it has no rows."""
    # The answer names the filters each range belongs to; that its order is the question's is not promised.
    found = {
        _key(data_filter["gridRange"]): matched["valueRange"]
        for matched in answer.get("valueRanges", ())
        for data_filter in matched["dataFilters"]
    }
    return [_grid(area, found.get(_key(to_grid_range(area)))) for area in areas]


def _key(grid_range: Wire) -> tuple[int, ...]:
    """A GridRange as the API repeats it: fields that are 0, or have no end, are left out."""
    return tuple(
        grid_range.get(name, 0)
        for name in ("sheetId", "startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")
    )


def _grid(area: Area, value_range: Wire | None) -> list[list[Cell]]:
    """A ValueRange padded to the area, cut where the answered range (and so the grid) ends before it."""
    if value_range is None:
        return []
    rows = value_range.get("values", [])
    widest = area.first_column + max(map(len, rows), default=0)
    last_row, last_column = end_of(value_range["range"]) or (area.last_row, widest)
    height = min(area.last_row, last_row) - area.first_row
    width = min(area.last_column, last_column) - area.first_column
    return padded(rows, height, width, "")


def shown_grid(answer: Wire, area: Area) -> list[list[str]]:
    """One area as people see it, padded; cut at the grid."""
    (grid,) = _held_grids(answer, [area], "formattedValue")
    return [[cell or "" for cell in row] for row in grid]


def anchors(answer: Wire) -> list[Anchor]:
    """The anchors of all columns that were answered; other people's metadata is none of ours."""
    return [
        Anchor(entry["metadataId"], entry.get("metadataValue", ""), column)
        for sheet in answer.get("sheets", ())
        for data in sheet.get("data", ())
        for column, held in enumerate(data.get("columnMetadata", ()), data.get("startColumn", 0))
        for entry in held.get("developerMetadata", ())
        if entry["metadataKey"] == ANCHOR_KEY
    ]


def entered_grids(answer: Wire, areas: Sequence[Area]) -> list[list[list[Entered]]]:
    """What was typed into each area, cut at the grid; cells without anything typed are None."""
    return _held_grids(answer, areas, "userEnteredValue")


def _held_grids(answer: Wire, areas: Sequence[Area], what: str) -> list[list[list[Any]]]:
    sizes: dict[int, tuple[int, int]] = {}
    cells: dict[tuple[int, int, int], Any] = {}
    for sheet in answer.get("sheets", ()):
        sheet_id, rows, columns = _properties(sheet)
        sizes[sheet_id] = (rows, columns)
        cells.update(_held_cells(sheet_id, sheet, what))
    return [_held_grid(area, cells, sizes.get(area.sheet_id, (0, 0))) for area in areas]


def _held_cells(sheet_id: int, sheet: Wire, what: str) -> Iterator[tuple[tuple[int, int, int], Any]]:
    for data in sheet.get("data", ()):
        first_row, first_column = data.get("startRow", 0), data.get("startColumn", 0)
        for row, held in enumerate(data.get("rowData", ()), first_row):
            for column, cell in enumerate(held.get("values", ()), first_column):
                if what in cell:
                    yield (sheet_id, row, column), cell[what]


def _held_grid(
    area: Area, cells: dict[tuple[int, int, int], Entered], size: tuple[int, int]
) -> list[list[Entered]]:
    clipped = inside(area, *size)
    if clipped is None:
        return []
    columns = range(clipped.first_column, clipped.last_column)
    return [
        [cells.get((area.sheet_id, row, column)) for column in columns]
        for row in range(clipped.first_row, clipped.last_row)
    ]
