"""sortRange: the cells of a range in another order of its rows.

Only the range's columns move. A formula sorts by its value; one whose value nobody gave sorts as a blank.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.a1 import from_grid_range
from backend.local.sheets.call import Answer
from backend.local.sheets.cells import Row, is_blank, opened
from backend.local.sheets.errors import invalid, unimplemented
from backend.local.sheets.workbook import User, Workbook


def sort_range(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    """Sorts the range's cells by columns: numbers, text whatever its case, booleans; blanks last."""
    given = body.get("range", {})
    sheet = workbook.sheet(given.get("sheetId", 0))
    area = sheet.rect(from_grid_range(given))
    protection.check(workbook, sheet, area, user)
    rows = sheet.grid.lines(area)
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
    sheet.grid.replace(area, rows)
    return {}


def _shown(row: Row, column: int) -> Any:
    slot = row[column] if column < len(row) else None
    return None if is_blank(slot) else opened(slot).value


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    return 1, str(value).casefold()
