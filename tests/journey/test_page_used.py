"""The website behind an answer: named in the receipt, its text shown while the same one is kept."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from backend.local.person import ApiRefused
from tests.journey.test_estimates import estimate
from tests.stack import LocalStack

HEADERS = ["Company Name", "Website"]


@pytest.fixture
def done(stack: LocalStack) -> tuple[str, dict[str, Any]]:
    """A spreadsheet of two companies, the second without a website; and its job."""
    host = f"fir-pipes-{secrets.token_hex(4)}.com"
    sheet = stack.a_sheet([["Fir Pipes", host], ["Oak Tools", ""]], headers=HEADERS)
    return sheet, stack.wait(stack.queue(sheet, recipe="case_b")["id"])


def rows_of(stack: LocalStack, job: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["row"]: row for row in stack.person.ask("GET", f"/api/jobs/{job['id']}/rows")["rows"]}


def page_of(stack: LocalStack, job: dict[str, Any], receipt_id: str) -> dict[str, Any]:
    page: dict[str, Any] = stack.person.ask("GET", f"/api/jobs/{job['id']}/rows/{receipt_id}/page")
    return page


def test_the_receipt_names_the_page_and_its_text_can_be_read(
    stack: LocalStack, done: tuple[str, dict[str, Any]]
) -> None:
    _, job = done
    receipt = rows_of(stack, job)[2]
    assert receipt["status"] == "done"
    page = page_of(stack, job, receipt["id"])
    assert receipt["page_url"] == page["url"]
    assert page["url"].startswith("https://fir-pipes-") or page["url"].startswith("http://fir-pipes-")
    assert receipt["page_at"] == page["read_at"]
    assert job["created_at"] <= page["read_at"] <= receipt["ended_at"]
    assert page["url"] in page["pages_read"]
    assert "Fir Pipes" in page["text"]


def test_a_row_without_a_website_has_no_page(stack: LocalStack, done: tuple[str, dict[str, Any]]) -> None:
    _, job = done
    receipt = rows_of(stack, job)[3]
    assert (receipt["page_url"], receipt["page_at"]) == (None, None)
    with pytest.raises(ApiRefused, match="No website was used for this row"):
        page_of(stack, job, receipt["id"])


@pytest.mark.parametrize("wrong", ["1-0-7", "9-0-0", "1-99-0", "nonsense"])
def test_an_unknown_row_is_not_found(stack: LocalStack, done: tuple[str, dict[str, Any]], wrong: str) -> None:
    _, job = done
    with pytest.raises(ApiRefused, match="There is no such row in this job"):
        page_of(stack, job, wrong)


def test_a_page_that_was_read_again_is_not_passed_off_as_the_one_used(
    stack: LocalStack, done: tuple[str, dict[str, Any]]
) -> None:
    _, job = done
    receipt = rows_of(stack, job)[2]
    later = "UPDATE documents SET data = json_set(data, '$.at', 1.0) WHERE collection = 'pages'"
    with closing(sqlite3.connect(stack.data / "rowmill.db", timeout=30)) as store, store:
        store.execute(later)
    with pytest.raises(ApiRefused, match="has been read again since"):
        page_of(stack, job, receipt["id"])


def test_a_website_that_was_read_is_known_to_the_next_estimate(
    stack: LocalStack, done: tuple[str, dict[str, Any]]
) -> None:
    sheet, _ = done
    told = estimate(stack, sheet, recipe="case_b")
    assert told["already_answered"] == 1
    assert not any("not been read yet" in warning for warning in told["warnings"])
