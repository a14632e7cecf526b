"""Filters and hidden rows: what hides rows from people hides none from the API."""

from __future__ import annotations

from typing import Any

from tests.contracts.sheets_api.cases import change, read
from tests.contracts.sheets_api.conftest import SheetsServer, refusal

WHOLE = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 3}


def test_hidden_rows_are_read_and_written_like_any_other(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [["name"], ["a"], ["b"]]))
    change(
        {"setBasicFilter": {"filter": {"range": WHOLE, "criteria": {"0": {"hiddenValues": ["a"]}}}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": WHOLE}}},
        {
            "updateDimensionProperties": {
                "range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 3},
                "properties": {"hiddenByUser": True},
                "fields": "hiddenByUser",
            }
        },
    )(sheets, book).execute()
    body = {"valueInputOption": "RAW", "data": [{"range": "Tab!B2:B3", "values": [["x"], ["y"]]}]}
    sheets.values().batchUpdate(spreadsheetId=book, body=body).execute()
    assert read("Tab")(sheets, book).execute()["values"] == [["name"], ["a", "x"], ["b", "y"]]


def test_a_filter_is_shown_until_it_is_cleared(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [["name"], ["a"], ["b"]]))

    def shown() -> dict[str, Any]:
        fields = "sheets(basicFilter,filterViews)"
        found: list[dict[str, Any]] = (
            sheets.get(spreadsheetId=book, fields=fields).execute().get("sheets", [])
        )
        return found[0] if found else {}

    answered = change(
        {"setBasicFilter": {"filter": {"range": WHOLE}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": WHOLE}}},
    )(sheets, book).execute()
    view = answered["replies"][1]["addFilterView"]["filter"]
    assert shown() == {"basicFilter": {"range": WHOLE}, "filterViews": [view]}
    change({"clearBasicFilter": {"sheetId": 0}})(sheets, book).execute()
    assert shown() == {"filterViews": [view]}


def test_a_filter_outside_the_tab_is_refused(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", [["name"]]))
    far = {"sheetId": 0, "startRowIndex": 100_000, "endRowIndex": 100_001}
    refused = refusal(change({"setBasicFilter": {"filter": {"range": far}}})(sheets, book))
    assert (refused["code"], refused["status"]) == (400, "INVALID_ARGUMENT")
