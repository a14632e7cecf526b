"""Protected ranges: who may change which cells. Kept as Google's own JSON, checked before each write.

A write into a protected cell is a 400 INVALID_ARGUMENT in the API (live answers agree), although the person
it happens to lacks a permission; it is permanent for that caller. `warningOnly` stops nobody.
"""

from __future__ import annotations

from typing import Any

from backend.local.sheets.a1 import Bounds, Rect, from_grid_range
from backend.local.sheets.errors import GoogleError, invalid
from backend.local.sheets.workbook import Sheet, User, Workbook

MESSAGE = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


def refusal() -> GoogleError:
    return invalid(MESSAGE)


def may_edit(workbook: Workbook, protected: dict[str, Any], user: User) -> bool:
    """Whether the user is the owner or one of the range's editors; without identities, everybody may."""
    if user.everything or user.email is None or user.email == workbook.owner:
        return True
    return bool(protected.get("warningOnly")) or user.email in protected.get("editors", {}).get("users", [])


def check(workbook: Workbook, sheet: Sheet, rect: Rect, user: User) -> None:
    """Raises when the rectangle touches a cell that the user may not change."""
    for protected in sheet.protected:
        if may_edit(workbook, protected, user):
            continue
        area = _inside(sheet, from_grid_range(protected["range"]))
        if not area.meets(rect):
            continue
        allowed = [from_grid_range(allowed) for allowed in protected.get("unprotectedRanges", [])]
        if not any(_inside(sheet, bounds).holds(rect) for bounds in allowed):
            raise refusal()


def check_sheet(workbook: Workbook, sheet: Sheet, user: User) -> None:
    """Raises when a protection covers the whole tab: then its name, size and existence are protected too."""
    for protected in sheet.protected:
        if from_grid_range(protected["range"]) == Bounds() and not may_edit(workbook, protected, user):
            raise refusal()


def shown(workbook: Workbook, protected: dict[str, Any], user: User) -> dict[str, Any]:
    """A protected range as `user` may see it: the editors' addresses only for those who may edit it."""
    editable = may_edit(workbook, protected, user)
    answer = {name: value for name, value in protected.items() if editable or name != "editors"}
    if editable:
        answer["requestingUserCanEdit"] = True
    return answer


def _inside(sheet: Sheet, bounds: Bounds) -> Rect:
    """The bounds cut to the grid; empty when they lie outside it."""
    grid = sheet.grid
    return Rect(
        min(bounds.top or 0, grid.row_count),
        grid.row_count if bounds.bottom is None else min(bounds.bottom, grid.row_count),
        min(bounds.left or 0, grid.column_count),
        grid.column_count if bounds.right is None else min(bounds.right, grid.column_count),
    )
