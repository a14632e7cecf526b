"""Requests of spreadsheets.batchUpdate, as short as they can be written."""

from __future__ import annotations

from typing import Any

SMALL = (("Tab", [["a"], ["b"], ["c"]]),)


def rows(start: int, end: int, sheet: int = 0, dimension: str = "ROWS") -> dict[str, Any]:
    return {"sheetId": sheet, "dimension": dimension, "startIndex": start, "endIndex": end}


def columns(start: int, end: int) -> dict[str, Any]:
    return rows(start, end, dimension="COLUMNS")


def properties(fields: str, **values: Any) -> dict[str, Any]:
    return {"updateSheetProperties": {"properties": {"sheetId": 0, **values}, "fields": fields}}


def cells(values: list[dict[str, Any]], fields: str = "userEnteredValue", **where: Any) -> dict[str, Any]:
    return {"updateCells": {"rows": [{"values": values}], "fields": fields, **where}}
