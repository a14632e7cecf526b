"""spreadsheets.batchUpdate: each kind of request, its reply, its refusals, and all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.cases import (
    FACTS,
    HTTP_LAYER,
    LIVE,
    PEOPLE,
    REFERENCE,
    Case,
    change,
    check,
    read,
)
from tests.contracts.sheets_api.conftest import SheetsServer, refusal

SMALL = (("Tab", [["a"], ["b"], ["c"]]),)


def rows(start: int, end: int, sheet: int = 0, dimension: str = "ROWS") -> dict[str, Any]:
    return {"sheetId": sheet, "dimension": dimension, "startIndex": start, "endIndex": end}


def columns(start: int, end: int) -> dict[str, Any]:
    return rows(start, end, dimension="COLUMNS")


def properties(fields: str, **values: Any) -> dict[str, Any]:
    return {"updateSheetProperties": {"properties": {"sheetId": 0, **values}, "fields": fields}}


def cells(values: list[dict[str, Any]], fields: str = "userEnteredValue", **where: Any) -> dict[str, Any]:
    return {"updateCells": {"rows": [{"values": values}], "fields": fields, **where}}


CASES = [
    Case("no requests", change(), LIVE, refuses="Must specify at least one request."),
    Case(
        "an unknown request",
        change({"frobnicate": {}}),
        LIVE,
        refuses='Invalid JSON payload received. Unknown name "frobnicate" '
        "at 'requests[0]': Cannot find field.",
    ),
    Case(
        "an unknown field of a request, named in snake case",
        change({"addSheet": {"properties": {"name": "x"}}}),
        HTTP_LAYER,
        refuses="Invalid JSON payload received. Unknown name \"name\" at 'requests[0].add_sheet.properties': "
        "Cannot find field.",
    ),
    Case(
        "a request that is text",
        lambda sheets, book: sheets.batchUpdate(spreadsheetId=book, body={"requests": ["repeatCell"]}),
        LIVE,
        refuses="Invalid value at 'requests[0]' "
        '(type.googleapis.com/google.apps.sheets.v4.BatchUpdateSpreadsheetRequest.Request), "repeatCell"',
    ),
    Case(
        "a wrong type",
        change({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": "many"}}),
        HTTP_LAYER,
        refuses="Invalid value at 'requests[0].append_dimension.length' (TYPE_INT32), \"many\"",
    ),
    Case(
        "an unknown enum value",
        change({"appendDimension": {"sheetId": 0, "dimension": "LINES", "length": 1}}),
        HTTP_LAYER,
        refuses="Invalid value at 'requests[0].append_dimension.dimension' "
        '(type.googleapis.com/google.apps.sheets.v4.Dimension), "LINES"',
    ),
    Case(
        "what Google can and the stand-in cannot",
        change({"mergeCells": {"range": {"sheetId": 0}, "mergeType": "MERGE_ALL"}}),
        "the stand-in's own word",
        refuses="The Sheets stand-in does not implement mergeCells in spreadsheets.batchUpdate.",
        code=501,
        status="UNIMPLEMENTED",
    ),
    Case(
        "a tab is added last, with Google's size",
        change({"addSheet": {"properties": {"title": "New"}}}),
        REFERENCE + "/spreadsheets/request#AddSheetRequest",
        {
            "replies": [
                {
                    "addSheet": {
                        "properties": {
                            "title": "New",
                            "index": 1,
                            "sheetType": "GRID",
                            "gridProperties": {"rowCount": 1000, "columnCount": 26},
                        }
                    }
                }
            ]
        },
    ),
    Case(
        "a tab is added with id, place and size, and without a name",
        change(
            {
                "addSheet": {
                    "properties": {
                        "sheetId": 77,
                        "index": 0,
                        "gridProperties": {"rowCount": 3, "columnCount": 2, "frozenRowCount": 1},
                    }
                }
            }
        ),
        REFERENCE + "/spreadsheets/request#AddSheetRequest",
        {
            "replies": [
                {
                    "addSheet": {
                        "properties": {
                            "sheetId": 77,
                            "title": "Sheet2",
                            "index": 0,
                            "gridProperties": {"rowCount": 3, "columnCount": 2, "frozenRowCount": 1},
                        }
                    }
                }
            ]
        },
    ),
    Case(
        "a title that is taken, whatever its case",
        change({"addSheet": {"properties": {"title": "TAB"}}}),
        LIVE,
        refuses='Invalid requests[0].addSheet: A sheet with the name "TAB" already exists. '
        "Please enter another name.",
    ),
    Case(
        "an id that is taken",
        change({"addSheet": {"properties": {"sheetId": 0}}}),
        LIVE,
        refuses="Invalid requests[0].addSheet: Sheet with id 0 already exists.",
    ),
    Case(
        "an id below zero",
        change({"addSheet": {"properties": {"sheetId": -1}}}),
        LIVE,
        refuses="Invalid requests[0].addSheet: Sheet id must be non-negative.",
    ),
    Case(
        "a title too long",
        change({"addSheet": {"properties": {"title": "x" * 101}}}),
        LIVE,
        refuses="Invalid requests[0].addSheet: The sheet name cannot be greater than 100 characters.",
    ),
    Case(
        "the last visible tab stays",
        change({"deleteSheet": {"sheetId": 0}}),
        LIVE,
        refuses="Invalid requests[0].deleteSheet: You can't remove all the visible sheets in a document.",
    ),
    Case(
        "a tab nobody has",
        change({"deleteSheet": {"sheetId": 9}}),
        LIVE,
        refuses="Invalid requests[0].deleteSheet: No sheet with id: 9",
    ),
    Case(
        "a copy has a name of its own",
        change({"duplicateSheet": {"sourceSheetId": 0, "insertSheetIndex": 1}}),
        REFERENCE + "/spreadsheets/request#DuplicateSheetRequest",
        {"replies": [{"duplicateSheet": {"properties": {"title": "Copy of Tab", "index": 1}}}]},
    ),
    Case(
        "renaming has an empty reply",
        change(properties("title", title="Neu")),
        REFERENCE + "/spreadsheets/request#UpdateSheetPropertiesRequest",
        {"replies": [{}]},
    ),
    Case(
        "an update without fields",
        change({"updateSheetProperties": {"properties": {"sheetId": 0, "title": "x"}}}),
        LIVE,
        refuses="Invalid requests[0].updateSheetProperties: At least one field must be listed in 'fields'. "
        "(Use '*' to indicate all fields.)",
    ),
    Case(
        "a bare gridProperties mask takes the size away",
        change(properties("gridProperties", gridProperties={"frozenRowCount": 1})),
        LIVE,
        refuses="Invalid requests[0].updateSheetProperties: You can't delete all the rows on the sheet.",
    ),
    Case(
        "ten million cells",
        change(properties("gridProperties.rowCount", gridProperties={"rowCount": 400_000})),
        LIVE + ": github.com/nithinmurali/pygsheets/issues/589",
        refuses="Invalid requests[0].updateSheetProperties: This action would increase the number of cells "
        "in the workbook above the limit of 10000000 cells.",
    ),
    Case(
        "appending columns",
        change({"appendDimension": {"sheetId": 0, "dimension": "COLUMNS", "length": 4}}),
        REFERENCE + "/spreadsheets/request#AppendDimensionRequest",
        {"replies": [{}]},
    ),
    Case(
        "appending to a tab nobody has",
        change({"appendDimension": {"sheetId": 9, "dimension": "ROWS", "length": 1}}),
        LIVE,
        refuses="Invalid requests[0].appendDimension: No grid with id: 9",
    ),
    Case(
        "inserting past the end",
        change({"insertDimension": {"range": rows(1001, 1002)}}),
        LIVE,
        refuses="Invalid requests[0].insertDimension: "
        "range.startIndex is larger than current grid size (1000)",
    ),
    Case(
        "inserting at the end needs something to inherit from",
        change({"insertDimension": {"range": rows(1000, 1001)}}),
        LIVE,
        refuses="Invalid requests[0].insertDimension: "
        "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false.",
    ),
    Case(
        "deleting what is not there",
        change({"deleteDimension": {"range": rows(1000, 1001)}}),
        LIVE,
        refuses="Invalid requests[0].deleteDimension: Cannot delete a row that doesn't exist. "
        "Tried to delete row index 1000 but there are only 1000 rows.",
    ),
    Case(
        "deleting all rows",
        change({"deleteDimension": {"range": rows(0, 1000)}}),
        LIVE,
        refuses="Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet.",
    ),
    Case(
        "deleting all columns",
        change({"deleteDimension": {"range": {"sheetId": 0, "dimension": "COLUMNS"}}}),
        LIVE,
        refuses="Invalid requests[0].deleteDimension: You can't delete all the columns on the sheet.",
    ),
    Case(
        "deleting all rows that are not frozen",
        change(
            properties("gridProperties.frozenRowCount", gridProperties={"frozenRowCount": 1}),
            {"deleteDimension": {"range": rows(1, 1000)}},
        ),
        LIVE,
        refuses="Invalid requests[1].deleteDimension: "
        "Sorry, it is not possible to delete all non-frozen rows.",
    ),
    Case(
        "a cell past the last column, counted from zero",
        change(cells([{"userEnteredValue": {"stringValue": "x"}}], start={"sheetId": 0, "columnIndex": 26})),
        LIVE + ": github.com/OpenRefine/OpenRefine/issues/2760 says so of appendCells",
        refuses="Invalid requests[0].updateCells: Attempting to write column: 26, "
        "beyond the last requested column of: 25",
    ),
    Case(
        "a cell too long",
        change(cells([{"userEnteredValue": {"stringValue": "x" * 50_001}}], start={"sheetId": 0})),
        FACTS,
        refuses="Invalid requests[0].updateCells: "
        "Your input contains more than the maximum of 50000 characters in a single cell.",
    ),
    Case(
        "a range to update that begins past the grid",
        change(cells([], range={"sheetId": 0, "startRowIndex": 1000, "endColumnIndex": 2})),
        LIVE,
        refuses="Invalid requests[0].updateCells: Range (Tab!A1001:B) exceeds grid limits. "
        "Max rows: 1000, max columns: 26",
    ),
    Case(
        "an end before its start",
        change({"sortRange": {"range": {"sheetId": 0, "startRowIndex": 5, "endRowIndex": 2}}}),
        REFERENCE + "/spreadsheets/other#GridRange",
        refuses="Invalid requests[0].sortRange: GridRange.endRowIndex[2] must be after startRowIndex[5]",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_batch_requests(case: Case, server: SheetsServer, sheets: Any) -> None:
    check(case, server, sheets)


def values(sheets: Any, book: str, text: str = "Tab") -> Any:
    return read(text, valueRenderOption="FORMULA")(sheets, book).execute().get("values", [])


#: Requests on a column of a, b, c and what is there afterwards. Source: …/spreadsheets/request.
MOVES: list[tuple[str, list[dict[str, Any]], list[list[Any]]]] = [
    ("insert a row", [{"insertDimension": {"range": rows(1, 2)}}], [["a"], [], ["b"], ["c"]]),
    (
        "insert a column",
        [{"insertDimension": {"range": columns(0, 2)}}],
        [["", "", "a"], ["", "", "b"], ["", "", "c"]],
    ),
    ("delete a row", [{"deleteDimension": {"range": rows(0, 2)}}], [["c"]]),
    ("delete a column", [{"deleteDimension": {"range": columns(0, 1)}}], []),
    ("move down", [{"moveDimension": {"source": rows(0, 1), "destinationIndex": 3}}], [["b"], ["c"], ["a"]]),
    ("move up", [{"moveDimension": {"source": rows(2, 3), "destinationIndex": 0}}], [["c"], ["a"], ["b"]]),
    (
        "move nowhere",
        [{"moveDimension": {"source": rows(0, 2), "destinationIndex": 1}}],
        [["a"], ["b"], ["c"]],
    ),
    (
        "move a column",
        [{"moveDimension": {"source": columns(0, 1), "destinationIndex": 3}}],
        [["", "", "a"], ["", "", "b"], ["", "", "c"]],
    ),
    (
        "cut and paste",
        [
            {
                "cutPaste": {
                    "source": {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "endColumnIndex": 1},
                    "destination": {"sheetId": 0, "rowIndex": 1, "columnIndex": 0},
                    "pasteType": "PASTE_NORMAL",
                }
            }
        ],
        [[], ["a"], ["b"]],
    ),
    (
        "sort downwards",
        [
            {
                "sortRange": {
                    "range": {"sheetId": 0, "startRowIndex": 0},
                    "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}],
                }
            }
        ],
        [["c"], ["b"], ["a"]],
    ),
    (
        "requests see each other, in order",
        [{"insertDimension": {"range": rows(0, 1)}}, {"deleteDimension": {"range": rows(1, 2)}}],
        [[], ["b"], ["c"]],
    ),
]


@pytest.mark.parametrize(
    ("name", "requests", "left"), MOVES, ids=lambda part: part if isinstance(part, str) else ""
)
def test_moving(
    name: str, requests: list[dict[str, Any]], left: list[list[Any]], server: SheetsServer, sheets: Any
) -> None:
    book = server.book(*SMALL)
    change(*requests)(sheets, book).execute()
    assert values(sheets, book) == left


def test_sorting_puts_numbers_text_booleans_and_blanks_in_this_order(
    server: SheetsServer, sheets: Any
) -> None:
    # Source: support.google.com/docs/answer/3540681; the second key decides between equals.
    book = server.book(("Tab", [["b", 1], [True, 2], [None, 3], [10, 4], ["A", 5], [2, 6], ["a", 0]]))
    specs = [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}, {"dimensionIndex": 1, "sortOrder": "ASCENDING"}]
    change({"sortRange": {"range": {"sheetId": 0}, "sortSpecs": specs}})(sheets, book).execute()
    assert values(sheets, book) == [[2, 6], [10, 4], ["a", 0], ["A", 5], ["b", 1], [True, 2], ["", 3]]


def test_sorting_moves_only_the_range(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [["x", 3, "p"], ["y", 1, "q"], ["z", 2, "r"]]))
    area = {"sheetId": 0, "startColumnIndex": 1, "endColumnIndex": 2}
    change({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 1}]}})(sheets, book).execute()
    assert values(sheets, book) == [["x", 1, "p"], ["y", 2, "q"], ["z", 3, "r"]]


def test_updated_cells_keep_their_types(server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    entered = [
        {"stringValue": "=1"},
        {"stringValue": "07/04/2026"},
        {"numberValue": 5.5},
        {"boolValue": False},
        {"formulaValue": "=A1"},
    ]
    written = [{"userEnteredValue": value} for value in entered]
    change(cells(written, start={"sheetId": 0}))(sheets, book).execute()
    grid = sheets.get(spreadsheetId=book, fields="sheets.data.rowData.values.userEnteredValue").execute()
    assert grid["sheets"][0]["data"][0]["rowData"] == [{"values": written}]


def test_a_range_to_update_is_cleared_where_nothing_is_given(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    change(cells([{"userEnteredValue": {"stringValue": "x"}}], range=area))(sheets, book).execute()
    assert values(sheets, book) == [["x", "", "Member"], ["", "", True], ["Bob", 41.5, False]]


def test_the_mask_decides_what_an_update_leaves_alone(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [[5]]))
    percent = {"numberFormat": {"type": "PERCENT", "pattern": "0%"}, "textFormat": {"bold": True}}
    change(cells([{"userEnteredFormat": percent}], "userEnteredFormat", start={"sheetId": 0}))(
        sheets, book
    ).execute()
    change(cells([{"userEnteredValue": {"numberValue": 0.5}}], start={"sheetId": 0}))(sheets, book).execute()
    assert read("Tab!A1")(sheets, book).execute()["values"] == [["50%"]]
    bare = cells([{}], "userEnteredFormat.numberFormat", start={"sheetId": 0})
    change(bare)(sheets, book).execute()
    assert read("Tab!A1")(sheets, book).execute()["values"] == [["0.5"]]
    cell = sheets.get(spreadsheetId=book, fields="sheets.data.rowData.values.userEnteredFormat").execute()
    assert cell["sheets"][0]["data"][0]["rowData"][0]["values"][0] == {
        "userEnteredFormat": {"textFormat": {"bold": True}}
    }


def test_a_refused_request_undoes_those_before_it(server: SheetsServer, sheets: Any) -> None:
    book = server.book(*SMALL)
    before = sheets.get(spreadsheetId=book, includeGridData=True).execute()
    error = refusal(
        change(
            {"insertDimension": {"range": rows(0, 5)}},
            {"addSheet": {"properties": {"title": "Gone"}}},
            cells([{"userEnteredValue": {"stringValue": "lost"}}], start={"sheetId": 0}),
            {"deleteSheet": {"sheetId": 9}},
        )(sheets, book)
    )
    assert error["message"] == "Invalid requests[3].deleteSheet: No sheet with id: 9"
    assert sheets.get(spreadsheetId=book, includeGridData=True).execute() == before


def test_a_rename_changes_ranges_and_not_ids(server: SheetsServer, sheets: Any) -> None:
    book = server.book(*SMALL)
    change(properties("title", title="It's new"))(sheets, book).execute()
    assert refusal(read("Tab!A1")(sheets, book))["message"] == "Unable to parse range: Tab!A1"
    found = sheets.values().batchGetByDataFilter(
        spreadsheetId=book, body={"dataFilters": [{"gridRange": {"sheetId": 0, "endRowIndex": 1}}]}
    )
    assert found.execute()["valueRanges"][0]["valueRange"]["range"] == "'It''s new'!A1:Z1"


def test_a_tab_moves_to_a_place_counted_before_the_move(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("A", []), ("B", []), ("C", []))
    change(properties("index", index=2))(sheets, book).execute()
    titles = sheets.get(spreadsheetId=book, fields="sheets.properties.title").execute()["sheets"]
    assert [sheet["properties"]["title"] for sheet in titles] == ["B", "A", "C"]


def test_the_spreadsheet_afterwards_when_asked_for(server: SheetsServer, sheets: Any) -> None:
    book = server.book(*SMALL)
    body = {
        "requests": [{"deleteDimension": {"range": rows(0, 1)}}],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["Tab!A1"],
        "responseIncludeGridData": True,
    }
    answer = sheets.batchUpdate(spreadsheetId=book, body=body).execute()["updatedSpreadsheet"]
    assert answer["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 999
    assert answer["sheets"][0]["data"][0]["rowData"][0]["values"][0]["formattedValue"] == "b"
