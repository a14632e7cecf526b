"""cutPaste: what a person does with Ctrl-X and Ctrl-V."""

from __future__ import annotations

from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.a1 import Rect, from_grid_range
from backend.local.sheets.call import Answer
from backend.local.sheets.errors import invalid, unimplemented
from backend.local.sheets.workbook import User, Workbook


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
    block = sheet.grid.lines(area)
    sheet.grid.map(area, lambda _slot: None)
    target.grid.replace(goal, block)
    return {}
