# ruff: noqa: F811 (fixtures are named by importing them)
"""Somebody edits between any two calls of a flush: every edit at every step, on the real Sheets stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend.adapters.google_sheets import GoogleSheets
from backend.domain.job import Job
from backend.domain.recipes import CASE_A
from backend.domain.results import Result
from backend.domain.rows import fingerprint
from backend.errors import RowmillError, TryLater
from backend.usecases.batch.intents import Note
from backend.usecases.batch.looking import Call
from backend.usecases.batch.placing import Placer
from backend.usecases.batch.repairing import Beside
from tests.contracts.adapters.conftest import (  # noqa: F401
    robot,
    running_identity,
    running_workbooks,
    sheets,
    workbooks,
)
from tests.contracts.adapters.standin import Standin
from tests.contracts.adapters.workbook import Workbook, a_workbook
from tests.fakes import FakeClock

INPUTS = ["Company Name", "Company Keywords", "Company Short Description"]
OUTPUTS = ["Category", "Brand Name", "Email Question", "Status"]
HEADERS = [*INPUTS, "Notes", *OUTPUTS]
NAMES = [f"firm {letter}" for letter in "hbdafceg"]
#: Flushes after which every row must have come to its end.
FLUSHES = 40

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


class Desk:
    """A placer with results for every row, driven call by call."""

    def __init__(self, sheets: GoogleSheets, workbook: Workbook, outputs: bool) -> None:
        self.clock, self.workbook = FakeClock(), workbook
        self.settled: dict[int, tuple[str, int | None]] = {}
        self.results = [self._result(index, name) for index, name in enumerate(NAMES)]
        job = Job(
            "job", workbook.id, "", workbook.tab_id, "Leads", "case_a", 1, "m", "standin", "sub", "e", 0.0,
            columns={column.name: column.header for column in CASE_A.inputs},
        )  # fmt: skip
        prints = {result.fingerprint: (result.index,) for result in self.results}
        self.placer = Placer(
            job=job,
            recipe=CASE_A,
            sheets=sheets,
            clock=self.clock,
            beside=Beside(lambda: prints, lambda _print: {}, self._placed),
            added=() if outputs else OUTPUTS,
            lease_left_s=lambda: 30.0,
            next_write=0,
            tab=None,
        )
        self.placer.add(self.results)
        self.calls = 0

    def _result(self, index: int, name: str) -> Result:
        cells = fingerprint([name, f"keywords of {name}", ""])
        return Result(index, index + 1, cells, "done", answer(name))

    def _placed(self, indexes: set[int], settled: set[int]) -> dict[int, Result]:
        known = settled | {index for index, (_, place) in self.settled.items() if place is not None}
        return {index: self.results[index] for index in indexes & known}

    def run(self, interruptions: dict[int, Edit]) -> None:
        """Flushes until all has ended; before call number k, `interruptions[k]` happens."""
        for _ in range(FLUSHES):
            if self.placer.empty:
                return
            try:
                self._flush(interruptions)
            except TryLater as later:
                self.clock.sleep(later.delay_s)
            self.clock.sleep(5)
        raise AssertionError(f"not at an end: {self.settled}")

    def _flush(self, interruptions: dict[int, Edit]) -> None:
        steps = self.placer.flush()
        step = next(steps, None)
        while step is not None:
            try:
                if isinstance(step, Note):
                    for state, places in step.settled.items():
                        self.settled |= {index: (state, place) for index, place in places.items()}
                    step = next(steps)
                    continue
                assert isinstance(step, Call)
                if edit := interruptions.get(self.calls):
                    edit(self.workbook)
                self.calls += 1
                try:
                    given = step.make()
                except RowmillError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(given)
            except StopIteration:
                return


def answer(name: str) -> tuple[str, str, str]:
    return f"category of {name}", f"brand of {name}", f"question about {name}?"


def check(desk: Desk) -> None:
    """Every result is on its row or nowhere, and nothing of the person's own was lost."""
    headers, *table = desk.workbook.shows("A1:Z40")
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


def a_desk(sheets: GoogleSheets, workbooks: Standin, *, outputs: bool = True) -> Desk:
    lines_ = [[name, f"keywords of {name}", "", f"note of {name}"] for name in NAMES]
    headers = HEADERS if outputs else HEADERS[:4]
    workbook = a_workbook(workbooks, headers, *lines_, grid=30)
    workbook.does({"appendDimension": {"sheetId": workbook.tab_id, "dimension": "COLUMNS", "length": 6}})
    for at, header in enumerate(headers):
        write(workbook, 0, at, header)
    return Desk(sheets, workbook, outputs)


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_before_any_call(sheets: GoogleSheets, workbooks: Standin, edit: Edit, step: int) -> None:
    desk = a_desk(sheets, workbooks)
    desk.run({step: edit})
    check(desk)


@pytest.mark.parametrize("step", range(2, 6))
def test_sorted_and_sorted_back_around_a_write(sheets: GoogleSheets, workbooks: Standin, step: int) -> None:
    desk = a_desk(sheets, workbooks)
    desk.run({step: sort, step + 1: lambda workbook: sort(workbook, "DESCENDING")})
    check(desk)


@pytest.mark.parametrize("first", EDITS, ids=lambda edit: edit.__name__)
def test_edits_between_all_calls(sheets: GoogleSheets, workbooks: Standin, first: Edit) -> None:
    """One edit after another, also while what was displaced is being put right.

    Two moves of columns between a look and the next are more than a row's cells can tell.
    """
    desk = a_desk(sheets, workbooks)
    columns = (insert_column, move_notes, sort_and_insert_column)
    others = [
        edit for edit in EDITS if edit not in (first, delete_row, *(columns if first in columns else ()))
    ]
    desk.run({3: first} | {4 + number: edit for number, edit in enumerate(others)})
    check(desk)


def test_columns_that_are_missing_are_added_once_and_a_removed_one_comes_back(
    sheets: GoogleSheets,
    workbooks: Standin,
) -> None:
    desk = a_desk(sheets, workbooks, outputs=False)

    removed: list[int] = []

    def remove(workbook: Workbook) -> None:
        if "Brand Name" in workbook.shows("1:1")[0] and not removed:
            removed.append(column(workbook, "Brand Name"))
            workbook.does(
                {"deleteDimension": {"range": lines(workbook, "COLUMNS", removed[0], removed[0] + 1)}}
            )

    desk.run(dict.fromkeys(range(20), remove))
    assert removed
    assert sorted(desk.workbook.shows("1:1")[0]) == sorted(HEADERS)
    check(desk)
