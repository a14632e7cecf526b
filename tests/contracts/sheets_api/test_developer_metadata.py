"""Developer metadata: created, found, followed through edits, changed, deleted.

Source of all: developers.google.com/workspace/sheets/api/guides/metadata and the reference of
spreadsheets.developerMetadata.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.cases import change
from tests.contracts.sheets_api.conftest import SheetsServer, client_of, refusal


def line(start: int, dimension: str = "ROWS") -> dict[str, Any]:
    return {
        "dimensionRange": {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": start + 1}
    }


def create(key: str, location: dict[str, Any], **more: Any) -> dict[str, Any]:
    tied = {"metadataKey": key, "visibility": "DOCUMENT", "location": location, **more}
    return {"createDeveloperMetadata": {"developerMetadata": tied}}


def search(sheets: Any, book: str, *filters: dict[str, Any]) -> list[dict[str, Any]]:
    answer = sheets.developerMetadata().search(spreadsheetId=book, body={"dataFilters": list(filters)})
    return list(answer.execute().get("matchedDeveloperMetadata", []))


def lookup(**fields: Any) -> dict[str, Any]:
    return {"developerMetadataLookup": fields}


def keys(found: list[dict[str, Any]]) -> list[str]:
    return [match["developerMetadata"]["metadataKey"] for match in found]


@pytest.fixture
def book(server: SheetsServer, sheets: Any) -> str:
    """Metadata on the spreadsheet, the tab, row 3 (index 2) and column B (index 1)."""
    book = server.book(("Tab", [["a", "b"], ["c", "d"], ["e", "f"]]), ("Other", []))
    change(
        create("document", {"spreadsheet": True}, metadataValue="whole"),
        create("tab", {"sheetId": 0}),
        create("row", line(2), metadataValue="third"),
        create("column", line(1, "COLUMNS")),
    )(sheets, book).execute()
    return book


def test_a_created_entry_is_answered_with_its_id_and_type(server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    answer = change(create("k", line(6), metadataValue="v", metadataId=12))(sheets, book).execute()
    entry = {
        "metadataId": 12,
        "metadataKey": "k",
        "metadataValue": "v",
        "location": {"locationType": "ROW", **line(6)},
        "visibility": "DOCUMENT",
    }
    assert answer["replies"] == [{"createDeveloperMetadata": {"developerMetadata": entry}}]
    assert sheets.developerMetadata().get(spreadsheetId=book, metadataId=12).execute() == entry


def test_ids_are_drawn_when_none_is_given(book: str, sheets: Any) -> None:
    ids = {entry["developerMetadata"]["metadataId"] for entry in search(sheets, book, lookup())}
    assert len(ids) == 4
    assert min(ids) > 0


def test_an_unknown_id_is_not_found(book: str, sheets: Any) -> None:
    error = refusal(sheets.developerMetadata().get(spreadsheetId=book, metadataId=5))
    assert (error["code"], error["message"]) == (404, "No developer metadata with ID 5.")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, ["document", "tab", "row", "column"]),
        ({"metadataKey": "row"}, ["row"]),
        ({"metadataKey": "row", "metadataValue": "second"}, []),
        ({"metadataValue": "whole"}, ["document"]),
        ({"locationType": "COLUMN"}, ["column"]),
        ({"visibility": "PROJECT"}, []),
        ({"metadataLocation": line(2)}, ["document", "tab", "row", "column"]),
        ({"metadataLocation": line(2), "locationMatchingStrategy": "EXACT_LOCATION"}, ["row"]),
        ({"metadataLocation": line(1)}, ["document", "tab", "column"]),
        ({"metadataLocation": {"sheetId": 1}}, ["document"]),
        ({"metadataLocation": {"sheetId": 0}, "locationType": "ROW"}, ["row"]),
    ],
)
def test_lookups(fields: dict[str, Any], found: list[str], book: str, sheets: Any) -> None:
    assert keys(search(sheets, book, lookup(**fields))) == found


def test_a_range_finds_what_its_rows_columns_and_tab_are_tied_to(book: str, sheets: Any) -> None:
    assert keys(search(sheets, book, {"a1Range": "Tab!A3:A4"})) == ["tab", "row"]
    assert keys(search(sheets, book, {"gridRange": {"sheetId": 0, "startColumnIndex": 1}})) == [
        "tab",
        "row",
        "column",
    ]


def test_an_entry_found_twice_comes_once_with_both_filters(book: str, sheets: Any) -> None:
    filters = [lookup(metadataKey="row"), lookup(metadataValue="third")]
    (match,) = search(sheets, book, *filters)
    assert match["dataFilters"] == filters


@pytest.mark.parametrize(
    ("request_", "row", "column"),
    [
        ({"insertDimension": {"range": line(0)["dimensionRange"]}}, 3, 1),
        ({"insertDimension": {"range": line(3)["dimensionRange"]}}, 2, 1),
        ({"deleteDimension": {"range": line(0)["dimensionRange"]}}, 1, 1),
        ({"deleteDimension": {"range": line(2)["dimensionRange"]}}, None, 1),
        ({"moveDimension": {"source": line(2)["dimensionRange"], "destinationIndex": 0}}, 0, 1),
        ({"moveDimension": {"source": line(0)["dimensionRange"], "destinationIndex": 3}}, 1, 1),
        ({"insertDimension": {"range": line(1, "COLUMNS")["dimensionRange"]}}, 2, 2),
        ({"deleteDimension": {"range": line(1, "COLUMNS")["dimensionRange"]}}, 2, None),
        ({"sortRange": {"range": {"sheetId": 0}, "sortSpecs": [{"sortOrder": "DESCENDING"}]}}, 2, 1),
    ],
)
def test_metadata_follows_its_row_and_column(
    request_: dict[str, Any], row: int | None, column: int | None, book: str, sheets: Any
) -> None:
    change(request_)(sheets, book).execute()
    for key, place, dimension in (("row", row, "ROWS"), ("column", column, "COLUMNS")):
        found = search(sheets, book, lookup(metadataKey=key))
        if place is None:
            assert found == []
        else:
            location = found[0]["developerMetadata"]["location"]
            assert location["dimensionRange"] == line(place, dimension)["dimensionRange"]


def test_metadata_dies_with_its_tab(book: str, sheets: Any) -> None:
    change({"deleteSheet": {"sheetId": 0}})(sheets, book).execute()
    assert keys(search(sheets, book, lookup())) == ["document"]


def test_metadata_stands_in_the_spreadsheet_where_it_belongs(book: str, sheets: Any) -> None:
    fields = (
        "developerMetadata.metadataKey,"
        "sheets(developerMetadata.metadataKey,"
        "data(rowMetadata.developerMetadata.metadataKey,columnMetadata.developerMetadata.metadataKey))"
    )
    answer = sheets.get(spreadsheetId=book, ranges="Tab!A1:B3", fields=fields).execute()
    assert answer == {
        "developerMetadata": [{"metadataKey": "document"}],
        "sheets": [
            {
                "developerMetadata": [{"metadataKey": "tab"}],
                "data": [
                    {
                        "rowMetadata": [{}, {}, {"developerMetadata": [{"metadataKey": "row"}]}],
                        "columnMetadata": [{}, {"developerMetadata": [{"metadataKey": "column"}]}],
                    }
                ],
            }
        ],
    }


def test_entries_are_changed_where_the_mask_says(book: str, sheets: Any) -> None:
    update = {
        "dataFilters": [lookup(metadataKey="row")],
        "developerMetadata": {"metadataValue": "moved", "location": {"sheetId": 1}, "metadataKey": "ignored"},
        "fields": "metadataValue,location",
    }
    answer = change({"updateDeveloperMetadata": update})(sheets, book).execute()
    (entry,) = answer["replies"][0]["updateDeveloperMetadata"]["developerMetadata"]
    assert entry["metadataKey"] == "row"
    assert entry["metadataValue"] == "moved"
    assert entry["location"] == {"locationType": "SHEET", "sheetId": 1}


def test_deleted_entries_are_answered(book: str, sheets: Any) -> None:
    delete = {"deleteDeveloperMetadata": {"dataFilter": lookup(metadataKey="row")}}
    answer = change(delete)(sheets, book).execute()
    deleted = answer["replies"][0]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]
    assert [entry["metadataValue"] for entry in deleted] == ["third"]
    assert change(delete)(sheets, book).execute()["replies"] == [{}]


def test_project_metadata_is_for_its_project_alone(server: SheetsServer, sheets: Any, book: str) -> None:
    secret = create("secret", {"spreadsheet": True}, visibility="PROJECT")
    with client_of(f"{server.url}/_standin/as-owner") as script:
        change(secret)(script, book).execute()
        assert keys(search(script, book, lookup(metadataKey="secret"))) == ["secret"]
    assert search(sheets, book, lookup(metadataKey="secret")) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"metadataKey": ""}, "developerMetadata.metadataKey must be specified."),
        (
            {"visibility": "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED"},
            "developerMetadata.visibility must be specified.",
        ),
        ({"metadataId": 0}, "developerMetadata.metadataId must be positive."),
        ({"location": {"sheetId": 9}}, "No grid with id: 9"),
        ({"location": {}}, "developerMetadata.location must name exactly one location."),
        (
            {"metadataValue": "x" * 30_000},
            "Developer metadata of a spreadsheet is limited to 30000 characters.",
        ),
    ],
)
def test_refused_entries(entry: dict[str, Any], message: str, server: SheetsServer, sheets: Any) -> None:
    # The facts are the reference's and FACTS'; the words are the stand-in's own but for "No grid with id".
    request = create("k", {"spreadsheet": True})
    request["createDeveloperMetadata"]["developerMetadata"].update(entry)
    error = refusal(change(request)(sheets, server.book()))
    assert error["message"] == f"Invalid requests[0].createDeveloperMetadata: {message}"


def test_an_id_is_used_once(server: SheetsServer, sheets: Any) -> None:
    twice = create("k", {"spreadsheet": True}, metadataId=3)
    error = refusal(change(twice, twice)(sheets, server.book()))
    assert error["code"] == 400
