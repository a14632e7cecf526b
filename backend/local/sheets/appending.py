"""values.append: finds the table that a range points at and writes below it.

A table is a block of cells bordered by blank rows and columns. In the range, the table of the lowest cell
with content counts; without any, writing begins where the range begins. The grid grows when it must.
"""

from __future__ import annotations

from backend.local.sheets.a1 import Bounds, Rect
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.cells import is_blank
from backend.local.sheets.grid import Grid
from backend.local.sheets.shifting import inserted
from backend.local.sheets.workbook import Workbook
from backend.local.sheets.writing import check_same_range, put


def append(workbook: Workbook, call: Call) -> Answer:
    text = call.place["range"]
    sheet, bounds = workbook.range(text)
    check_same_range(workbook, text, call.body.get("range"))
    table = _table(sheet.grid, sheet.rect(bounds))
    start = sheet.rect(bounds)
    top, left = (table.bottom, table.left) if table else (start.top, start.left)
    values = call.body.get("values", [])
    by_columns = call.body.get("majorDimension") == "COLUMNS"
    longest = max((len(line) for line in values), default=0)
    height, width = (longest, len(values)) if by_columns else (len(values), longest)
    if call.word("insertDataOption") == "INSERT_ROWS" and table and height:
        sheet.grid.insert_rows(top, height)
        workbook.shift(sheet.id, inserted(top, height), rows=True)
        workbook.reshaped = True
    rows, columns = max(sheet.grid.row_count, top + height), max(sheet.grid.column_count, left + width)
    if (rows, columns) != (sheet.grid.row_count, sheet.grid.column_count):
        sheet.grid.resize(rows, columns)
        workbook.check_cells()
        workbook.reshaped = True
    target = Bounds(top, top + 1, left, left + 1)
    answer: Answer = {"spreadsheetId": workbook.id}
    if table:
        answer["tableRange"] = sheet.written(table)
    if height and width:
        written = put(workbook, sheet, target, text, call.body, call)
        major = "COLUMNS" if by_columns else "ROWS"
        answer["updates"] = {"spreadsheetId": workbook.id, **written.json(call, major)}
    else:
        call.input_option()
        answer["updates"] = {
            "spreadsheetId": workbook.id,
            "updatedRange": sheet.written(Rect(top, top + 1, left, left + 1)),
        }
    return answer


def _table(grid: Grid, area: Rect) -> Rect | None:
    for row in range(min(area.bottom, len(grid.rows)) - 1, area.top - 1, -1):
        for column in range(area.left, min(area.right, len(grid.row(row)))):
            if not is_blank(grid.slot(row, column)):
                return _grown(grid, Rect(row, row + 1, column, column + 1))
    return None


def _grown(grid: Grid, block: Rect) -> Rect:
    """The block with every neighbouring row and column that has content, until none is left."""
    while True:
        top, bottom, left, right = block
        while top > 0 and _filled(grid, Rect(top - 1, top, max(left - 1, 0), right + 1)):
            top -= 1
        while _filled(grid, Rect(bottom, bottom + 1, max(left - 1, 0), right + 1)):
            bottom += 1
        while left > 0 and _filled(grid, Rect(max(top - 1, 0), bottom + 1, left - 1, left)):
            left -= 1
        while _filled(grid, Rect(max(top - 1, 0), bottom + 1, right, right + 1)):
            right += 1
        grown = Rect(top, bottom, left, right)
        if grown == block:
            return block
        block = grown


def _filled(grid: Grid, rect: Rect) -> bool:
    return any(not is_blank(slot) for row in grid.block(rect) for slot in row)
