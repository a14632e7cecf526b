"""The API's methods: which HTTP method and path leads to which function, and what its body must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.local.sheets import appending, reading, resource, selecting, writing
from backend.local.sheets.batch import batch_update
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.schema import schemas
from backend.local.sheets.workbook import Workbook


@dataclass(frozen=True, slots=True)
class Method:
    """`run` is None for what is in the discovery document and not in the stand-in."""

    name: str
    http: str
    path: re.Pattern[str]
    run: Callable[[Workbook, Call], Answer] | None
    #: Schemas of the discovery document.
    answer: str
    body: str | None = None
    writes: bool = False
    #: The request's field that the body is bound to, as Google's refusals name it.
    bound_to: str = ""

    def check(self, body: Any) -> None:
        """Raises for what the schema does not allow; brings the body into the shape that `run` reads."""
        if self.body is not None:
            schemas().check(body, self.body, self.bound_to)


def get_metadata(workbook: Workbook, call: Call) -> Answer:
    entry = workbook.found(int(call.place["metadataId"]))
    return entry.json()


def search_metadata(workbook: Workbook, call: Call) -> Answer:
    """Each matching entry once, with the filters that found it."""
    matched: dict[int, Answer] = {}
    for data_filter in call.body.get("dataFilters", []):
        for entry in selecting.metadata(workbook, data_filter, call.user):
            found = matched.setdefault(entry.id, {"developerMetadata": entry.json(), "dataFilters": []})
            found["dataFilters"].append(selecting.echoed(data_filter))
    return {"matchedDeveloperMetadata": list(matched.values())} if matched else {}


def updated_spreadsheet(workbook: Workbook, call: Call) -> Answer:
    """batchUpdate, and the spreadsheet afterwards when it is asked for."""
    answer = batch_update(workbook, call)
    if call.body.get("includeSpreadsheetInResponse"):
        ranges = [workbook.range(text) for text in call.body.get("responseRanges", [])]
        grid_data = bool(call.body.get("responseIncludeGridData"))
        answer["updatedSpreadsheet"] = resource.build(
            workbook, None, ranges or None, call.user, grid_data=grid_data
        )
    return answer


_BOOK = r"/spreadsheets/(?P<spreadsheetId>[^/:]+)"
_VALUES = _BOOK + r"/values"
_RANGE = _VALUES + r"/(?P<range>[^/]+)"


def _path(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + r"\Z")


#: The paths as they stand after `/v4`, still percent-encoded; the more specific of two comes first.
METHODS = (
    Method("spreadsheets.create", "POST", _path("/spreadsheets"), None, "Spreadsheet", "Spreadsheet", True),
    Method("spreadsheets.get", "GET", _path(_BOOK), resource.get, "Spreadsheet"),
    Method(
        "spreadsheets.getByDataFilter",
        "POST",
        _path(_BOOK + ":getByDataFilter"),
        resource.get_by_data_filter,
        "Spreadsheet",
        "GetSpreadsheetByDataFilterRequest",
    ),
    Method(
        "spreadsheets.batchUpdate",
        "POST",
        _path(_BOOK + ":batchUpdate"),
        updated_spreadsheet,
        "BatchUpdateSpreadsheetResponse",
        "BatchUpdateSpreadsheetRequest",
        True,
    ),
    Method(
        "spreadsheets.values.batchGet",
        "GET",
        _path(_VALUES + ":batchGet"),
        reading.batch_get,
        "BatchGetValuesResponse",
    ),
    Method(
        "spreadsheets.values.batchGetByDataFilter",
        "POST",
        _path(_VALUES + ":batchGetByDataFilter"),
        reading.batch_get_by_data_filter,
        "BatchGetValuesByDataFilterResponse",
        "BatchGetValuesByDataFilterRequest",
    ),
    Method(
        "spreadsheets.values.batchUpdate",
        "POST",
        _path(_VALUES + ":batchUpdate"),
        writing.batch_update,
        "BatchUpdateValuesResponse",
        "BatchUpdateValuesRequest",
        True,
    ),
    Method(
        "spreadsheets.values.batchUpdateByDataFilter",
        "POST",
        _path(_VALUES + ":batchUpdateByDataFilter"),
        writing.batch_update_by_data_filter,
        "BatchUpdateValuesByDataFilterResponse",
        "BatchUpdateValuesByDataFilterRequest",
        True,
    ),
    Method(
        "spreadsheets.values.batchClear",
        "POST",
        _path(_VALUES + ":batchClear"),
        writing.batch_clear,
        "BatchClearValuesResponse",
        "BatchClearValuesRequest",
        True,
    ),
    Method(
        "spreadsheets.values.batchClearByDataFilter",
        "POST",
        _path(_VALUES + ":batchClearByDataFilter"),
        writing.batch_clear_by_data_filter,
        "BatchClearValuesByDataFilterResponse",
        "BatchClearValuesByDataFilterRequest",
        True,
    ),
    Method(
        "spreadsheets.values.append",
        "POST",
        _path(_RANGE + ":append"),
        appending.append,
        "AppendValuesResponse",
        "ValueRange",
        True,
        "data",
    ),
    Method(
        "spreadsheets.values.clear",
        "POST",
        _path(_RANGE + ":clear"),
        writing.clear,
        "ClearValuesResponse",
        "ClearValuesRequest",
        True,
    ),
    Method("spreadsheets.values.get", "GET", _path(_RANGE), reading.get, "ValueRange"),
    Method(
        "spreadsheets.values.update",
        "PUT",
        _path(_RANGE),
        writing.update,
        "UpdateValuesResponse",
        "ValueRange",
        True,
        "data",
    ),
    Method(
        "spreadsheets.developerMetadata.get",
        "GET",
        _path(_BOOK + r"/developerMetadata/(?P<metadataId>\d{1,10})"),
        get_metadata,
        "DeveloperMetadata",
    ),
    Method(
        "spreadsheets.developerMetadata.search",
        "POST",
        _path(_BOOK + "/developerMetadata:search"),
        search_metadata,
        "SearchDeveloperMetadataResponse",
        "SearchDeveloperMetadataRequest",
    ),
    Method(
        "spreadsheets.sheets.copyTo",
        "POST",
        _path(_BOOK + r"/sheets/(?P<sheetId>\d+):copyTo"),
        None,
        "SheetProperties",
        "CopySheetToAnotherSpreadsheetRequest",
        True,
    ),
)


def find(http: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """The method for a percent-encoded path after `/v4`, and what the path names, still encoded."""
    for method in METHODS:
        match = method.path.match(path)
        if match and method.http == http:
            return method, match.groupdict()
    return None


def named(name: str) -> Method:
    return next(method for method in METHODS if method.name == name)
