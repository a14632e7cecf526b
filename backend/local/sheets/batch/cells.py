"""updateCells: values, formats and notes of single cells, as data."""

from __future__ import annotations

from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.a1 import Rect, from_grid_range
from backend.local.sheets.batch import masks
from backend.local.sheets.call import Answer
from backend.local.sheets.cells import Cell, Slot, fitting, number, opened, packed
from backend.local.sheets.errors import invalid, malformed, unimplemented
from backend.local.sheets.fields import Mask, below
from backend.local.sheets.workbook import Sheet, User, Workbook

_WRITABLE = ("userEnteredValue", "userEnteredFormat", "note")


def update(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    """Writes CellData from a start or over a range; in a range, what `rows` does not cover is cleared."""
    mask = masks.named(body, "CellData")
    _check_mask(mask)
    rows = body.get("rows", [])
    sheet, area, covers = _area(workbook, body, rows)
    for down, row in enumerate(rows):
        width = len(row.get("values", []))
        if width and area.top + down >= area.bottom:
            raise _beyond("row", area.top + down, area.bottom)
        if area.left + width > area.right:
            raise _beyond("column", area.left + width - 1, area.right)
    grid = sheet.grid
    protection.check(workbook, sheet, area, user)
    changes: list[dict[int, Slot]] = []
    for down in range(area.bottom - area.top if covers else len(rows)):
        given = rows[down].get("values", []) if down < len(rows) else []
        old = grid.row(area.top + down)
        width = area.right - area.left if covers else len(given)
        change: dict[int, Slot] = {}
        for right in range(width):
            column = area.left + right
            slot = old[column] if column < len(old) else None
            data = given[right] if right < len(given) else {}
            if data or slot is not None:
                change[right] = _written(slot, data, mask)
        changes.append(change)
    grid.change(area.top, area.left, changes)
    return {}


def _area(workbook: Workbook, body: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[Sheet, Rect, bool]:
    """The tab, the rectangle that may be written, and whether all of it is written."""
    if "start" in body and "range" in body:
        raise malformed(
            "Invalid value at 'requests' (oneof), oneof field 'area' is already set. Cannot set 'range'",
            "requests",
        )
    if "range" in body:
        given = body["range"]
        sheet = workbook.sheet(given.get("sheetId", 0))
        return sheet, sheet.rect(from_grid_range(given)), True
    start = body.get("start")
    if start is None:
        raise invalid("Must specify a start or a range.")
    sheet = workbook.sheet(start.get("sheetId", 0))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    width = max((len(row.get("values", [])) for row in rows), default=0)
    bottom, right = min(top + len(rows), sheet.grid.row_count), min(left + width, sheet.grid.column_count)
    return sheet, Rect(top, bottom, left, right), False


def _beyond(noun: str, index: int, end: int) -> Exception:
    return invalid(f"Attempting to write {noun}: {index}, beyond the last requested {noun} of: {end - 1}")


def _check_mask(mask: Mask | None) -> None:
    for name in mask or {}:
        if name not in _WRITABLE and name != "*":
            raise unimplemented(f"the field {name} of CellData in updateCells")


def _written(slot: Slot, data: dict[str, Any], mask: Mask | None) -> Slot:
    cell = opened(slot)
    value, formula, format_, note = cell.value, cell.formula, cell.format, cell.note
    if below(mask, "userEnteredValue")[0]:
        value, formula = _extended_value(data.get("userEnteredValue", {}))
        if formula is not None and formula == cell.formula:
            value = cell.value
    wanted, inner = below(mask, "userEnteredFormat")
    if wanted:
        format_ = _format(format_, data.get("userEnteredFormat", {}), inner)
    if below(mask, "note")[0]:
        note = data.get("note") or None
    return packed(Cell(value, formula, format_ or None, note))


def _extended_value(given: dict[str, Any]) -> tuple[Any, str | None]:
    """Value and formula of an ExtendedValue; at most one kind may be set."""
    if len(given) > 1:
        first, second, *_ = given
        raise malformed(
            f"Invalid value (oneof), oneof field 'value' is already set by '{first}'. Cannot set '{second}'",
            "requests",
        )
    if "stringValue" in given:
        return fitting(given["stringValue"]) or None, None
    if "numberValue" in given:
        return number(given["numberValue"]), None
    if "boolValue" in given:
        return given["boolValue"], None
    if "formulaValue" in given:
        if not given["formulaValue"].startswith("="):
            raise invalid("formulaValue must start with '='.")
        return None, fitting(given["formulaValue"])
    if given:
        raise invalid("errorValue is read-only.")
    return None, None


def _format(old: dict[str, Any] | None, new: dict[str, Any], mask: Mask | None) -> dict[str, Any]:
    if mask is None:
        return new
    merged = dict(old or {})
    for name in mask:
        merged.pop(name, None)
        if name in new:
            merged[name] = new[name]
    return merged
