"""Writing into spreadsheets: raw, whole or not at all, and back to what was typed."""

from __future__ import annotations

import pytest

from backend.adapters.google_sheets import GoogleSheets
from backend.errors import Forbidden, Invalid, NotFound
from backend.ports import Area, Block, Nonce
from tests.contracts.adapters.standin import Standin
from tests.contracts.adapters.workbook import a_workbook


def test_values_are_written_as_they_are(sheets: GoogleSheets, workbooks: Standin) -> None:
    """RAW stores text as it is; USER_ENTERED would run the formula and drop the zeros."""
    workbook = a_workbook(workbooks, ["h"], ["x"])
    sheets.write(workbook.id, [Block(workbook.area(1, 2), [["=1+1", "007", 3, True]])])
    assert sheets.entered(workbook.id, [workbook.area(1, 2)]) == [
        [[{"stringValue": "=1+1"}, {"stringValue": "007"}, {"numberValue": 3}, {"boolValue": True}]]
    ]


def test_none_leaves_a_cell_and_empty_text_clears_it(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a", "b", "c"])
    sheets.write(workbook.id, [Block(workbook.area(0, 1, 0, 3), [[None, "", "new"]])])
    assert workbook.shows("A1:C1") == [["a", "", "new"]]


def test_two_thousand_rows_in_many_blocks_are_one_call(sheets: GoogleSheets, workbooks: Standin) -> None:
    """Ready rows rarely stand together: 500 blocks of 4 rows. One batch counts as one request."""
    workbook = a_workbook(workbooks, ["h"], grid=3000)
    workbooks.forget()
    blocks = [
        Block(workbook.area(row, row + 4, 1, 5), [[f"c{row + i}", "b", "q", "✅"] for i in range(4)])
        for row in range(1, 2501, 5)
    ]
    sheets.write(workbook.id, blocks)
    assert [entry["status"] for entry in workbooks.ledger("write")] == [200]
    [column] = sheets.read(workbook.id, [workbook.area(0, 2501, 1, 2)])
    assert column == [[""], *[[f"c{row}" if row % 5 else ""] for row in range(1, 2501)]]


def test_one_block_past_the_grid_writes_none(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a"], ["b"], grid=2)
    blocks = [Block(workbook.area(0, 1, 0, 1), [["new"]]), Block(workbook.area(2, 3, 0, 1), [["new"]])]
    with pytest.raises(Invalid, match="exceeds grid limits"):
        sheets.write(workbook.id, blocks)
    assert workbook.shows("A1:A2") == [["a"], ["b"]]


def test_one_cell_too_long_writes_none_and_is_not_repeated_to_the_reader(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    """A cell over 50,000 characters fails the whole request."""
    workbook = a_workbook(workbooks, ["a"], ["b"])
    with pytest.raises(Invalid, match="50000") as refused:
        sheets.write(workbook.id, [Block(workbook.area(0, 2, 0, 1), [["new"], ["secret " * 8000]])])
    assert "secret" not in refused.value.message
    assert workbook.shows("A1:A2") == [["a"], ["b"]]


def test_a_protected_cell_is_not_ours_to_write(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a"])
    cells = {"sheetId": workbook.tab_id, "startColumnIndex": 0, "endColumnIndex": 1}
    workbook.does({"addProtectedRange": {"protectedRange": {"range": cells, "editors": {"users": []}}}})
    with pytest.raises(Forbidden) as refused:
        sheets.write(workbook.id, [Block(workbook.area(0, 1, 0, 1), [["new"]])])
    assert refused.value.code == "protected"


def test_a_sheet_that_may_only_be_looked_at_is_not_shared_enough(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a"])
    workbook.lets_only_look()
    assert sheets.read(workbook.id, [workbook.area(0, 1, 0, 1)]) == [[["a"]]]
    with pytest.raises(Forbidden, match="as an editor") as refused:
        sheets.write(workbook.id, [Block(workbook.area(0, 1, 0, 1), [["new"]])])
    assert refused.value.code == "not_shared"


def test_a_deleted_tab_is_not_found(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, ["a"])
    nowhere = Area(424242, 0, 1, 0, 1)
    with pytest.raises(NotFound, match="tab"):
        sheets.write(workbook.id, [Block(nowhere, [["x"]])])
    with pytest.raises(NotFound, match="tab"):
        sheets.restore(workbook.id, [(nowhere, {"stringValue": "x"})])


def test_what_cells_held_comes_back_formulas_dates_numbers_and_blanks(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["h", "h2"], [2], [], ["text", "kept"], ["", 5], grid=8)
    workbook.types("A3", "=A2+1")
    workbook.types("B2", "2026-11-23")
    before = workbook.area(1, 6, 0, 2)
    [held] = sheets.entered(workbook.id, [before])
    shown = workbook.shows("A1:B8")
    sheets.write(workbook.id, [Block(before, [["ours", "ours"]] * 5)])
    cells = [
        (workbook.area(1 + row, 2 + row, column, column + 1), entered)
        for row, line in enumerate(held)
        for column, entered in enumerate(line)
    ]
    sheets.restore(workbook.id, list(reversed(cells)))
    assert workbook.shows("A1:B8") == shown
    assert workbook.formula("A3") == "=A2+1"
    assert sheets.entered(workbook.id, [before]) == [held]


def test_restoring_scattered_cells_touches_no_other(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, *[[f"a{n}", f"b{n}"] for n in range(6)])
    wanted = {(0, 0), (1, 0), (3, 0), (4, 1)}
    sheets.restore(
        workbook.id,
        [
            (workbook.area(row, row + 1, column, column + 1), {"stringValue": "back"})
            for row, column in wanted
        ],
    )
    assert workbook.shows("A1:B6") == [
        ["back" if (row, column) in wanted else f"{name}{row}" for column, name in enumerate("ab")]
        for row in range(6)
    ]


def test_columns_are_inserted_with_their_headers_in_one_call(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    """The row of the headers need not be the first."""
    workbook = a_workbook(workbooks, ["A title above the table"], ["a", "b"], grid=3)
    [tab] = sheets.describe(workbook.id).tabs
    workbooks.forget()
    sheets.add_columns(workbook.id, tab, 1, 2, ["Category", "=Status", "New"])
    assert len(workbooks.ledger("write")) == 1
    assert sheets.describe(workbook.id).tabs[0].columns == tab.columns + 3
    assert sheets.entered(workbook.id, [workbook.area(1, 2, 2, 5)]) == [
        [[{"stringValue": "Category"}, {"stringValue": "=Status"}, {"stringValue": "New"}]]
    ]
    assert workbook.shows("A1:B2") == [["A title above the table"], ["a", "b"]]


def test_columns_are_added_where_the_grid_ends(sheets: GoogleSheets, workbooks: Standin) -> None:
    workbook = a_workbook(workbooks, list("abcdef"), grid=3)
    [tab] = sheets.describe(workbook.id).tabs
    assert tab.columns == 6
    sheets.add_columns(workbook.id, tab, 0, 6, ["Category", "Status"])
    assert workbook.shows("A1:H1") == [[*"abcdef", "Category", "Status"]]


def test_adding_columns_writes_over_nothing_whoever_inserts_one_at_that_moment(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a", "b", "c"], ["1", "2", "3"])
    [tab] = sheets.describe(workbook.id).tabs
    first = {"sheetId": workbook.tab_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    workbook.does({"insertDimension": {"range": first}})
    sheets.add_columns(workbook.id, tab, 0, 3, ["Status"])
    assert workbook.shows("A1:E2") == [["", "a", "b", "Status", "c"], ["", "1", "2", "", "3"]]


def test_where_none_may_be_inserted_blank_columns_are_named(sheets: GoogleSheets, workbooks: Standin) -> None:
    """A tab that is protected but for its blank columns."""
    workbook = a_workbook(workbooks, ["a", "b"])
    [tab] = sheets.describe(workbook.id).tabs
    blank = {"sheetId": workbook.tab_id, "startColumnIndex": 2, "endColumnIndex": 6}
    protected = {
        "range": {"sheetId": workbook.tab_id},
        "unprotectedRanges": [blank],
        "editors": {"users": []},
    }
    workbook.does({"addProtectedRange": {"protectedRange": protected}})
    sheets.add_columns(workbook.id, tab, 0, 2, ["Status"])
    assert workbook.shows("A1:C1") == [["a", "b", "Status"]]
    with pytest.raises(Forbidden):
        sheets.add_columns(workbook.id, tab, 0, 6, ["More"])


def test_proofs_of_edit_are_found_and_removed_and_nothing_else_is(
    sheets: GoogleSheets, workbooks: Standin
) -> None:
    workbook = a_workbook(workbooks, ["a"])
    first, second = workbook.has_proof("nonce-1"), workbook.has_proof("nonce-2")
    workbook.has_proof("of a column", location={"sheetId": workbook.tab_id})
    workbook.has_proof("another's", metadataKey="other_tool")
    assert sorted(sheets.nonces(workbook.id), key=lambda nonce: nonce.value) == [
        Nonce(first, "nonce-1"),
        Nonce(second, "nonce-2"),
    ]
    sheets.remove_nonces(workbook.id, [first, second])
    assert sheets.nonces(workbook.id) == []
