"""New workbooks: spreadsheets.create, and the quick door by which local programs bring whole tables."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.local.sheets import batch, doors, resource
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.errors import GoogleError, invalid, naming, unimplemented
from backend.local.sheets.grid import Grid
from backend.local.sheets.library import Library, new_id
from backend.local.sheets.workbook import NEW_SHEET_COLUMNS, NEW_SHEET_ROWS, Sheet, User, Workbook

_OWNER = User(everything=True)


def create(library: Library, call: Call) -> Answer:
    """A workbook of the caller with the tabs and cells given, or one blank `Sheet1`."""
    given = call.body
    for name in given:
        if name not in ("properties", "sheets"):
            raise unimplemented(f"{name} in spreadsheets.create")
    title = given.get("properties", {}).get("title") or "Untitled spreadsheet"
    workbook = Workbook(new_id(), title, [], owner=call.user.email)
    workbook.properties = {
        name: given["properties"][name]
        for name in ("locale", "timeZone")
        if name in given.get("properties", {})
    }
    for number, sheet in enumerate(given.get("sheets", [])):
        _add(workbook, sheet, f"sheets[{number}]")
    if not workbook.sheets:
        workbook.sheets.append(Sheet(0, "Sheet1", Grid(NEW_SHEET_ROWS, NEW_SHEET_COLUMNS)))
    library.add(workbook)
    return resource.build(workbook, call.mask, None, call.user, grid_data=False)


def _add(workbook: Workbook, given: dict[str, Any], place: str) -> None:
    for name in given:
        if name not in ("properties", "data"):
            raise unimplemented(f"sheets.{name} in spreadsheets.create")
    properties = dict(given.get("properties", {}))
    if not workbook.sheets:
        properties.setdefault("sheetId", 0)
    properties.pop("index", None)
    with naming(f"{place}.properties"):
        added = batch.HANDLERS["addSheet"](workbook, {"properties": properties}, _OWNER)["properties"]
    for number, data in enumerate(given.get("data", [])):
        with naming(f"{place}.data[{number}]"):
            start = {
                "sheetId": added["sheetId"],
                "rowIndex": data.get("startRow", 0),
                "columnIndex": data.get("startColumn", 0),
            }
            body = {
                "start": start,
                "rows": data.get("rowData", []),
                "fields": "userEnteredValue,userEnteredFormat,note",
            }
            batch.HANDLERS["updateCells"](workbook, body, _OWNER)


class NewTab(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=100)
    #: Text, numbers, booleans or null, taken as they are; the first tab's id is 0.
    rows: list[list[Any]] = []


class NewWorkbook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = "Untitled spreadsheet"
    tabs: list[NewTab] = Field(default=[], max_length=200)
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,100}$")
    owner: str | None = None
    editors: list[str] = []


def bring(library: Library, wanted: NewWorkbook) -> Workbook:
    """Takes in whole tables at once; raises 409 for an id that is taken."""
    workbook_id = wanted.id or new_id()
    if library.knows(workbook_id):
        raise GoogleError(409, "ALREADY_EXISTS", f"There is a workbook with the id {workbook_id}.")
    workbook = Workbook(workbook_id, wanted.title, [], owner=wanted.owner, editors=list(wanted.editors))
    for number, tab in enumerate(wanted.tabs or [NewTab(title="Sheet1")]):
        if workbook.titled(tab.title) is not None:
            raise invalid(f'A sheet with the name "{tab.title}" already exists. Please enter another name.')
        workbook.sheets.append(doors.tab(number, tab.title, tab.rows))
    workbook.check_cells()
    library.add(workbook)
    return workbook
