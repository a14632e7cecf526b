"""The values methods that read: get, batchGet, batchGetByDataFilter."""

from __future__ import annotations

from typing import Any

from backend.local.sheets import render, selecting
from backend.local.sheets.a1 import Bounds
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.errors import naming
from backend.local.sheets.render import Options
from backend.local.sheets.workbook import Sheet, Workbook


def get(workbook: Workbook, call: Call) -> Answer:
    return value_range(*workbook.range(call.place["range"]), call.rendering())


def batch_get(workbook: Workbook, call: Call) -> Answer:
    options = call.rendering()
    ranges = [value_range(*workbook.range(text), options) for text in call.query.get("ranges", [])]
    answer: Answer = {"spreadsheetId": workbook.id}
    return {**answer, "valueRanges": ranges} if ranges else answer


def batch_get_by_data_filter(workbook: Workbook, call: Call) -> Answer:
    """One entry for each range, with the filters that selected it; not in the order asked.

    Live Google answers these ranges in another order than they were asked in and repeats each filter, so a
    client has to match by the filter. Here they come in reverse.
    """
    options = call.rendering()
    matched: dict[tuple[int, Bounds], tuple[Sheet, list[dict[str, Any]]]] = {}
    for number, data_filter in enumerate(call.body.get("dataFilters", [])):
        with naming(f"dataFilter[{number}]"):
            for sheet, bounds in selecting.ranges(workbook, data_filter, call.user):
                sheet.rect(bounds)
                filters = matched.setdefault((sheet.id, bounds), (sheet, []))[1]
                filters.append(selecting.echoed(data_filter))
    ranges = [
        {"valueRange": value_range(sheet, bounds, options), "dataFilters": filters}
        for (_, bounds), (sheet, filters) in reversed(matched.items())
    ]
    answer: Answer = {"spreadsheetId": workbook.id}
    return {**answer, "valueRanges": ranges} if ranges else answer


def value_range(sheet: Sheet, bounds: Bounds, options: Options) -> dict[str, Any]:
    """A ValueRange; `values` is left out when every cell is blank."""
    rect = sheet.rect(bounds)
    answer: dict[str, Any] = {"range": sheet.written(rect), "majorDimension": options.major}
    values = render.values(sheet.grid, rect, options)
    return {**answer, "values": values} if values else answer
