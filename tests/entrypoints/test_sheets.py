"""What a tab holds, as the sidebar is told before anything is run on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.entrypoints.house import Caller, House

TITLED = [
    ["Leads of May", "", ""],
    ["Company Name", "Website", "Instantly Date"],
    ["Oak Tools", "oak.example", "2026-05-01"],
    ["Fir Pipes", "fir.example", "2026-05-02"],
    ["Elm Foods", "elm.example", "2026-05-02"],
]


def holds(house: House, sheet: str, rows: list[list[Any]]) -> None:
    """The first tab from its first cell on, as a person would have typed it."""
    house.standins.as_owner("POST", f"/{sheet}/values/Companies!A1:Z1000:clear")
    path = f"/{sheet}/values/Companies!A1?valueInputOption=USER_ENTERED"
    house.standins.as_owner("PUT", path, {"values": rows})


def protect(house: House, sheet: str, first_column: int, last_column: int) -> None:
    """So that nobody but the owner may write there."""
    columns = {"sheetId": 0, "startColumnIndex": first_column, "endColumnIndex": last_column}
    added = {"addProtectedRange": {"protectedRange": {"range": columns, "editors": {"users": []}}}}
    house.standins.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": [added]})


@pytest.fixture
def titled(house: House, alice: Caller, sheet: str) -> str:
    """A tab for Case B alone, with a title above its header."""
    holds(house, sheet, TITLED)
    alice.prove(sheet)
    return sheet


def test_a_title_above_the_header_is_no_row_and_no_header(alice: Caller, titled: str) -> None:
    found = alice.ask("GET", f"/api/sheets/{titled}")
    assert [column["header"] for column in found["headers"]] == TITLED[1]
    assert (found["row_count"], found["suggested_recipe"]) == (3, "case_b")


def test_a_filter_offers_the_values_below_that_header(alice: Caller, titled: str) -> None:
    found = alice.ask("GET", f"/api/sheets/{titled}/values?sheet_id=0&column=Instantly Date")
    assert [(entry["value"], entry["count"]) for entry in found["values"]] == [
        ("2026-05-02", 2),
        ("2026-05-01", 1),
    ]


def test_what_stands_in_the_way_of_another_recipe_is_not_told(
    house: House, alice: Caller, titled: str
) -> None:
    """Case A would take the title for its header, and want its outputs in the columns beside it."""
    protect(house, titled, 1, 2)
    assert alice.ask("GET", f"/api/sheets/{titled}")["problems"] == []


def test_a_tab_with_nothing_below_its_header_has_no_values(house: House, alice: Caller, sheet: str) -> None:
    shrink = {"sheetId": 0, "gridProperties": {"rowCount": 1, "columnCount": 3}}
    request = {"updateSheetProperties": {"properties": shrink, "fields": "gridProperties"}}
    house.standins.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": [request]})
    alice.prove(sheet)
    found = alice.ask("GET", f"/api/sheets/{sheet}/values?sheet_id=0&column=Company Name")
    assert (found["values"], found["truncated"]) == ([], False)
    assert alice.ask("GET", f"/api/sheets/{sheet}")["row_count"] == 0
