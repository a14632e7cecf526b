"""What a spreadsheet holds, and what a run over it would cost."""

from __future__ import annotations

from backend.entrypoints import views
from backend.entrypoints.payloads.sheets import (
    ColumnValuesGiven,
    SheetGiven,
    SheetQuery,
    ValueCount,
    ValuesQuery,
)
from backend.entrypoints.routing import Call, Guard, Route
from backend.usecases.inspect_sheet import column_values, inspect_sheet


def read_sheet(call: Call) -> SheetGiven:
    inspected = inspect_sheet(call.path["spreadsheet_id"], call.query.sheet_id, sheets=call.service.sheets)
    return views.sheet_given(inspected)


def read_values(call: Call) -> ColumnValuesGiven:
    values, truncated = column_values(
        call.path["spreadsheet_id"], call.query.sheet_id, call.query.column, sheets=call.service.sheets
    )
    return ColumnValuesGiven(
        header=call.query.column,
        values=[ValueCount(value=value, count=count) for value, count in values],
        truncated=truncated,
    )


ROUTES = (
    Route(
        "GET",
        "/api/sheets/<spreadsheet_id>",
        Guard.SPREADSHEET,
        read_sheet,
        "Tabs, headers, which column serves which input, rows, and what stands in the way.",
        query=SheetQuery,
        gives=SheetGiven,
        sheets=True,
    ),
    Route(
        "GET",
        "/api/sheets/<spreadsheet_id>/values",
        Guard.SPREADSHEET,
        read_values,
        "The different values of a column with their counts, for a filter.",
        query=ValuesQuery,
        gives=ColumnValuesGiven,
        sheets=True,
    ),
)
