"""Columns that are marked, so that a write finds them wherever somebody has moved them to."""

from __future__ import annotations

from typing import Any

import pytest

from backend.adapters.google_sheets import GoogleSheets
from backend.errors import Invalid
from backend.ports import ANCHOR_KEY, Anchor, Strip
from tests.contracts.adapters.standin import Standin
from tests.contracts.adapters.workbook import Workbook, a_workbook

HEADERS = ["Name", "Category", "Notes", "Status"]


def columns(workbook: Workbook, start: int, end: int) -> dict[str, Any]:
    return {"sheetId": workbook.tab_id, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def anchored(sheets: GoogleSheets, workbook: Workbook) -> dict[str, int]:
    """Marks two columns; gives the ids by output name."""
    sheets.set_anchors(workbook.id, workbook.tab_id, {"category": 1, "status": 3}, [])
    _, found = sheets.anchors(workbook.id, workbook.area(0, 1))
    return {anchor.name: anchor.metadata_id for anchor in found}


def test_the_header_and_the_anchors_are_read_in_one_call(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, HEADERS, ["Firm", "", "mine", ""])
    ids = anchored(sheets, workbook)
    workbook.does({"moveDimension": {"source": columns(workbook, 3, 4), "destinationIndex": 0}})
    workbooks.forget()
    top, found = sheets.anchors(workbook.id, workbook.area(0, 2, 0, 6))
    assert len(workbooks.ledger()) == 1
    assert top == [["Status", "Name", "Category", "Notes", "", ""], ["", "Firm", "", "mine", "", ""]]
    assert found == [Anchor(ids["status"], "status", 0), Anchor(ids["category"], "category", 2)]


@pytest.mark.parametrize(
    ("request_of", "shown"),
    [
        (
            lambda w: {"insertDimension": {"range": columns(w, 0, 2)}},
            [["", "", *HEADERS], ["", "", "Firm", "tools", "mine", "done"]],
        ),
        (
            lambda w: {"moveDimension": {"source": columns(w, 0, 1), "destinationIndex": 4}},
            [["Category", "Notes", "Status", "Name"], ["tools", "mine", "done", "Firm"]],
        ),
        (
            lambda w: {"deleteDimension": {"range": columns(w, 0, 1)}},
            [["Category", "Notes", "Status"], ["tools", "mine", "done"]],
        ),
    ],
    ids=["inserted", "moved", "deleted"],
)
def test_a_write_goes_where_its_columns_have_gone(
    sheets: GoogleSheets, workbooks: Standin, request_of: Any, shown: list[list[str]]
) -> None:
    workbook = a_workbook(workbooks, HEADERS, ["Firm", "", "mine", ""])
    ids = anchored(sheets, workbook)
    workbook.does(request_of(workbook))
    sheets.write(workbook.id, [Strip(ids["category"], 1, ["tools"]), Strip(ids["status"], 1, ["done"])])
    assert workbook.shows("A1:H2") == shown


def test_a_strip_is_raw_and_passes_over_what_is_none(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, HEADERS, *[["", f"old {n}", f"mine {n}"] for n in range(5)])
    ids = anchored(sheets, workbook)
    sheets.write(workbook.id, [Strip(ids["category"], 2, ["=1+1", None, "", 7])])
    assert sheets.entered(workbook.id, [workbook.area(0, 6, 1, 2)]) == [
        [
            [{"stringValue": "Category"}],
            [{"stringValue": "old 0"}],
            [{"stringValue": "=1+1"}],
            [{"stringValue": "old 2"}],
            [None],
            [{"numberValue": 7}],
        ]
    ]
    assert workbook.shows("C2:C6") == [[f"mine {n}"] for n in range(5)]


def test_what_was_for_a_deleted_column_is_written_nowhere(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, HEADERS, ["Firm", "", "mine", ""])
    ids = anchored(sheets, workbook)
    workbook.does({"deleteDimension": {"range": columns(workbook, 1, 2)}})
    sheets.write(workbook.id, [Strip(ids["category"], 1, ["tools"]), Strip(ids["status"], 1, ["done"])])
    assert workbook.shows("A1:F2") == [["Name", "Notes", "Status"], ["Firm", "mine", "done"]]


def test_a_strip_past_the_grid_writes_nothing_at_all(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, HEADERS, ["Firm", "", "mine", ""], grid=3)
    ids = anchored(sheets, workbook)
    with pytest.raises(Invalid):
        sheets.write(workbook.id, [Strip(ids["category"], 1, ["tools"]), Strip(ids["status"], 2, ["a", "b"])])
    assert workbook.shows("A2:D3") == [["Firm", "", "mine"]]


def test_anchors_are_taken_away_and_set_anew_in_one_call(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, HEADERS)
    ids = anchored(sheets, workbook)
    workbooks.forget()
    sheets.set_anchors(workbook.id, workbook.tab_id, {"category": 2}, [ids["category"]])
    assert len(workbooks.ledger("write")) == 1
    _, found = sheets.anchors(workbook.id, workbook.area(0, 1))
    assert [(anchor.name, anchor.column) for anchor in found] == [("category", 2), ("status", 3)]


def test_a_column_that_is_not_there_is_refused_and_nothing_changes(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, HEADERS)
    ids = anchored(sheets, workbook)
    with pytest.raises(Invalid):
        sheets.set_anchors(workbook.id, workbook.tab_id, {"category": 40}, [ids["category"]])
    _, found = sheets.anchors(workbook.id, workbook.area(0, 1))
    assert [(anchor.name, anchor.column) for anchor in found] == [("category", 1), ("status", 3)]


def test_a_tab_whose_metadata_is_full_refuses_more(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, HEADERS)
    for number in range(3):
        workbook.has_proof("x" * 9_985, location={"sheetId": workbook.tab_id}, metadataKey=f"other {number}")
    with pytest.raises(Invalid):
        anchored(sheets, workbook)


def test_other_programs_neither_see_the_anchors_nor_are_taken_for_them(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, HEADERS)
    third = {"dimensionRange": columns(workbook, 2, 3)}
    workbook.has_proof("another's", metadataKey="other_tool", location=third)
    ids = anchored(sheets, workbook)
    assert ids.keys() == {"category", "status"}
    lookup = {"developerMetadataLookup": {"metadataKey": ANCHOR_KEY}}
    assert workbook.finds(lookup) == []
