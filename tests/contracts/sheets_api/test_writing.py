"""values.update, batchUpdate, clear, append and their ByDataFilter forms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.cases import (
    FACTS,
    GUIDE,
    HTTP_LAYER,
    LIVE,
    PEOPLE,
    REFERENCE,
    Case,
    check,
    read,
    write,
)
from tests.contracts.sheets_api.conftest import SheetsServer, refusal

LONG = "Your input contains more than the maximum of 50000 characters in a single cell."


def batch(*data: dict[str, Any], option: str | None = "RAW", **more: Any) -> Any:
    body: dict[str, Any] = {"data": list(data), **more}
    if option:
        body["valueInputOption"] = option
    return lambda sheets, book: sheets.values().batchUpdate(spreadsheetId=book, body=body)


def append(text: str, values: Any, **options: Any) -> Any:
    return lambda sheets, book: sheets.values().append(
        spreadsheetId=book, range=text, valueInputOption="RAW", body={"values": values}, **options
    )


#: Two tables of the guide's example: A1:C2 and B4:D6.
TWO_TABLES = (
    (
        "Tab",
        [
            ["x", "y", "z"],
            ["x", "y", "z"],
            [],
            [None, "x", "y", "z"],
            [None, "y", "z", "x"],
            [None, "z", "x", "y"],
        ],
    ),
)

CASES = [
    Case(
        "the answer counts what was written",
        write("Tab!E1:G9", [["a", None, "b"], ["c"]]),
        REFERENCE + "/UpdateValuesResponse",
        {"updatedRange": "Tab!E1:G2", "updatedRows": 2, "updatedColumns": 2, "updatedCells": 3},
    ),
    Case(
        "values are repeated when asked for",
        write(
            "Tab!E1:F2",
            [["a"], [5]],
            includeValuesInResponse=True,
            responseValueRenderOption="UNFORMATTED_VALUE",
        ),
        REFERENCE + "/spreadsheets.values/update",
        {"updatedData": {"range": "Tab!E1:F2", "majorDimension": "ROWS", "values": [["a"], [5]]}},
    ),
    Case(
        "one cell is only where writing begins",
        write("Tab!E5", [["a", "b"], ["c", "d"]]),
        LIVE,
        {"updatedRange": "Tab!E5:F6", "updatedCells": 4},
    ),
    Case(
        "several cells are a bound for columns",
        write("Tab!A1:B2", [["a", "b", "c"]]),
        LIVE + ": github.com/nithinmurali/pygsheets/issues/120",
        refuses="Requested writing within range [Tab!A1:B2], but tried writing to column [C]",
    ),
    Case(
        "several cells are a bound for rows",
        write("Tab!A1:C2", [["a"], ["b"], ["c"]]),
        LIVE,
        refuses="Requested writing within range [Tab!A1:C2], but tried writing to row [3]",
    ),
    Case(
        "the grid does not grow for an update",
        write("Tab!Z1", [["a", "b"]]),
        LIVE,
        refuses="Requested writing within range [Tab!Z1], but tried writing to column [AA]",
    ),
    Case(
        "a range past the grid",
        write("Tab!A1001:B1001", [["a"]]),
        FACTS,
        refuses="Range (Tab!A1001:B1001) exceeds grid limits. Max rows: 1000, max columns: 26",
    ),
    Case(
        "a range that ends past the grid",
        write("Tab!Y1:AB1", [["a"]]),
        FACTS,
        refuses="Range (Tab!Y1:AB1) exceeds grid limits. Max rows: 1000, max columns: 26",
    ),
    Case(
        "no valueInputOption",
        lambda sheets, book: sheets.values().update(spreadsheetId=book, range="A1", body={"values": [["a"]]}),
        LIVE,
        refuses="'valueInputOption' is required but not specified",
    ),
    Case(
        "the body names another range than the path",
        lambda sheets, book: sheets.values().update(
            spreadsheetId=book,
            range="Tab!A2",
            valueInputOption="RAW",
            body={"range": "Tab!A1", "values": [["a"]]},
        ),
        LIVE,
        refuses="Request range[Tab!A2] does not match value's range[Tab!A1]",
    ),
    Case(
        "a cell too long",
        write("Tab!A1", [["x" * 50_001]]),
        LIVE + ": github.com/freelabz/secator/issues/96",
        refuses=LONG,
    ),
    Case("a cell as long as it may be", write("Tab!A1", [["x" * 50_000]]), FACTS, {"updatedCells": 1}),
    Case(
        "an object for a value",
        write("Tab!A1", [["a"], [{"b": 1}]]),
        LIVE,
        refuses='Invalid values[1][0]: struct_value {"b": 1}',
    ),
    Case(
        "a row that is no list",
        write("Tab!A1", ["a"]),
        LIVE,
        refuses="Invalid value at 'data.values[0]' (type.googleapis.com/google.protobuf.ListValue), \"a\"",
    ),
    Case(
        "columns first",
        lambda sheets, book: sheets.values().update(
            spreadsheetId=book,
            range="Tab!E1:F3",
            valueInputOption="RAW",
            includeValuesInResponse=True,
            body={"majorDimension": "COLUMNS", "values": [["a", "b"], ["c", None, "e"]]},
        ),
        REFERENCE + "/spreadsheets.values#ValueRange",
        {
            "updatedRange": "Tab!E1:F3",
            "updatedCells": 4,
            "updatedData": {"majorDimension": "COLUMNS", "values": [["a", "b"], ["c", "", "e"]]},
        },
    ),
    Case(
        "a batch's totals count each row and column once",
        batch(
            {"range": "Tab!A5:B5", "values": [["a", "b"]]}, {"range": "Tab!B5:B6", "values": [["c"], ["d"]]}
        ),
        REFERENCE + "/spreadsheets.values/batchUpdate",
        {
            "totalUpdatedRows": 2,
            "totalUpdatedColumns": 2,
            "totalUpdatedCells": 4,
            "totalUpdatedSheets": 1,
            "responses": [{"updatedRange": "Tab!A5:B5"}, {"updatedRange": "Tab!B5:B6"}],
        },
    ),
    Case(
        "a batch names the part it refuses",
        batch({"range": "Tab!A1", "values": [["a"]]}, {"range": "Tab!A1:B", "values": [["a", "b", "c"]]}),
        LIVE,
        refuses="Invalid data[1]: Requested writing within range [Tab!A1:B], but tried writing to column [C]",
    ),
    Case(
        "a batch without an option",
        batch({"range": "Tab!A1", "values": [["a"]]}, option=None),
        LIVE,
        refuses="Invalid data[0]: 'valueInputOption' is required but not specified",
    ),
    Case(
        "an unknown field in the body of a batch",
        batch({"range": "Tab!A1", "values": [["a"]], "colour": "red"}),
        HTTP_LAYER,
        refuses="Invalid JSON payload received. Unknown name \"colour\" at 'data[0]': Cannot find field.",
    ),
    Case(
        "by filter, addressed by the tab's id",
        lambda sheets, book: sheets.values().batchUpdateByDataFilter(
            spreadsheetId=book,
            body={
                "valueInputOption": "RAW",
                "data": [
                    {
                        "dataFilter": {
                            "gridRange": {
                                "sheetId": 0,
                                "startRowIndex": 4,
                                "endRowIndex": 6,
                                "startColumnIndex": 0,
                                "endColumnIndex": 2,
                            }
                        },
                        "values": [["a", None], [None, "b"]],
                    }
                ],
            },
        ),
        REFERENCE + "/spreadsheets.values/batchUpdateByDataFilter",
        {
            "totalUpdatedCells": 2,
            "responses": [
                {
                    "updatedRange": "Tab!A5:B6",
                    "updatedCells": 2,
                    "dataFilter": {"gridRange": {"startRowIndex": 4, "endRowIndex": 6, "endColumnIndex": 2}},
                }
            ],
        },
    ),
    Case(
        "by filter, even a single cell is a bound",
        lambda sheets, book: sheets.values().batchUpdateByDataFilter(
            spreadsheetId=book,
            body={
                "valueInputOption": "RAW",
                "data": [{"dataFilter": {"a1Range": "Tab!A1"}, "values": [["a", "b"]]}],
            },
        ),
        REFERENCE + "/spreadsheets.values/batchUpdateByDataFilter#DataFilterValueRange",
        refuses="Invalid data[0]: Requested writing within range [Tab!A1], but tried writing to column [B]",
    ),
    Case(
        "clearing answers the range inside the grid",
        lambda sheets, book: sheets.values().clear(spreadsheetId=book, range="Tab!B2:AC", body={}),
        REFERENCE + "/spreadsheets.values/clear",
        {"clearedRange": "Tab!B2:Z1000"},
    ),
    Case(
        "several ranges are cleared at once",
        lambda sheets, book: sheets.values().batchClear(
            spreadsheetId=book, body={"ranges": ["Tab!A1", "Tab!B:B"]}
        ),
        REFERENCE + "/spreadsheets.values/batchClear",
        {"clearedRanges": ["Tab!A1", "Tab!B1:B1000"]},
    ),
    Case(
        "clearing past the grid",
        lambda sheets, book: sheets.values().batchClear(
            spreadsheetId=book, body={"ranges": ["Tab!A1001:ZZ"]}
        ),
        LIVE,
        refuses="Invalid range[0]: Range (Tab!A1001:ZZ) exceeds grid limits. Max rows: 1000, max columns: 26",
    ),
    Case(
        "clearing by filter",
        lambda sheets, book: sheets.values().batchClearByDataFilter(
            spreadsheetId=book, body={"dataFilters": [{"gridRange": {"sheetId": 0, "endRowIndex": 1}}]}
        ),
        REFERENCE + "/spreadsheets.values/batchClearByDataFilter",
        {"clearedRanges": ["Tab!A1:Z1"]},
    ),
    Case(
        "append: the whole tab means its last table",
        append("Tab", [["a"]]),
        GUIDE + "/values#append_values",
        {"tableRange": "Tab!B4:D6", "updates": {"updatedRange": "Tab!B7"}},
        tabs=TWO_TABLES,
    ),
    Case(
        "append: the table that the range touches",
        append("Tab!C1:D2", [["a", "b"]]),
        GUIDE + "/values#append_values",
        {"tableRange": "Tab!A1:C2", "updates": {"updatedRange": "Tab!A3:B3", "updatedCells": 2}},
        tabs=TWO_TABLES,
    ),
    Case(
        "append: without a table at the range's start",
        append("Tab!F9:G9", [["a"]]),
        GUIDE + "/values#append_values",
        {"updates": {"updatedRange": "Tab!F9"}},
        tabs=TWO_TABLES,
    ),
    Case(
        "append: the grid grows",
        append("Tab!A1:A1000", [["a"], ["b"]]),
        LIVE,
        {"updates": {"updatedRange": "Tab!A1001:A1002"}},
        tabs=(("Tab", [["x"]] * 1000),),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_writing(case: Case, server: SheetsServer, sheets: Any) -> None:
    check(case, server, sheets)


def values(sheets: Any, book: str, text: str, option: str = "UNFORMATTED_VALUE") -> Any:
    return read(text, valueRenderOption=option)(sheets, book).execute().get("values")


def test_null_skips_a_cell_and_empty_text_clears_it(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    write("Tab!A2:C2", [[None, "", False]])(sheets, book).execute()
    assert values(sheets, book, "Tab!A2:C2") == [["Ada", "", False]]


def test_a_refused_batch_writes_nothing(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    refusal(
        batch({"range": "Tab!A1", "values": [["lost"]]}, {"range": "No!A1", "values": [["a"]]})(sheets, book)
    )
    assert values(sheets, book, "Tab!A1") == [["Name"]]


def test_one_cell_too_long_fails_its_whole_request(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    error = refusal(write("Tab!A1:A2", [["short"], ["x" * 60_000]])(sheets, book))
    assert error["message"] == LONG
    assert values(sheets, book, "Tab!A1:A2") == [["Name"], ["Ada"]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "@SUM(A1)", "\t=1", "-5", "1/2/2026", "TRUE", "'quoted", " 7 "]
)
def test_raw_keeps_text_as_it_is(text: str, server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    write("Tab!A1", [[text]])(sheets, book).execute()
    for option in ("FORMULA", "UNFORMATTED_VALUE", "FORMATTED_VALUE"):
        assert values(sheets, book, "Tab!A1", option) == [[text]]


def test_appended_rows_may_be_inserted(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [["a"], ["b"], [], ["below"]]))
    request = append("Tab!A1:A2", [["c"], ["d"]], insertDataOption="INSERT_ROWS")(sheets, book)
    assert request.execute()["updates"]["updatedRange"] == "Tab!A3:A4"
    assert values(sheets, book, "Tab!A1:A9") == [["a"], ["b"], ["c"], ["d"], [], ["below"]]


def test_a_write_to_metadata_goes_wherever_it_has_moved(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    column = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    tied = {"metadataKey": "age", "visibility": "DOCUMENT", "location": {"dimensionRange": column}}
    first = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    requests = [
        {"createDeveloperMetadata": {"developerMetadata": tied}},
        {"insertDimension": {"range": first}},
    ]
    sheets.batchUpdate(spreadsheetId=book, body={"requests": requests}).execute()
    data = {"dataFilter": {"developerMetadataLookup": {"metadataKey": "age"}}, "values": [["Years"]]}
    body = {"valueInputOption": "RAW", "data": [data]}
    sheets.values().batchUpdateByDataFilter(spreadsheetId=book, body=body).execute()
    assert values(sheets, book, "Tab!A1:D1") == [["", "Name", "Years", "Member"]]
