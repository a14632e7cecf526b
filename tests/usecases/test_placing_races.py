# ruff: noqa: F811 (fixtures are named by importing them)
"""Somebody edits between any two calls of a flush: every edit at every step, on the real Sheets stand-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from backend.adapters.google_sheets import GoogleSheets
from tests.contracts.adapters.conftest import (  # noqa: F401
    robot,
    running_identity,
    running_workbooks,
    sheets,
    workbooks,
)
from tests.contracts.adapters.standin import Standin
from tests.contracts.adapters.workbook import Workbook, a_workbook
from tests.usecases.desk import INPUTS, OUTPUTS, Desk, a_result, answer

HEADERS = [*INPUTS, "Notes", *OUTPUTS]
NAMES = [f"firm {letter}" for letter in "hbdafceg"]

Edit = Callable[[Workbook], None]


def rows(workbook: Workbook) -> int:
    return len(workbook.shows("A:A"))


def lines(workbook: Workbook, dimension: str, start: int, end: int) -> dict[str, Any]:
    return {"sheetId": workbook.tab_id, "dimension": dimension, "startIndex": start, "endIndex": end}


def sort(workbook: Workbook, order: str = "ASCENDING") -> None:
    area = {"sheetId": workbook.tab_id, "startRowIndex": 1, "endRowIndex": rows(workbook)}
    specs = [{"dimensionIndex": column(workbook, "Company Name"), "sortOrder": order}]
    workbook.does({"sortRange": {"range": area, "sortSpecs": specs}})


def column(workbook: Workbook, header: str) -> int:
    headers: list[str] = workbook.shows("1:1")[0]
    return headers.index(header)


def write(workbook: Workbook, row: int, at: int, text: str) -> None:
    workbook.does(
        {
            "updateCells": {
                "start": {"sheetId": workbook.tab_id, "rowIndex": row, "columnIndex": at},
                "rows": [{"values": [{"userEnteredValue": {"stringValue": text}}]}],
                "fields": "userEnteredValue",
            }
        }
    )


def insert_row(workbook: Workbook) -> None:
    workbook.does({"insertDimension": {"range": lines(workbook, "ROWS", 3, 4)}})
    write(workbook, 3, column(workbook, "Company Name"), "a newcomer")


def delete_row(workbook: Workbook) -> None:
    workbook.does({"deleteDimension": {"range": lines(workbook, "ROWS", 3, 4)}})


def insert_column(workbook: Workbook) -> None:
    at = column(workbook, "Brand Name")
    workbook.does({"insertDimension": {"range": lines(workbook, "COLUMNS", at, at + 1)}})


def move_notes(workbook: Workbook) -> None:
    """The person's own column goes between the outputs."""
    at = column(workbook, "Notes")
    to = column(workbook, "Email Question") if at < column(workbook, "Category") else 0
    source = lines(workbook, "COLUMNS", at, at + 1)
    workbook.does({"moveDimension": {"source": source, "destinationIndex": to}})


def edit_inputs(workbook: Workbook) -> None:
    write(workbook, 4, column(workbook, "Company Keywords"), "something else")


def sort_and_insert_column(workbook: Workbook) -> None:
    sort(workbook, "DESCENDING")
    insert_column(workbook)


EDITS: list[Edit] = [
    sort, insert_row, delete_row, insert_column, move_notes, edit_inputs, sort_and_insert_column,
]  # fmt: skip


def check(desk: Desk, workbook: Workbook) -> None:
    """Every result is on its row or nowhere, and nothing of the person's own was lost."""
    headers, *table = workbook.shows("A1:Z40")
    ended = {NAMES[index]: state for index, (state, _) in desk.settled.items()}
    assert set(ended) == set(NAMES)
    for row in table:
        line = dict(zip(headers, [*row, *[""] * (len(headers) - len(row))], strict=True))
        name = line["Company Name"]
        outputs = tuple(line.get(header, "") for header in OUTPUTS)
        assert line.get("", "") == "", line
        if name not in NAMES or ended[name] != "done":
            assert outputs == ("", "", "", ""), line
            continue
        assert outputs == (*answer(name), "✅ Complete"), (line, desk.settled)
        assert line["Notes"] == f"note of {name}"
    here = {row[headers.index("Company Name")] for row in table if row}
    lost = [name for name, state in ended.items() if state != "done" and name in here]
    assert len(lost) <= 1, "only one row's inputs are ever edited"


def a_desk(sheets: GoogleSheets, workbooks: Standin, *, outputs: bool = True) -> tuple[Desk, Workbook]:
    lines_ = [[name, f"keywords of {name}", "", f"note of {name}"] for name in NAMES]
    headers = HEADERS if outputs else HEADERS[:4]
    workbook = a_workbook(workbooks, headers, *lines_, grid=30)
    workbook.does({"appendDimension": {"sheetId": workbook.tab_id, "dimension": "COLUMNS", "length": 6}})
    for at, header in enumerate(headers):
        write(workbook, 0, at, header)
    found = [a_result(index, index + 1, name) for index, name in enumerate(NAMES)]
    return Desk(sheets, workbook.id, workbook.tab_id, found, added=() if outputs else OUTPUTS), workbook


def before_calls(workbook: Workbook, edits: dict[int, Edit]) -> dict[int, Callable[[], None]]:
    return {number: partial(edit, workbook) for number, edit in edits.items()}


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_before_any_call(sheets: GoogleSheets, workbooks: Standin, edit: Edit, step: int) -> None:
    desk, workbook = a_desk(sheets, workbooks)
    desk.run(before_calls(workbook, {step: edit}))
    check(desk, workbook)


@pytest.mark.parametrize("step", range(2, 6))
def test_sorted_and_sorted_back_around_a_write(sheets: GoogleSheets, workbooks: Standin, step: int) -> None:
    desk, workbook = a_desk(sheets, workbooks)
    desk.run(before_calls(workbook, {step: sort, step + 1: lambda workbook: sort(workbook, "DESCENDING")}))
    check(desk, workbook)


@pytest.mark.parametrize("first", EDITS, ids=lambda edit: edit.__name__)
def test_edits_between_all_calls(sheets: GoogleSheets, workbooks: Standin, first: Edit) -> None:
    """One edit after another, also while what was displaced is being put right."""
    desk, workbook = a_desk(sheets, workbooks)
    others = [edit for edit in EDITS if edit not in (first, delete_row)]
    desk.run(before_calls(workbook, {3: first} | {4 + number: edit for number, edit in enumerate(others)}))
    check(desk, workbook)


def test_columns_that_are_missing_are_added_once_and_a_removed_one_comes_back(
    sheets: GoogleSheets,
    workbooks: Standin,
) -> None:
    desk, workbook = a_desk(sheets, workbooks, outputs=False)

    removed: list[int] = []

    def remove(workbook: Workbook) -> None:
        if "Brand Name" in workbook.shows("1:1")[0] and not removed:
            removed.append(column(workbook, "Brand Name"))
            workbook.does(
                {"deleteDimension": {"range": lines(workbook, "COLUMNS", removed[0], removed[0] + 1)}}
            )

    desk.run(before_calls(workbook, dict.fromkeys(range(20), remove)))
    assert removed
    assert sorted(workbook.shows("1:1")[0]) == sorted(HEADERS)
    check(desk, workbook)
