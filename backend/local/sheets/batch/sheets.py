"""Requests about whole tabs: add, delete, duplicate, rename, resize, reorder."""

from __future__ import annotations

from typing import Any

from backend.local.sheets import protection
from backend.local.sheets.batch import masks
from backend.local.sheets.call import Answer
from backend.local.sheets.errors import invalid
from backend.local.sheets.fields import below
from backend.local.sheets.grid import Grid
from backend.local.sheets.resource import sheet_properties
from backend.local.sheets.workbook import NEW_SHEET_COLUMNS, NEW_SHEET_ROWS, Sheet, User, Workbook

#: Characters of a tab's title (Google's refusal names the limit).
MAX_TITLE = 100

_SETTINGS = ("rightToLeft", "tabColor", "tabColorStyle")
_GRID_SETTINGS = ("frozenRowCount", "frozenColumnCount", "hideGridlines")


def update_spreadsheet_properties(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    mask = masks.named(body, "SpreadsheetProperties")
    properties = body.get("properties", {})
    if below(mask, "title")[0]:
        workbook.title = properties.get("title", "")
    for name in ("locale", "timeZone"):
        if below(mask, name)[0] and name in properties:
            workbook.properties[name] = properties[name]
    workbook.reshaped = True
    return {}


def add(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    properties = body.get("properties", {})
    size = properties.get("gridProperties", {})
    sheet = Sheet(
        new_id(workbook, properties.get("sheetId")),
        new_title(workbook, properties.get("title", "")),
        Grid(*_size(size.get("rowCount", NEW_SHEET_ROWS), size.get("columnCount", NEW_SHEET_COLUMNS))),
        bool(properties.get("hidden")),
        {name: properties[name] for name in _SETTINGS if name in properties},
        {name: size[name] for name in _GRID_SETTINGS if name in size},
    )
    _insert(workbook, sheet, properties.get("index"))
    workbook.check_cells()
    return {"properties": sheet_properties(workbook, sheet)}


def delete(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    sheet = known(workbook, body.get("sheetId", 0))
    protection.check_sheet(workbook, sheet, user)
    if all(other.hidden for other in workbook.sheets if other is not sheet):
        raise invalid("You can't remove all the visible sheets in a document.")
    workbook.sheets.remove(sheet)
    workbook.metadata = {
        number: entry for number, entry in workbook.metadata.items() if entry.location.sheet_id != sheet.id
    }
    workbook.reshaped = True
    return {}


def duplicate(workbook: Workbook, body: dict[str, Any], _user: User) -> Answer:
    """Copies cells, size and protections. Developer metadata stays with the original."""
    source = known(workbook, body.get("sourceSheetId", 0))
    name = body.get("newSheetName", "")
    copy = source.draft()
    copy.title = new_title(workbook, name, f"Copy of {source.title}")
    copy.id = new_id(workbook, body.get("newSheetId"))
    copy.protected = [
        {
            **protected,
            "protectedRangeId": workbook.chance.randrange(2**31) ^ copy.id,
            "range": {**protected["range"], "sheetId": copy.id},
        }
        for protected in source.protected
    ]
    copy.grid.touched = None
    _insert(workbook, copy, body.get("insertSheetIndex", 0))
    workbook.check_cells()
    return {"properties": sheet_properties(workbook, copy)}


def update_properties(workbook: Workbook, body: dict[str, Any], user: User) -> Answer:
    mask = masks.named(body, "SheetProperties")
    properties = body.get("properties", {})
    sheet = known(workbook, properties.get("sheetId", 0))
    protection.check_sheet(workbook, sheet, user)
    if below(mask, "title")[0] and properties.get("title", "") != sheet.title:
        sheet.title = new_title(workbook, properties.get("title", ""), keep=sheet)
    if below(mask, "hidden")[0]:
        sheet.hidden = bool(properties.get("hidden"))
        if all(other.hidden for other in workbook.sheets):
            raise invalid("You can't hide all the sheets in a document.")
    for name in _SETTINGS:
        if below(mask, name)[0]:
            _set(sheet.settings, name, properties)
    wanted, inner = below(mask, "gridProperties")
    if wanted:
        _resize(workbook, sheet, properties.get("gridProperties", {}), inner)
    if below(mask, "index")[0] and "index" in properties:
        # Google counts the new place before the tab is taken from its old one.
        old, new = workbook.sheets.index(sheet), properties["index"]
        workbook.sheets.remove(sheet)
        workbook.sheets.insert(new - 1 if new > old else new, sheet)
    workbook.reshaped = True
    return {}


def _resize(workbook: Workbook, sheet: Sheet, given: dict[str, Any], mask: Any) -> None:
    rows = given.get("rowCount", 0) if below(mask, "rowCount")[0] else sheet.grid.row_count
    columns = given.get("columnCount", 0) if below(mask, "columnCount")[0] else sheet.grid.column_count
    if rows < 1:
        raise invalid("You can't delete all the rows on the sheet.")
    if columns < 1:
        raise invalid("You can't delete all the columns on the sheet.")
    for name in _GRID_SETTINGS:
        if below(mask, name)[0]:
            _set(sheet.grid_settings, name, given)
    sheet.grid.resize(rows, columns)
    workbook.check_cells()


def _set(settings: dict[str, Any], name: str, given: dict[str, Any]) -> None:
    settings.pop(name, None)
    if name in given:
        settings[name] = given[name]


def known(workbook: Workbook, sheet_id: int) -> Sheet:
    for sheet in workbook.sheets:
        if sheet.id == sheet_id:
            return sheet
    raise invalid(f"No sheet with id: {sheet_id}")


def new_id(workbook: Workbook, wanted: int | None) -> int:
    taken = {sheet.id for sheet in workbook.sheets}
    if wanted is None:
        chance = workbook.chance
        drawn = chance.randrange(1, 2**31)
        while drawn in taken:
            drawn = chance.randrange(1, 2**31)
        return drawn
    if wanted < 0:
        raise invalid("Sheet id must be non-negative.")
    if wanted in taken:
        raise invalid(f"Sheet with id {wanted} already exists.")
    return wanted


def new_title(workbook: Workbook, title: str, default: str = "", keep: Sheet | None = None) -> str:
    """A title nobody has; without one, the default made unique, or the first free `Sheet<n>`."""
    if title:
        if len(title) > MAX_TITLE:
            raise invalid(f"The sheet name cannot be greater than {MAX_TITLE} characters.")
        if workbook.titled(title) not in (None, keep):
            raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
        return title
    if keep is not None:
        raise invalid("Sheet name cannot be empty.")
    if default and workbook.titled(default) is None:
        return default
    number = 2 if default else len(workbook.sheets) + 1
    while workbook.titled(title := f"{default} {number}" if default else f"Sheet{number}"):
        number += 1
    return title


def _size(rows: int, columns: int) -> tuple[int, int]:
    if rows < 1 or columns < 1:
        raise invalid("gridProperties.rowCount and gridProperties.columnCount must be at least 1.")
    return rows, columns


def _insert(workbook: Workbook, sheet: Sheet, index: int | None) -> None:
    if index is not None and not 0 <= index <= len(workbook.sheets):
        raise invalid(f"Sheet index must be between 0 and {len(workbook.sheets)}.")
    workbook.sheets.insert(len(workbook.sheets) if index is None else index, sheet)
    workbook.reshaped = True
