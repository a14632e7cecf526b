"""spreadsheets.get, getByDataFilter, create; the fields masks of all methods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.cases import GUIDE, LIVE, PEOPLE, REFERENCE, Case, check
from tests.contracts.sheets_api.conftest import SheetsServer, refusal


def get(**options: Any) -> Any:
    return lambda sheets, book: sheets.get(spreadsheetId=book, **options)


#: What one tab is without grid data.
TAB = {
    "properties": {
        "sheetId": 0,
        "title": "Tab",
        "index": 0,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": 1000, "columnCount": 26},
    }
}
TWO = (("Tab", PEOPLE), ("Other", [["x"]]))

CASES = [
    Case(
        "properties and tabs, no cells",
        get(),
        REFERENCE + "/spreadsheets/get",
        {"properties": {"title": "Companies", "locale": "en_US"}, "sheets": [TAB]},
    ),
    Case(
        "grid data when asked for",
        get(includeGridData=True, ranges="Tab!A2:C3"),
        REFERENCE + "/spreadsheets/sheets#GridData",
        {
            "sheets": [
                {
                    "data": [
                        {
                            "startRow": 1,
                            "rowData": [
                                {
                                    "values": [
                                        {
                                            "userEnteredValue": {"stringValue": "Ada"},
                                            "effectiveValue": {"stringValue": "Ada"},
                                            "formattedValue": "Ada",
                                        },
                                        {"userEnteredValue": {"numberValue": 36}, "formattedValue": "36"},
                                        {"userEnteredValue": {"boolValue": True}, "formattedValue": "TRUE"},
                                    ]
                                },
                                {"values": [{}, {}, {}]},
                            ],
                        }
                    ]
                }
            ]
        },
    ),
    Case(
        "only the tabs that ranges name",
        get(ranges=["Other!A1"]),
        REFERENCE + "/spreadsheets/get",
        {"sheets": [{"properties": {"title": "Other"}}]},
        tabs=TWO,
    ),
    Case(
        "one GridData for each range of a tab",
        get(
            ranges=["Tab!A1", "Tab!C3"],
            fields="sheets.data(startRow,startColumn,rowData.values.formattedValue)",
        ),
        REFERENCE + "/spreadsheets/sheets#Sheet",
        {
            "sheets": [
                {
                    "data": [
                        {"rowData": [{"values": [{"formattedValue": "Name"}]}]},
                        {
                            "startRow": 2,
                            "startColumn": 2,
                            "rowData": [{"values": [{"formattedValue": "FALSE"}]}],
                        },
                    ]
                }
            ]
        },
    ),
    Case(
        "by filter",
        lambda sheets, book: sheets.getByDataFilter(
            spreadsheetId=book,
            body={"dataFilters": [{"gridRange": {"sheetId": 1, "endRowIndex": 1}}], "includeGridData": True},
        ),
        REFERENCE + "/spreadsheets/getByDataFilter",
        {"sheets": [{"data": [{"rowData": [{"values": [{"formattedValue": "x"}]}]}]}]},
        tabs=TWO,
    ),
    Case(
        "a path that does not exist",
        get(fields="sheets.sheetProperties"),
        LIVE,
        refuses="Request contains an invalid argument.",
    ),
    Case(
        "a mask that cannot be read",
        get(fields="sheets("),
        GUIDE + "/field-masks",
        refuses="Request contains an invalid argument.",
    ),
    Case("an unknown range", get(ranges="Nope"), LIVE, refuses="Unable to parse range: Nope"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_spreadsheets(case: Case, server: SheetsServer, sheets: Any) -> None:
    check(case, server, sheets)


#: Mask, exactly what is left of a workbook with one tab. Source: …/guides/field-masks.
MASKS: list[tuple[str, Any]] = [
    ("spreadsheetId", {"spreadsheetId": "?"}),
    ("properties.title", {"properties": {"title": "Companies"}}),
    ("properties/title", {"properties": {"title": "Companies"}}),
    ("sheets.properties", {"sheets": [TAB]}),
    ("sheets(properties(title, index))", {"sheets": [{"properties": {"title": "Tab", "index": 0}}]}),
    (
        "sheets.properties.title,sheets.properties.gridProperties.rowCount",
        {"sheets": [{"properties": {"title": "Tab", "gridProperties": {"rowCount": 1000}}}]},
    ),
    (
        "sheets(properties.sheetId,data(rowData(values(userEnteredValue(stringValue)))))",
        {
            "sheets": [
                {
                    "properties": {"sheetId": 0},
                    "data": [{"rowData": [{"values": [{"userEnteredValue": {"stringValue": "a"}}]}]}],
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("mask", "left"), MASKS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_mask_leaves_what_it_names(mask: str, left: Any, server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [["a"]]))
    if mask == "spreadsheetId":
        left = {"spreadsheetId": book}
    assert sheets.get(spreadsheetId=book, fields=mask).execute() == left


def test_a_bad_mask_names_its_path_in_the_details(server: SheetsServer, sheets: Any) -> None:
    error = refusal(sheets.get(spreadsheetId=server.book(), fields="sheets.sheetProperties"))
    assert error["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [
                {
                    "field": "sheets.sheetProperties",
                    "description": "Error expanding 'fields' parameter. "
                    "Cannot find matching fields for path 'sheets.sheetProperties'.",
                }
            ],
        }
    ]


def test_masks_work_on_values_too(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    answer = sheets.values().batchGet(spreadsheetId=book, ranges=["Tab!A1"], fields="valueRanges(values)")
    assert answer.execute() == {"valueRanges": [{"values": [["Name"]]}]}


def test_create_makes_a_blank_tab(sheets: Any) -> None:
    made = sheets.create(body={"properties": {"title": "Fresh"}}).execute()
    assert made["properties"]["title"] == "Fresh"
    assert [sheet["properties"]["title"] for sheet in made["sheets"]] == ["Sheet1"]
    assert made["sheets"][0]["properties"]["sheetId"] == 0
    assert sheets.get(spreadsheetId=made["spreadsheetId"]).execute() == made


def test_create_takes_tabs_and_cells(sheets: Any) -> None:
    cells = [
        {"values": [{"userEnteredValue": {"stringValue": "a"}}, {"userEnteredValue": {"numberValue": 2}}]}
    ]
    tab = {
        "properties": {"title": "Data", "gridProperties": {"rowCount": 5, "columnCount": 3}},
        "data": [{"startRow": 1, "startColumn": 1, "rowData": cells}],
    }
    made = sheets.create(body={"sheets": [tab]}).execute()
    read = sheets.values().get(spreadsheetId=made["spreadsheetId"], range="Data").execute()
    assert read == {"range": "Data!A1:C5", "majorDimension": "ROWS", "values": [[], ["", "a", "2"]]}


def test_created_cells_must_fit_the_grid(sheets: Any) -> None:
    # Source: live answer; Google counts both columns from zero.
    tab = {
        "properties": {"gridProperties": {"rowCount": 5, "columnCount": 1}},
        "data": [{"rowData": [{"values": [{"userEnteredValue": {"stringValue": "a"}}] * 2}]}],
    }
    error = refusal(sheets.create(body={"sheets": [tab]}))
    assert error["message"] == (
        "Invalid sheets[0].data[0]: Attempting to write column: 1, beyond the last requested column of: 0"
    )
