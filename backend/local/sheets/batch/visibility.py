"""Requests that hide rows from people: the basic filter, filter views, hidden rows and columns.

None of them changes what the API reads or where it writes: hidden cells are answered and written like any
other. So the ranges are checked and the requests kept as they came, to be shown again.
"""

from __future__ import annotations

from typing import Any

from backend.local.sheets.a1 import from_grid_range
from backend.local.sheets.call import Answer
from backend.local.sheets.errors import invalid
from backend.local.sheets.workbook import Sheet, User, Workbook


def set_basic_filter(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    given = body.get("filter", {})
    _covered(workbook, given).view["basicFilter"] = given
    workbook.reshaped = True
    return {}


def clear_basic_filter(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    _known(workbook, body).view.pop("basicFilter", None)
    workbook.reshaped = True
    return {}


def add_filter_view(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    given = body.get("filter", {})
    sheet = _covered(workbook, given)
    added = {"filterViewId": workbook.chance.randrange(1, 2**31), **given}
    sheet.view["filterViews"] = [*sheet.view.get("filterViews", []), added]
    workbook.reshaped = True
    return {"filter": added}


def update_dimension_properties(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    """What of a row or a column is set (its height, whether it is hidden) is nothing that values tell."""
    lines = body.get("range", {})
    if not body.get("fields"):
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    _known(workbook, lines)
    return {}


def _covered(workbook: Workbook, given: dict[str, Any]) -> Sheet:
    area = given.get("range", {})
    sheet = _known(workbook, area)
    sheet.rect(from_grid_range(area))
    return sheet


def _known(workbook: Workbook, body: dict[str, Any]) -> Sheet:
    return workbook.sheet(body.get("sheetId", 0))
