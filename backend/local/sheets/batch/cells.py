"""Requests that change cells: updateCells, sortRange, cutPaste."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.a1 import Rect, from_grid_range
from backend.local.sheets.batch import masks
from backend.local.sheets.call import Answer
from backend.local.sheets.cells import Cell, Slot, fitting, is_blank, number, opened, packed
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


def sort(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    """Sorts the range's cells by columns: numbers, text whatever its case, booleans; blanks last."""
    given = body.get("range", {})
    sheet = workbook.sheet(given.get("sheetId", 0))
    area = sheet.rect(from_grid_range(given))
    protection.check(workbook, sheet, area, user)
    rows = [
        tuple(row[area.left : area.right])
        for row in (sheet.grid.row(index) for index in range(area.top, area.bottom))
    ]
    for spec in reversed(body.get("sortSpecs", [])):
        if any("olor" in name for name in spec):
            raise unimplemented("a sort by colour")
        column = spec.get("dimensionIndex", 0) - area.left
        if not 0 <= column < area.right - area.left:
            raise invalid(f"sortSpecs.dimensionIndex[{column + area.left}] is outside the range to sort.")
        filled = [row for row in rows if _shown(row, column) is not None]
        blank = [row for row in rows if _shown(row, column) is None]
        descending = spec.get("sortOrder") == "DESCENDING"
        keyed = [(_key(_shown(row, column)), row) for row in filled]
        keyed.sort(key=itemgetter(0), reverse=descending)
        rows = [row for _, row in keyed] + blank
    width = area.right - area.left
    sheet.grid.change(
        area.top,
        area.left,
        [{right: row[right] if right < len(row) else None for right in range(width)} for row in rows],
    )
    return {}


def _shown(row: tuple[Slot, ...], column: int) -> Any:
    slot = row[column] if column < len(row) else None
    return None if is_blank(slot) else opened(slot).value


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    return 1, str(value).casefold()


def cut_paste(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    """Moves a block of cells: blank where it was, over what lay where it goes; formats go with it."""
    if body.get("pasteType", "PASTE_NORMAL") != "PASTE_NORMAL":
        raise unimplemented(f"cutPaste with {body['pasteType']}")
    given, start = body.get("source", {}), body.get("destination", {})
    sheet, target = workbook.sheet(given.get("sheetId", 0)), workbook.sheet(start.get("sheetId", 0))
    area = sheet.rect(from_grid_range(given))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    height, width = area.bottom - area.top, area.right - area.left
    goal = Rect(top, top + height, left, left + width)
    if goal.bottom > target.grid.row_count or goal.right > target.grid.column_count:
        raise invalid(
            f"Range ({target.written(goal)}) exceeds grid limits. "
            f"Max rows: {target.grid.row_count}, max columns: {target.grid.column_count}"
        )
    protection.check(workbook, sheet, area, user)
    protection.check(workbook, target, goal, user)
    block = [sheet.grid.row(index)[area.left : area.right] for index in range(area.top, area.bottom)]
    sheet.grid.map(area, lambda _slot: None)
    target.grid.change(
        top,
        left,
        [{right: row[right] if right < len(row) else None for right in range(width)} for row in block],
    )
    return {}
