"""spreadsheets.batchUpdate: each kind of request, its reply and its refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.batch_bodies import cells, properties, rows
from tests.contracts.sheets_api.cases import (
    FACTS,
    HTTP_LAYER,
    LIVE,
    REFERENCE,
    Case,
    change,
    check,
)
from tests.contracts.sheets_api.conftest import SheetsServer

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
