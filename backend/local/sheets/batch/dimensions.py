"""Requests that insert, delete, append and move rows or columns."""

from __future__ import annotations

from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.a1 import Bounds, Rect, from_grid_range
from backend.local.sheets.call import Answer
from backend.local.sheets.errors import invalid
from backend.local.sheets.shifting import deleted, inserted, moved
from backend.local.sheets.workbook import Sheet, User, Workbook


def insert(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    sheet, rows, start, end = _dimension(workbook, body.get("range", {}))
    size = sheet.grid.row_count if rows else sheet.grid.column_count
    if start > size:
        raise invalid(f"range.startIndex is larger than current grid size ({size})")
    before = bool(body.get("inheritFromBefore"))
    if start == size and not before:
        raise invalid(
            f"range.startIndex must be less than the grid size ({size}) if inheritFromBefore is false."
        )
    if start == 0 and before:
        raise invalid("range.startIndex must be greater than 0 if inheritFromBefore is true.")
    _check_inserting(workbook, sheet, rows, start, user)
    if rows:
        sheet.grid.insert_rows(start, end - start)
    else:
        sheet.grid.insert_columns(start, end - start)
    workbook.shift(sheet.id, inserted(start, end - start), rows=rows)
    workbook.check_cells()
    workbook.reshaped = True
    return {}


def delete(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    given = body.get("range", {})
    sheet, rows, start, end = _dimension(workbook, given, open_end=True)
    size = sheet.grid.row_count if rows else sheet.grid.column_count
    noun = "row" if rows else "column"
    if end > size:
        raise invalid(
            f"Cannot delete a {noun} that doesn't exist. "
            f"Tried to delete {noun} index {max(start, size)} but there are only {size} {noun}s."
        )
    if end - start == size:
        raise invalid(f"You can't delete all the {noun}s on the sheet.")
    frozen = sheet.grid_settings.get("frozenRowCount" if rows else "frozenColumnCount", 0)
    if frozen and start <= frozen and end == size:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {noun}s.")
    protection.check(workbook, sheet, _lines(sheet, rows, start, end), user)
    if rows:
        sheet.grid.delete_rows(start, end)
    else:
        sheet.grid.delete_columns(start, end)
    workbook.shift(sheet.id, deleted(start, end), rows=rows)
    workbook.reshaped = True
    return {}


def append(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    sheet = workbook.sheet(body.get("sheetId", 0))
    length = body.get("length", 0)
    if length < 1:
        raise invalid("length must be greater than 0.")
    protection.check_sheet(workbook, sheet, user)
    rows = _is_rows(body.get("dimension", ""))
    grid = sheet.grid
    grid.resize(grid.row_count + (length if rows else 0), grid.column_count + (0 if rows else length))
    workbook.check_cells()
    workbook.reshaped = True
    return {}


def move(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    sheet, rows, start, end = _dimension(workbook, body.get("source", {}))
    destination = body.get("destinationIndex", 0)
    size = sheet.grid.row_count if rows else sheet.grid.column_count
    if end > size:
        raise invalid(f"source.endIndex must not be larger than the grid size ({size}).")
    if not 0 <= destination <= size:
        raise invalid(f"destinationIndex must be between 0 and the grid size ({size}).")
    protection.check(workbook, sheet, _lines(sheet, rows, start, end), user)
    _check_inserting(workbook, sheet, rows, destination, user)
    if start <= destination <= end:
        return {}
    if rows:
        sheet.grid.move_rows(start, end, destination)
    else:
        sheet.grid.move_columns(start, end, destination)
    workbook.shift(sheet.id, moved(start, end, destination), rows=rows)
    return {}


def _dimension(
    workbook: Workbook, given: dict[str, Any], *, open_end: bool = False
) -> tuple[Sheet, bool, int, int]:
    """Tab, whether rows are meant, start and end of a DimensionRange; it must hold at least one index."""
    sheet = workbook.sheet(given.get("sheetId", 0))
    rows = _is_rows(given.get("dimension", ""))
    start = given.get("startIndex", 0)
    size = sheet.grid.row_count if rows else sheet.grid.column_count
    if "endIndex" not in given and not open_end:
        raise invalid("range.endIndex must be specified.")
    end = given.get("endIndex", size)
    if start < 0 or end <= start:
        raise invalid(f"range.endIndex[{end}] must be after range.startIndex[{start}]")
    return sheet, rows, start, end


def _is_rows(dimension: str) -> bool:
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("dimension must be ROWS or COLUMNS.")
    return dimension == "ROWS"


def _lines(sheet: Sheet, rows: bool, start: int, end: int) -> Rect:
    whole = sheet.grid.everything
    return whole._replace(top=start, bottom=end) if rows else whole._replace(left=start, right=end)


def _check_inserting(workbook: Workbook, sheet: Sheet, rows: bool, index: int, user: User) -> None:
    """Raises when new lines would open up in the middle of a protected range, or in a protected tab."""
    protection.check_sheet(workbook, sheet, user)
    for protected in sheet.protected:
        bounds: Bounds = from_grid_range(protected["range"])
        start, end = (bounds.top, bounds.bottom) if rows else (bounds.left, bounds.right)
        if start is None and end is None:
            continue
        within = (start or 0) < index and (end is None or index < end)
        if within and not protection.may_edit(workbook, protected, user):
            raise protection.refusal()
