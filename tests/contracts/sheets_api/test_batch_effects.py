"""spreadsheets.batchUpdate: what is in the grid afterwards, and all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.batch_bodies import SMALL, cells, columns, properties, rows
from tests.contracts.sheets_api.cases import PEOPLE, change, read
from tests.contracts.sheets_api.conftest import SheetsServer, refusal


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
