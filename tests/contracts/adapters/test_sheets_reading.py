"""Reading spreadsheets: what FACTS says of Google's answers, as the port gives it."""

from __future__ import annotations

import pytest

from backend.adapters.google_sheets import GoogleSheets
from backend.errors import Forbidden, NotFound
from backend.ports import Area, Protected
from tests.contracts.adapters.conftest import ROBOT
from tests.contracts.adapters.standin import Standin
from tests.contracts.adapters.workbook import a_workbook


def test_a_spreadsheet_says_its_title_its_tabs_and_their_size(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["Company Name"], title="Leads of May", grid=20)
    seen = sheets.describe(workbook.id)
    assert (seen.id, seen.title) == (workbook.id, "Leads of May")
    assert [(tab.id, tab.title, tab.rows, tab.columns) for tab in seen.tabs] == [
        (workbook.tab_id, "Leads", 20, 6)
    ]


def test_trailing_blanks_are_filled_up_to_the_area(sheets: GoogleSheets, workbooks: Standin) -> None:
    """Google leaves trailing empty cells and rows out of its answers."""
    workbook = a_workbook(workbooks, ["a"], [], ["b", "", "c"], [], grid=6)
    assert sheets.read(workbook.id, [workbook.area(0, 5)]) == [
        [["a", "", "", ""], [""] * 4, ["b", "", "c", ""], [""] * 4, [""] * 4]
    ]


def test_each_area_gets_its_own_answer(sheets: GoogleSheets, workbooks: Standin) -> None:
    """The stand-in answers in reverse, as Google promises no order; one area is asked for twice."""
    workbook = a_workbook(workbooks, ["a", "b"], ["c", "d"], ["e", "f"])
    head, second, cell = workbook.area(0, 1, 0, 2), workbook.area(1, 3, 0, 2), workbook.area(2, 3, 1, 2)
    assert sheets.read(workbook.id, [head, second, cell, head]) == [
        [["a", "b"]],
        [["c", "d"], ["e", "f"]],
        [["f"]],
        [["a", "b"]],
    ]


def test_numbers_stay_numbers_and_dates_come_as_text(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["n", "d", "b", "t"], ["", "", "", ""])
    for cell, typed in {"A2": "12.50", "B2": "2026-11-23", "C2": "TRUE", "D2": "'007"}.items():
        workbook.types(cell, typed)
    [[[number, date, truth, text]]] = sheets.read(workbook.id, [workbook.area(1, 2)])
    assert (number, truth, text) == (12.5, True, "007")
    assert isinstance(date, str)
    assert date


def test_an_area_that_ends_past_the_grid_is_cut_there(sheets: GoogleSheets, workbooks: Standin) -> None:
    """Somebody deleted rows since the area was chosen."""
    workbook = a_workbook(workbooks, ["a"], ["b"], grid=2)
    assert sheets.read(workbook.id, [workbook.area(1, 9, 0, 1)]) == [[["b"]]]


def test_an_area_outside_the_grid_has_no_rows_and_spoils_no_other(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    """Google refuses such a read whole: 400 `exceeds grid limits`, with the size of the grid."""
    workbook = a_workbook(workbooks, ["a"], ["b"], grid=2)
    areas = [workbook.area(7, 9), workbook.area(0, 2, 0, 1), workbook.area(0, 1, 6, 8)]
    assert sheets.read(workbook.id, areas) == [[], [["a"], ["b"]], []]
    assert len(workbooks.ledger("read")) == 2


def test_nothing_is_asked_where_nothing_is_wanted(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a"])
    workbooks.forget()
    assert sheets.read(workbook.id, []) == []
    assert sheets.entered(workbook.id, []) == []
    sheets.write(workbook.id, [])
    sheets.restore(workbook.id, [])
    sheets.remove_nonces(workbook.id, [])
    assert workbooks.ledger() == []


def test_what_was_typed_is_told_from_what_is_shown(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["h"], [1, "text"], grid=4)
    workbook.types("B3", "=A2+1")
    grid, outside = sheets.entered(workbook.id, [workbook.area(1, 9, 0, 2), workbook.area(0, 1, 0, 1)])
    assert grid == [
        [{"numberValue": 1}, {"stringValue": "text"}],
        [None, {"formulaValue": "=A2+1"}],
        [None, None],
    ]
    assert outside == [[{"stringValue": "h"}]]


def test_a_renamed_tab_is_found_by_its_id(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a"])
    properties = {"sheetId": workbook.tab_id, "title": "It's A1"}
    workbook.does({"updateSheetProperties": {"properties": properties, "fields": "title"}})
    assert sheets.read(workbook.id, [workbook.area(0, 1, 0, 1)]) == [[["a"]]]


def test_a_protected_range_says_whether_we_may_write_into_it(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a"], grid=10)
    columns = {"sheetId": workbook.tab_id, "startColumnIndex": 2, "endColumnIndex": 4}
    for protected in (
        {"range": columns, "description": "Finance only", "editors": {"users": ["cfo@example.com"]}},
        {"range": columns, "description": "Ours too", "editors": {"users": [ROBOT]}},
        {"range": columns, "description": "Only a warning", "warningOnly": True},
    ):
        workbook.does({"addProtectedRange": {"protectedRange": protected}})
    area = workbook.area(0, 10, 2, 4)
    assert sorted(sheets.describe(workbook.id).tabs[0].protected, key=lambda each: each.description) == [
        Protected(area, "Finance only", editable=False),
        Protected(area, "Only a warning", editable=True),
        Protected(area, "Ours too", editable=True),
    ]


def test_what_a_protection_of_the_whole_tab_leaves_open_is_open(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a"], grid=10)
    hole = {"sheetId": workbook.tab_id, "startColumnIndex": 4, "endColumnIndex": 6, "startRowIndex": 1}
    protected = {
        "range": {"sheetId": workbook.tab_id},
        "unprotectedRanges": [hole],
        "editors": {"users": ["cfo@example.com"]},
    }
    workbook.does({"addProtectedRange": {"protectedRange": protected}})
    closed = {each.area for each in sheets.describe(workbook.id).tabs[0].protected if not each.editable}
    assert closed == {workbook.area(0, 1, 0, 6), workbook.area(1, 10, 0, 4)}


def test_a_spreadsheet_that_is_not_shared_names_whom_to_share_it_with(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a"])
    workbook.stops_sharing()
    with pytest.raises(Forbidden, match=ROBOT) as refused:
        sheets.read(workbook.id, [workbook.area(0, 1)])
    assert refused.value.code == "not_shared"


def test_an_unknown_spreadsheet_and_a_deleted_tab_are_not_found(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a"])
    with pytest.raises(NotFound, match="spreadsheet"):
        sheets.describe("1234567890abcdefghij")
    with pytest.raises(NotFound, match="tab"):
        sheets.read(workbook.id, [Area(424242, 0, 1, 0, 1)])
    with pytest.raises(NotFound, match="tab"):
        sheets.entered(workbook.id, [Area(424242, 0, 1, 0, 1)])
