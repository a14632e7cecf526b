"""Writes that Google's API does not have, for local programs: who may open a workbook, formulas' values."""

from __future__ import annotations

from typing import Any

from backend.local.sheets.call import Answer, Call
from backend.local.sheets.cells import Cell, Row, Slot, fitting, number, opened, packed, trimmed
from backend.local.sheets.errors import invalid
from backend.local.sheets.grid import Grid
from backend.local.sheets.workbook import NEW_SHEET_COLUMNS, NEW_SHEET_ROWS, Sheet, Workbook


def put_editor(workbook: Workbook, call: Call) -> Answer:
    """Shares with an address, as editor or, with `role=viewer`, for reading alone."""
    email, role = call.body["email"], call.body.get("role", "editor")
    _forget(workbook, email)
    (workbook.viewers if role == "viewer" else workbook.editors).append(email)
    return people(workbook)


def delete_editor(workbook: Workbook, call: Call) -> Answer:
    _forget(workbook, call.body["email"])
    return people(workbook)


def _forget(workbook: Workbook, email: str) -> None:
    workbook.editors = [known for known in workbook.editors if known != email]
    workbook.viewers = [known for known in workbook.viewers if known != email]


def people(workbook: Workbook) -> Answer:
    return {"owner": workbook.owner, "editors": workbook.editors, "viewers": workbook.viewers}


def put_formula_values(workbook: Workbook, call: Call) -> Answer:
    """Gives formulas their results, which the stand-in does not compute: `{"values": {"Tab!B2": 5}}`."""
    for text, value in call.body["values"].items():
        sheet, bounds = workbook.range(text)
        rect = sheet.rect(bounds)
        if not bounds.single:
            raise invalid(f"{text} is not one cell")
        cell = opened(sheet.grid.slot(rect.top, rect.left))
        if cell.formula is None:
            raise invalid(f"{text} holds no formula")
        given = packed(Cell(value, cell.formula, cell.format, cell.note))
        sheet.grid.change(rect.top, rect.left, [{0: given}])
    return {}


WRITES = {
    "standin.editors.put": put_editor,
    "standin.editors.delete": delete_editor,
    "standin.formulaValues.put": put_formula_values,
}


def tab(sheet_id: int, title: str, rows: list[list[Any]]) -> Sheet:
    """A tab made of rows of JSON values, taken as they are; the grid is at least Google's usual size."""
    packed_rows: list[Row] = [trimmed([_plain(value) for value in row]) for row in rows]
    while packed_rows and not packed_rows[-1]:
        packed_rows.pop()
    width = max((len(row) for row in packed_rows), default=0)
    grid = Grid(max(len(rows), NEW_SHEET_ROWS), max(width, NEW_SHEET_COLUMNS), packed_rows)
    return Sheet(sheet_id, title, grid)


def _plain(value: Any) -> Slot:
    if isinstance(value, str):
        return fitting(value) or None
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number(value)
    raise invalid("A cell must be text, a number, true, false or null.")
