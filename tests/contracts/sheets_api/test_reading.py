"""values.get, batchGet and batchGetByDataFilter."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.cases import FACTS, GUIDE, LIVE, PEOPLE, REFERENCE, Case, check, read
from tests.contracts.sheets_api.conftest import SheetsServer

CASES = [
    Case(
        "the default is formatted values in rows",
        read("Tab!A1:C3"),
        REFERENCE + "/ValueRenderOption",
        {
            "range": "Tab!A1:C3",
            "majorDimension": "ROWS",
            "values": [["Name", "Age", "Member"], ["Ada", "36", "TRUE"], ["Bob", "41.5", "FALSE"]],
        },
    ),
    Case(
        "unformatted values keep their types",
        read("Tab!A2:C3", valueRenderOption="UNFORMATTED_VALUE"),
        REFERENCE + "/ValueRenderOption",
        {"values": [["Ada", 36, True], ["Bob", 41.5, False]]},
    ),
    Case(
        "columns first",
        read("Tab!A1:B3", valueRenderOption="UNFORMATTED_VALUE", majorDimension="COLUMNS"),
        REFERENCE + "/Dimension",
        {"majorDimension": "COLUMNS", "values": [["Name", "Ada", "Bob"], ["Age", 36, 41.5]]},
    ),
    Case(
        "trailing blank cells and rows are left out, blanks between are empty text",
        read("Tab!A1:D9"),
        FACTS,
        {"range": "Tab!A1:D9", "values": [["a"], [], ["", "", "b"]]},
        tabs=(("Tab", [["a", None, ""], [], [None, None, "b"], ["", ""]]),),
    ),
    Case(
        "trailing blank rows are left out of columns too",
        read("Tab!A1:D9", majorDimension="COLUMNS"),
        FACTS,
        {"values": [["a"], [], ["", "", "b"]]},
        tabs=(("Tab", [["a", None, ""], [], [None, None, "b"], ["", ""]]),),
    ),
    Case(
        "a blank range has no values",
        read("Tab!F1:G2"),
        FACTS,
        {"range": "Tab!F1:G2", "majorDimension": "ROWS"},
    ),
    Case(
        "whole columns are bounded by the grid",
        read("Tab!A:B"),
        GUIDE + "/concepts",
        {"range": "Tab!A1:B1000"},
    ),
    Case("whole rows too", read("Tab!2:3"), GUIDE + "/concepts", {"range": "Tab!A2:Z3"}),
    Case(
        "an open end",
        read("Tab!B2:B"),
        GUIDE + "/concepts",
        {"range": "Tab!B2:B1000", "values": [["36"], ["41.5"]]},
    ),
    Case("a tab alone is all of it", read("Tab"), GUIDE + "/concepts", {"range": "Tab!A1:Z1000"}),
    Case("cells alone are on the first tab", read("A1:B1"), GUIDE + "/concepts", {"range": "Tab!A1:B1"}),
    Case(
        "dollars, small letters and corners in any order", read("tab!$c$3:a1"), LIVE, {"range": "Tab!A1:C3"}
    ),
    Case("one cell", read("Tab!$B$3"), LIVE, {"range": "Tab!B3", "values": [["41.5"]]}),
    Case(
        "quotes are doubled in titles",
        read("'It''s'!A1"),
        FACTS,
        {"range": "'It''s'!A1", "values": [["x"]]},
        tabs=(("It's", [["x"]]),),
    ),
    Case(
        "a tab called A1 must be quoted, else it is a cell",
        read("'A1'!A1"),
        FACTS,
        {"range": "'A1'!A1", "values": [["second"]]},
        tabs=(("Tab", [["first"]]), ("A1", [["second"]])),
    ),
    Case(
        "A1 unquoted is the cell",
        read("A1"),
        FACTS,
        {"range": "Tab!A1", "values": [["first"]]},
        tabs=(("Tab", [["first"]]), ("A1", [["second"]])),
    ),
    Case("a read that ends past the grid is cut", read("Tab!A999:AC1200"), LIVE, {"range": "Tab!A999:Z1000"}),
    Case(
        "a read that begins past the last row is refused",
        read("Tab!A1001:B1001"),
        LIVE + ": github.com/airbytehq/airbyte/issues/1740",
        refuses="Range (Tab!A1001:B1001) exceeds grid limits. Max rows: 1000, max columns: 26",
    ),
    Case(
        "a read that begins past the last column is refused, the title quoted only where it must be",
        read("'My Tab'!AA1"),
        LIVE + ": github.com/home-assistant/core/issues/104198",
        refuses="Range ('My Tab'!AA1) exceeds grid limits. Max rows: 1000, max columns: 26",
        tabs=(("My Tab", []),),
    ),
    Case("an unknown tab", read("Nope!A1"), LIVE, refuses="Unable to parse range: Nope!A1"),
    Case(
        "an unknown quoted tab",
        read("'No such'!A1:C10"),
        LIVE,
        refuses="Unable to parse range: 'No such'!A1:C10",
    ),
    Case("not a range", read("A1:B2:C3"), LIVE, refuses="Unable to parse range: A1:B2:C3"),
    Case("an unclosed quote", read("'Tab!A1"), LIVE, refuses="Unable to parse range: 'Tab!A1"),
    Case(
        "as a formula, a literal is itself",
        read("Tab!A1", valueRenderOption="FORMULA"),
        REFERENCE + "/ValueRenderOption",
        {"values": [["Name"]]},
    ),
    Case(
        "several ranges in the order asked",
        lambda sheets, book: sheets.values().batchGet(spreadsheetId=book, ranges=["Tab!C1", "Tab!A1:A2"]),
        REFERENCE + "/spreadsheets.values/batchGet",
        {"valueRanges": [{"range": "Tab!C1"}, {"range": "Tab!A1:A2", "values": [["Name"], ["Ada"]]}]},
    ),
    Case(
        "no ranges",
        lambda sheets, book: sheets.values().batchGet(spreadsheetId=book, ranges=[]),
        REFERENCE + "/spreadsheets.values/batchGet",
        {},
    ),
    Case(
        "one bad range refuses them all",
        lambda sheets, book: sheets.values().batchGet(spreadsheetId=book, ranges=["Tab!A1", "Nope!A1"]),
        LIVE,
        refuses="Unable to parse range: Nope!A1",
    ),
    Case(
        "by filter: not in the order asked, each with its filter, whose zeros are left out",
        lambda sheets, book: sheets.values().batchGetByDataFilter(
            spreadsheetId=book,
            body={
                "valueRenderOption": "UNFORMATTED_VALUE",
                "dataFilters": [
                    {"gridRange": {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "endColumnIndex": 1}},
                    {"a1Range": "Tab!B2:B3"},
                ],
            },
        ),
        LIVE,
        {
            "valueRanges": [
                {
                    "valueRange": {"range": "Tab!B2:B3", "values": [[36], [41.5]]},
                    "dataFilters": [{"a1Range": "Tab!B2:B3"}],
                },
                {
                    "valueRange": {"range": "Tab!A1", "values": [["Name"]]},
                    "dataFilters": [{"gridRange": {"endRowIndex": 1, "endColumnIndex": 1}}],
                },
            ]
        },
    ),
    Case(
        "by filter: an unknown tab id",
        lambda sheets, book: sheets.values().batchGetByDataFilter(
            spreadsheetId=book, body={"dataFilters": [{"gridRange": {"sheetId": 99}}]}
        ),
        LIVE,
        refuses="Invalid dataFilter[0]: No grid with id: 99",
    ),
    Case(
        "an unknown spreadsheet",
        lambda sheets, _book: sheets.values().get(spreadsheetId="nobody-has-it", range="A1"),
        LIVE,
        refuses="Requested entity was not found.",
        code=404,
        status="NOT_FOUND",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reading(case: Case, server: SheetsServer, sheets: Any) -> None:
    check(case, server, sheets)


def test_titles_are_quoted_as_google_quotes_them(server: SheetsServer, sheets: Any) -> None:
    # Each title as live Google wrote it before the `!` of a range it returned.
    bare = ["Sales", "Sheet_1", "TRUE", "x.y", "Sales2"]
    quoted = ["Probe Tab", "A1", "ABC1234", "R1C1", "2026", "Ünï", "a-b"]
    book = server.book(*((title, []) for title in bare + quoted))
    for title in bare + quoted:
        answer = sheets.values().get(spreadsheetId=book, range=f"'{title}'!A1").execute()
        assert answer["range"] == (f"{title}!A1" if title in bare else f"'{title}'!A1")


def test_metadata_selects_the_row_it_is_tied_to(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    row = {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    tied = {"metadataKey": "row", "visibility": "DOCUMENT", "location": {"dimensionRange": row}}
    create = {"createDeveloperMetadata": {"developerMetadata": tied}}
    sheets.batchUpdate(spreadsheetId=book, body={"requests": [create]}).execute()
    lookup = {"developerMetadataLookup": {"metadataKey": "row"}}
    found = sheets.values().batchGetByDataFilter(spreadsheetId=book, body={"dataFilters": [lookup]}).execute()
    assert found["valueRanges"] == [
        {
            "valueRange": {
                "range": "Tab!A3:Z3",
                "majorDimension": "ROWS",
                "values": [["Bob", "41.5", "FALSE"]],
            },
            "dataFilters": [lookup],
        }
    ]
