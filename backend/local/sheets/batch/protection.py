"""Requests that add and delete protected ranges."""

from __future__ import annotations

from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.a1 import from_grid_range
from backend.local.sheets.call import Answer
from backend.local.sheets.errors import invalid, unimplemented
from backend.local.sheets.workbook import User, Workbook

_KEPT = ("range", "description", "warningOnly", "unprotectedRanges")


def add(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    """The editors are those given, and always the owner and whoever adds it."""
    given = body.get("protectedRange", {})
    if "namedRangeId" in given or "tableId" in given:
        raise unimplemented("protection of a named range or a table")
    if "range" not in given:
        raise invalid("protectedRange.range must be specified.")
    sheet = workbook.sheet(given["range"].get("sheetId", 0))
    bounds = from_grid_range(given["range"])
    sheet.rect(bounds)
    taken = {protected["protectedRangeId"] for each in workbook.sheets for protected in each.protected}
    number = given.get("protectedRangeId")
    if number is None:
        chance = workbook.chance
        while (number := chance.randrange(1, 2**31)) in taken:
            continue
    if number in taken:
        raise invalid(f"Protected range with ID {number} already exists.")
    protected = {"protectedRangeId": number, **{name: given[name] for name in _KEPT if name in given}}
    protected["range"] = {**given["range"], "sheetId": sheet.id}
    if not given.get("warningOnly"):
        given_editors = given.get("editors", {})
        users = [workbook.owner, user.email, *given_editors.get("users", [])]
        editors = {**given_editors, "users": list(dict.fromkeys(email for email in users if email))}
        protected["editors"] = editors
    sheet.protected.append(protected)
    workbook.reshaped = True
    return {"protectedRange": protection.shown(workbook, protected, user)}


def delete(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    number = body.get("protectedRangeId")
    for sheet in workbook.sheets:
        for protected in sheet.protected:
            if protected["protectedRangeId"] == number:
                if not protection.may_edit(workbook, protected, user):
                    raise protection.refusal()
                sheet.protected.remove(protected)
                workbook.reshaped = True
                return {}
    raise invalid(f"No protected range with ID: {number}")
