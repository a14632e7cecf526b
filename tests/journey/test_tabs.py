"""What may happen to a tab as a whole while a job fills it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.journey.answers import answer
from tests.journey.companies import INPUTS, companies
from tests.stack import LocalStack, local_stack

ROWS = 400
OUTPUTS = ["Category", "Brand Name", "Email Question", "Status"]
STATES = ("done", "failed", "skipped", "stale", "gone", "cancelled")


@pytest.fixture(scope="module")
def slow() -> Iterator[LocalStack]:
    """So few calls in flight that there is time to act while a job is in the middle of its rows."""
    env = {"MODEL_IN_FLIGHT": "10", "MAX_RUNNING_JOBS": "1"}
    with local_stack(latency_ms=250, workbench=False, env=env) as stack:
        yield stack


def a_tab(stack: LocalStack, name: str) -> str:
    """Rows of this test's own: answers of another one would be known already."""
    mark = f"{name} {time.time_ns()}"
    return stack.a_sheet([[company[0], f"{company[1]} {mark}", company[2]] for company in companies()[:ROWS]],
                         headers=[*INPUTS])  # fmt: skip


def in_the_middle(stack: LocalStack, sheet: str, **wish: Any) -> str:
    """A job that has filled some rows, and has others to fill."""
    job_id: str = stack.queue(sheet, **wish)["id"]
    stack.until(lambda: stack.job(job_id)["counts"]["done"] > 0)
    assert stack.job(job_id)["status"] == "RUNNING"
    return job_id


def change(stack: LocalStack, sheet: str, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    answered = stack.person.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": list(requests)})
    replies: list[dict[str, Any]] = answered["replies"]
    return replies


def check_accounted_for(job: dict[str, Any]) -> None:
    counts = job["counts"]
    assert sum(counts[state] for state in STATES) == counts["total"] == ROWS, counts


def check_all_stand(table: list[list[str]]) -> None:
    """Every company that is there has its own answer beside it."""
    headers, *rows = table
    columns = [headers.index(header) for header in OUTPUTS[:3]]
    inputs = [headers.index(header) for header in INPUTS]
    assert rows
    for row in rows:
        padded = [*row, *[""] * len(headers)]
        assert tuple(padded[c] for c in columns) == answer(
            (padded[inputs[0]], padded[inputs[1]], padded[inputs[2]])
        ), row


def test_a_deleted_tab_ends_the_job_with_its_name_and_keeps_what_was_answered(slow: LocalStack) -> None:
    sheet = a_tab(slow, "deleted")
    job_id = in_the_middle(slow, sheet)
    change(
        slow,
        sheet,
        {"addSheet": {"properties": {"sheetId": 7, "title": "Another"}}},
        {"deleteSheet": {"sheetId": 0}},
    )
    ended = slow.wait(job_id)
    assert (ended["status"], ended["error"]["error_class"]) == ("FAILED", "sheet_gone"), ended
    assert ended["error"]["sentence"] == 'The tab "Companies" was deleted.'
    check_accounted_for(ended)
    answered = [row for row in receipts(slow, job_id) if row["cost_microusd"] or row["outputs"]]
    assert len(answered) >= ended["counts"]["done"] > 0


def test_nothing_is_written_into_a_new_tab_of_the_same_name(slow: LocalStack) -> None:
    """The new one holds the very same rows: only its number tells it from the one that was deleted."""
    sheet = a_tab(slow, "made again")
    job_id = in_the_middle(slow, sheet)
    ((copied,),) = [[reply for reply in change(
        slow,
        sheet,
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 8, "newSheetName": "Copy"}},
        {"deleteSheet": {"sheetId": 0}},
        {"updateSheetProperties": {"properties": {"sheetId": 8, "title": "Companies"}, "fields": "title"}},
    ) if "duplicateSheet" in reply]]  # fmt: skip
    assert copied["duplicateSheet"]["properties"]["sheetId"] == 8
    as_copied = slow.table(sheet)
    assert len(as_copied) == ROWS + 1
    ended = slow.wait(job_id)
    assert (ended["status"], ended["error"]["error_class"]) == ("FAILED", "sheet_gone"), ended
    check_accounted_for(ended)
    assert slow.table(sheet) == as_copied


def test_filters_and_hidden_rows_hide_nothing_from_a_job(slow: LocalStack) -> None:
    sheet = a_tab(slow, "filtered")
    job_id = in_the_middle(slow, sheet)
    whole = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": ROWS + 1}
    hidden = {"sheetId": 0, "dimension": "ROWS", "startIndex": 50, "endIndex": 250}
    change(
        slow,
        sheet,
        {"setBasicFilter": {"filter": {"range": whole, "criteria": {"0": {"hiddenValues": ["Acme"]}}}}},
        {"addFilterView": {"filter": {"title": "Mine", "range": whole}}},
        {"updateDimensionProperties": {"range": hidden, "properties": {"hiddenByUser": True},
                                       "fields": "hiddenByUser"}},
        {"sortRange": {"range": {**whole, "startRowIndex": 1},
                       "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}},
    )  # fmt: skip
    ended = slow.wait(job_id)
    assert (ended["status"], ended["counts"]["done"]) == ("COMPLETED", ROWS), ended
    check_all_stand(slow.table(sheet))


def test_a_tab_cut_short_loses_its_rows_and_nothing_else(slow: LocalStack) -> None:
    sheet = a_tab(slow, "cut short")
    job_id = in_the_middle(slow, sheet)
    last = {
        "sheetId": 0,
        "gridProperties": {"rowCount": ROWS // 2 + 1, "columnCount": len([*INPUTS, *OUTPUTS])},
    }
    fields = "gridProperties.rowCount,gridProperties.columnCount"
    change(slow, sheet, {"updateSheetProperties": {"properties": last, "fields": fields}})
    ended = slow.wait(job_id)
    assert ended["status"] == "COMPLETED", ended
    check_accounted_for(ended)
    assert ended["counts"]["done"] >= ROWS // 2
    assert ended["counts"]["gone"] > 0, ended["counts"]
    table = slow.table(sheet)
    assert len(table) == ROWS // 2 + 1
    check_all_stand(table)


def test_a_protected_column_pauses_the_job_until_the_protection_is_gone(slow: LocalStack) -> None:
    sheet = a_tab(slow, "protected")
    job_id = in_the_middle(slow, sheet)
    column = slow.table(sheet)[0].index("Category")
    area = {"sheetId": 0, "startColumnIndex": column, "endColumnIndex": column + 1}
    (added,) = change(slow, sheet, {"addProtectedRange": {"protectedRange": {"range": area}}})
    paused = slow.wait(job_id, "PAUSED", "COMPLETED", "FAILED")
    assert (paused["status"], paused["reason"]["code"]) == ("PAUSED", "protected"), paused
    asked = len(slow.ledger(slow.model_url))
    number = added["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    change(slow, sheet, {"deleteProtectedRange": {"protectedRangeId": number}})
    slow.person.ask("POST", f"/api/jobs/{job_id}/resume")
    ended = slow.wait(job_id)
    assert (ended["status"], ended["counts"]["done"]) == ("COMPLETED", ROWS), ended
    check_all_stand(slow.table(sheet))
    assert asked <= len(slow.ledger(slow.model_url))


def receipts(stack: LocalStack, job_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = stack.person.ask("GET", f"/api/jobs/{job_id}/rows{cursor}")
        found += page["rows"]
        if not page.get("cursor"):
            return found
        cursor = f"?cursor={page['cursor']}"
