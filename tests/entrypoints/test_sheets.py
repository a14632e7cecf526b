"""What a tab holds, as the sidebar is told before anything is run on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.entrypoints.house import HEADERS, Caller, House

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


def test_columns_of_other_names_can_be_chosen_below_a_title(house: House, alice: Caller, sheet: str) -> None:
    holds(house, sheet, [["Leads of May"], [], ["Firm Nr 1", "What they do"], ["Oak Tools", "hammers"]])
    alice.prove(sheet)
    found = alice.ask("GET", f"/api/sheets/{sheet}")
    assert [column["header"] for column in found["headers"]] == ["Firm Nr 1", "What they do"]
    assert (found["row_count"], found["suggested_recipe"]) == (1, None)
    chosen = {"company_name": "Firm Nr 1", "company_keywords": "What they do"}
    assert estimate(alice, sheet, columns=chosen)["calls"] == 1
    assert alice.queue(sheet, columns=chosen)["columns"] == chosen


def test_rows_far_below_the_header_are_rows(house: House, alice: Caller, sheet: str) -> None:
    far = ["Oak Tools", "hammers", ""]
    holds(house, sheet, [HEADERS, *[[""] * 3] * 300, far])
    alice.prove(sheet)
    assert alice.ask("GET", f"/api/sheets/{sheet}")["row_count"] == 301
    assert alice.queue(sheet)["status"] in ("PENDING", "RUNNING")
    holds(house, sheet, [HEADERS])
    refused = alice.call("POST", "/api/jobs", {**SELECTION, "spreadsheet_id": sheet, "sheet_ids": [0]})
    assert (refused.status_code, "no rows below its header" in refused.text) == (422, True), refused.text


def offered_and_found(alice: Caller, sheet: str, column: str) -> list[tuple[str, int]]:
    """The values of a column with their counts, each of which a filter has found, too."""
    alice.prove(sheet)
    values = alice.ask("GET", f"/api/sheets/{sheet}/values?sheet_id=0&column={column}")["values"]
    for entry in values:
        told = estimate(alice, sheet, filter={"column": column, "value": entry["value"]})
        assert told["rows_found"] == entry["count"]
    return [(entry["value"], entry["count"]) for entry in values]


def test_a_value_of_any_length_that_a_filter_offers_finds_its_rows(
    house: House, alice: Caller, sheet: str
) -> None:
    """Offered are its first 500 characters; the cut may fall behind a space."""
    rows = [["Oak Tools", "hammers", text] for text in ("x" * 499 + " and more", "x" * 499, "short")]
    holds(house, sheet, [[*HEADERS[:2], "Notes"], *rows])
    offered = offered_and_found(alice, sheet, "Notes")
    assert [(len(value), count) for value, count in offered] == [(499, 2), (5, 1)]


def test_rows_without_a_value_are_counted_down_to_the_last_row(
    house: House, alice: Caller, sheet: str
) -> None:
    rows = [["Oak", "oak", ""], ["Fir", "fir", "May"], ["Elm", "elm", ""], ["Ash", "ash", ""]]
    holds(house, sheet, [[*HEADERS[:2], "Sent"], *rows])
    assert offered_and_found(alice, sheet, "Sent") == [("", 3), ("May", 1)]


def test_rows_that_fail_without_a_call_are_not_counted_as_calls(
    house: House, alice: Caller, sheet: str
) -> None:
    """They have no address that could be read, and nothing besides it or no leave to use that."""
    rows = [["Oak", "oak.test", ""], ["Fir", "", ""], ["Elm", "http://[", ""], ["Ash", "", "timber"]]
    holds(house, sheet, [["Company Name", "Website", "Keywords"], *rows])
    alice.prove(sheet)
    told = estimate(alice, sheet, recipe="case_b")
    assert (told["rows_found"], told["without_inputs"], told["calls"]) == (4, 2, 2)
    told = estimate(alice, sheet, recipe="case_b", fallback=False)
    assert (told["rows_found"], told["without_inputs"], told["calls"]) == (4, 3, 1)


def test_a_budget_that_the_last_call_will_not_fit_into_is_told(
    house: House, alice: Caller, sheet: str
) -> None:
    """A call is made only while the most that it may cost is left, which is more than it will cost."""
    holds(house, sheet, [HEADERS, ["Oak Tools", "hammers", ""], ["Fir Pipes", "pipes", ""]])
    alice.prove(sheet)
    likely = estimate(alice, sheet)["cost_microusd"]["mid"]

    def told(microusd: int) -> list[str]:
        warnings: list[str] = estimate(alice, sheet, budget_microusd=microusd)["warnings"]
        return [warning for warning in warnings if "The budget will be reached" in warning]

    assert told(likely + 1)
    assert not told(likely + 10_000)


SELECTION = {"recipe": "case_a", "mode": "all"}


def estimate(caller: Caller, sheet: str, **more: Any) -> dict[str, Any]:
    body = {"spreadsheet_id": sheet, "sheet_id": 0, **SELECTION, **more}
    found: dict[str, Any] = caller.ask("POST", "/api/estimates", body)
    return found
