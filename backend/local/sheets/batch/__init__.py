"""spreadsheets.batchUpdate: one handler for each kind of request, applied in order, all or nothing.

Each handler takes the draft, its request and who asks, and returns its reply (`{}` for most). Kinds that
Google has and the stand-in has not are refused with 501, never skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backend.local.sheets.batch import (
    cells,
    cutting,
    dimensions,
    metadata,
    protection,
    sheets,
    sorting,
    visibility,
)
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.errors import invalid, naming, unimplemented
from backend.local.sheets.workbook import User, Workbook

Handler = Callable[[Workbook, dict[str, Any], User], Answer]

HANDLERS: dict[str, Handler] = {
    "updateSpreadsheetProperties": sheets.update_spreadsheet_properties,
    "addSheet": sheets.add,
    "deleteSheet": sheets.delete,
    "duplicateSheet": sheets.duplicate,
    "updateSheetProperties": sheets.update_properties,
    "insertDimension": dimensions.insert,
    "deleteDimension": dimensions.delete,
    "appendDimension": dimensions.append,
    "moveDimension": dimensions.move,
    "updateCells": cells.update,
    "sortRange": sorting.sort_range,
    "cutPaste": cutting.cut_paste,
    "createDeveloperMetadata": metadata.create,
    "updateDeveloperMetadata": metadata.update,
    "deleteDeveloperMetadata": metadata.delete,
    "addProtectedRange": protection.add,
    "deleteProtectedRange": protection.delete,
    "setBasicFilter": visibility.set_basic_filter,
    "clearBasicFilter": visibility.clear_basic_filter,
    "addFilterView": visibility.add_filter_view,
    "updateDimensionProperties": visibility.update_dimension_properties,
}


def batch_update(workbook: Workbook, call: Call) -> Answer:
    requests = call.body.get("requests", [])
    if not requests:
        raise invalid("Must specify at least one request.")
    replies = [_apply(workbook, number, request, call.user) for number, request in enumerate(requests)]
    return {"spreadsheetId": workbook.id, "replies": replies}


def _apply(workbook: Workbook, number: int, request: dict[str, Any], user: User) -> Answer:
    if len(request) != 1:
        raise invalid(f"Invalid requests[{number}]: Exactly one request type must be set.")
    (kind, body), *_ = request.items()
    if kind not in HANDLERS:
        raise unimplemented(f"{kind} in spreadsheets.batchUpdate")
    with naming(f"requests[{number}].{kind}"):
        reply = HANDLERS[kind](workbook, body, user)
    return {kind: reply} if reply else {}
