"""The Spreadsheet resource: what spreadsheets.get, getByDataFilter and create answer.

Only what the `fields` mask wants is built: reading the before-images of 10,000 cells must not format them.
"""

from __future__ import annotations

from collections.abc import Callable

from backend.local.sheets import formats, protection, selecting
from backend.local.sheets.a1 import Bounds, Rect
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.cells import Cell, Slot, Value, opened
from backend.local.sheets.errors import naming
from backend.local.sheets.fields import Mask, below, project
from backend.local.sheets.workbook import Sheet, User, Workbook

#: Pixel sizes of rows and columns nobody resized.
_ROW_PIXELS, _COLUMN_PIXELS = 21, 100


def get(workbook: Workbook, call: Call) -> Answer:
    ranges = [workbook.range(text) for text in call.query.get("ranges", [])]
    wanted = call.flag("includeGridData") if call.mask is None else True
    return build(workbook, call.mask, ranges or None, call.user, grid_data=wanted)


def get_by_data_filter(workbook: Workbook, call: Call) -> Answer:
    ranges: list[selecting.Selected] = []
    for number, data_filter in enumerate(call.body.get("dataFilters", [])):
        with naming(f"dataFilter[{number}]"):
            ranges += selecting.ranges(workbook, data_filter, call.user)
    wanted = bool(call.body.get("includeGridData")) if call.mask is None else True
    return build(workbook, call.mask, ranges or None, call.user, grid_data=wanted)


def build(
    workbook: Workbook,
    mask: Mask | None,
    ranges: list[selecting.Selected] | None,
    user: User,
    *,
    grid_data: bool,
) -> Answer:
    """`ranges` None is every tab whole; else only the tabs named, with one GridData for each range."""
    head: Answer = {
        "spreadsheetId": workbook.id,
        "properties": {
            "title": workbook.title,
            "locale": "en_US",
            "autoRecalc": "ON_CHANGE",
            "timeZone": "Etc/GMT",
            **workbook.properties,
        },
    }
    answer: Answer = project(mask, head)
    wanted, inner = below(mask, "sheets")
    if wanted:
        named = None if ranges is None else {sheet.id for sheet, _ in ranges}
        answer["sheets"] = [
            _sheet(workbook, sheet, inner, ranges, user, grid_data=grid_data)
            for sheet in workbook.sheets
            if named is None or sheet.id in named
        ]
    tail: Answer = {"spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{workbook.id}/edit"}
    tied = _metadata(workbook, user, "SPREADSHEET")
    if tied:
        tail["developerMetadata"] = tied
    answer.update(project(mask, tail))
    return answer


def sheet_properties(workbook: Workbook, sheet: Sheet) -> Answer:
    properties: Answer = {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": workbook.sheets.index(sheet),
        "sheetType": "GRID",
        "gridProperties": {
            "rowCount": sheet.grid.row_count,
            "columnCount": sheet.grid.column_count,
            **sheet.grid_settings,
        },
        **sheet.settings,
    }
    return {**properties, "hidden": True} if sheet.hidden else properties


def _sheet(
    workbook: Workbook,
    sheet: Sheet,
    mask: Mask | None,
    ranges: list[selecting.Selected] | None,
    user: User,
    *,
    grid_data: bool,
) -> Answer:
    whole: Answer = {"properties": sheet_properties(workbook, sheet)}
    answer: Answer = project(mask, whole)
    wanted, inner = below(mask, "data")
    if wanted and grid_data:
        own = [(sheet, Bounds())] if ranges is None else [each for each in ranges if each[0] is sheet]
        answer["data"] = [_grid_data(workbook, sheet, sheet.rect(bounds), inner, user) for _, bounds in own]
    tail: Answer = {}
    tied = _metadata(workbook, user, "SHEET", sheet.id)
    if tied:
        tail["developerMetadata"] = tied
    tail |= sheet.view
    if sheet.protected:
        tail["protectedRanges"] = [protection.shown(workbook, each, user) for each in sheet.protected]
    answer.update(project(mask, tail))
    return answer


def _metadata(workbook: Workbook, user: User, kind: str, sheet_id: int | None = None) -> list[Answer]:
    return [
        entry.json()
        for entry in workbook.metadata.values()
        if entry.location.kind == kind
        and entry.location.sheet_id == sheet_id
        and entry.visible_to(user.project)
    ]


def _grid_data(workbook: Workbook, sheet: Sheet, rect: Rect, mask: Mask | None, user: User) -> Answer:
    """GridData; zero starts are left out, blank cells are `{}`, trailing blank cells and rows are missing."""
    answer: Answer = {}
    if rect.top and below(mask, "startRow")[0]:
        answer["startRow"] = rect.top
    if rect.left and below(mask, "startColumn")[0]:
        answer["startColumn"] = rect.left
    wanted, inner = below(mask, "rowData")
    if wanted and below(inner, "values")[0]:
        cell_data = cell_builder(below(inner, "values")[1])
        rows: list[Answer] = []
        for row in sheet.grid.block(rect):
            cells = [cell_data(slot) for slot in row]
            while cells and not cells[-1]:
                cells.pop()
            rows.append({"values": cells} if cells else {})
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            answer["rowData"] = rows
    sides = (
        ("rowMetadata", "ROW", rect.top, rect.bottom, _ROW_PIXELS),
        ("columnMetadata", "COLUMN", rect.left, rect.right, _COLUMN_PIXELS),
    )
    for name, kind, start, end, pixels in sides:
        wanted, inner = below(mask, name)
        if wanted:
            tied: dict[int, list[Answer]] = {}
            for entry in _metadata_lines(workbook, sheet, user, kind):
                tied.setdefault(entry[0], []).append(entry[1])
            answer[name] = [
                project(
                    inner,
                    {"pixelSize": pixels, **({"developerMetadata": tied[index]} if index in tied else {})},
                )
                for index in range(start, end)
            ]
    return answer


def _metadata_lines(workbook: Workbook, sheet: Sheet, user: User, kind: str) -> list[tuple[int, Answer]]:
    return [
        (entry.location.index, entry.json())
        for entry in workbook.metadata.values()
        if entry.location.kind == kind
        and entry.location.sheet_id == sheet.id
        and entry.location.index is not None
        and entry.visible_to(user.project)
    ]


def cell_builder(mask: Mask | None) -> Callable[[Slot], Answer]:
    """Builds CellData with what the mask wants; an empty object for a blank cell."""
    entered_wanted, entered_mask = below(mask, "userEnteredValue")
    effective_wanted, effective_mask = below(mask, "effectiveValue")
    shown_wanted, note_wanted = below(mask, "formattedValue")[0], below(mask, "note")[0]
    styles = [
        (name, inner)
        for name in ("userEnteredFormat", "effectiveFormat")
        for wanted, inner in (below(mask, name),)
        if wanted
    ]

    def build(slot: Slot) -> Answer:
        if slot is None:
            return {}
        cell = opened(slot)
        answer: Answer = {}
        if entered_wanted and (value := entered(cell)):
            answer["userEnteredValue"] = project(entered_mask, value)
        if cell.value is not None:
            if effective_wanted:
                answer["effectiveValue"] = project(effective_mask, extended(cell.value))
            if shown_wanted:
                answer["formattedValue"] = formats.shown(cell)
        if cell.format:
            answer.update({name: project(inner, cell.format) for name, inner in styles})
        if cell.note and note_wanted:
            answer["note"] = cell.note
        return answer

    return build


def entered(cell: Cell) -> Answer | None:
    """The ExtendedValue somebody typed; None for a blank cell."""
    if cell.formula is not None:
        return {"formulaValue": cell.formula}
    return None if cell.value is None else extended(cell.value)


def extended(value: Value) -> Answer:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"numberValue": value}
