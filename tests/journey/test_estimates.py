"""Before the run: what it would do and cost, held against what it then did and cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from backend.local.person import ApiRefused
from tests.journey.companies import companies, distinct
from tests.stack import HEADERS, LocalStack, local_stack


def estimate(stack: LocalStack, spreadsheet_id: str, **selection: Any) -> dict[str, Any]:
    stack.person.prove(spreadsheet_id)
    sheet = stack.person.ask("GET", f"/api/sheets/{spreadsheet_id}")
    body = {
        "spreadsheet_id": spreadsheet_id,
        "sheet_id": sheet["sheet_id"],
        "recipe": "case_a",
        "mode": "all",
        **selection,
    }
    found: dict[str, Any] = stack.person.ask("POST", "/api/estimates", body)
    return found


def billed(stack: LocalStack) -> int:
    status = requests.get(f"{stack.model_url}/_standin/status", timeout=10).json()
    bill: int = status["billed_microusd"]
    return bill


@pytest.fixture
def unasked() -> Iterator[LocalStack]:
    """One that has no bills yet, nor answers."""
    with local_stack(latency_ms=30, workbench=False) as running:
        yield running


def test_the_middle_is_within_a_fifth_of_the_bill_and_closer_once_there_are_bills(
    unasked: LocalStack,
) -> None:
    """The stand-in counts tokens by pieces of words, our estimate by characters."""
    stack = unasked
    rows = [list(company) for company in companies()[:1_000]]
    sheet = stack.a_sheet(rows)
    before = billed(stack)
    told = estimate(stack, sheet)
    assert told["cost_from"] == "lengths"
    assert told["calls"] == distinct([tuple(row) for row in rows])
    job = stack.wait(stack.queue(sheet)["id"])
    bill = billed(stack) - before
    assert job["status"] == "COMPLETED"
    assert abs(told["cost_microusd"]["mid"] - bill) <= 0.2 * bill
    assert told["cost_microusd"]["low"] <= bill <= told["cost_microusd"]["high"]
    again = estimate(stack, sheet, fresh=True)
    assert again["cost_from"] == "bills"
    assert abs(again["cost_microusd"]["mid"] - bill) <= 0.05 * bill
    known = estimate(stack, sheet)
    assert (known["already_answered"], known["calls"]) == (told["calls"], 0)
    assert known["cost_microusd"] == {"low": 0, "mid": 0, "high": 0}


def test_the_lines_of_the_receipt_add_up(stack: LocalStack) -> None:
    tag = time.time_ns()
    rows: list[list[str]] = [[f"Acme {tag}", "tools; saws", "Sells saws."] for _ in range(3)]
    rows += [["", "", ""], ["Name alone", "", ""]]
    rows += [[f"Other {tag}", "bread", "", "Bakeries", "Other", "Where?"]]
    rows += [[f"Third {tag}", "shoes", ""]]
    sheet = stack.a_sheet(rows, headers=[*HEADERS, "Category", "Brand Name", "Email Question"])
    told = estimate(stack, sheet, mode="only_empty")
    lines = ("without_inputs", "already_filled", "duplicates", "already_answered", "calls")
    assert told["rows_found"] == sum(told[line] for line in lines) == 7
    assert [told[line] for line in lines] == [2, 1, 2, 0, 2]
    assert told["place_in_line"] == 0
    assert told["sample_prompt"]["row"] == 2
    assert f"Acme {tag}" in told["sample_prompt"]["user"]
    everything = estimate(stack, sheet)
    assert everything["already_filled"] == 0
    assert any("would be replaced" in warning for warning in everything["warnings"])
    assert estimate(stack, sheet, filter={"column": "Company Keywords", "value": "shoes"})["calls"] == 1
    nothing = estimate(stack, sheet, filter={"column": "Company Keywords", "value": "none such"})
    assert nothing["rows_found"] == 0
    assert "There is nothing to do" in nothing["warnings"][0]
    assert nothing["sample_prompt"] is None


def test_an_estimate_changes_nothing_and_reads_no_more_than_a_freeze(stack: LocalStack) -> None:
    """6,000 rows within two seconds on a machine to itself: a description of the tab, and two blocks."""
    sheet = stack.a_sheet([list(company) for company in companies()])
    stack.person.prove(sheet)
    tab = stack.person.ask("GET", f"/api/sheets/{sheet}")["sheet_id"]
    body = {"spreadsheet_id": sheet, "sheet_id": tab, "recipe": "case_a", "mode": "all"}
    revision = stack.person.workbook(sheet)["revision"]  # type: ignore[index]
    last = stack.ledger(stack.sheets_url)[-1]["n"]
    began = time.process_time(), time.monotonic()
    told = stack.person.ask("POST", "/api/estimates", body)
    took = time.monotonic() - began[1]
    assert told["rows_found"] == 6_000
    ours = [entry for entry in stack.ledger(stack.sheets_url, last) if sheet in str(entry)]
    assert len(ours) == 3
    assert stack.person.workbook(sheet)["revision"] == revision  # type: ignore[index]
    assert took < 8, took  # other work may share the machine


def test_a_website_that_was_not_read_yet_is_said(stack: LocalStack) -> None:
    sheet = stack.a_sheet([["Acme", "acme.test"]], headers=["Company Name", "Website"])
    told = estimate(stack, sheet, recipe="case_b")
    assert told["calls"] == 1
    assert any("1 website has not been read yet" in warning for warning in told["warnings"])


def test_a_tab_without_usable_columns_is_refused_as_a_job_would_be(stack: LocalStack) -> None:
    sheet = stack.a_sheet([["x"]], headers=["Nothing of use"])
    with pytest.raises(ApiRefused, match="No column for") as refused:
        estimate(stack, sheet)
    assert refused.value.status == 422
