"""Where the header is, and which rows a job takes."""

from __future__ import annotations

from dataclasses import replace

from backend.domain.job import Filter, Job
from backend.domain.recipes import CASE_A
from backend.domain.selection import Found, filter_column, found, frozen_layout, layout, takes

HEADERS = ["Company Name", "Keywords", "Category", "Brand Name", "Email Question", "Status", "Instantly Date"]


def a_job(mode: str = "all", filter: Filter | None = None) -> Job:
    job = Job("j" * 20, "s" * 20, "Title", 0, "Tab", "case_a", 1, "m", "p", "sub", "you@example.com", 0.0)
    return replace(job, mode=mode, filter=filter)


def a_row(*cells: object, date: str = "") -> Found:
    where = layout(CASE_A, [HEADERS])
    row = [*cells, *[""] * (6 - len(cells)), date]
    return found(CASE_A, where, 1, row, filter_column("instantly date", HEADERS))


def never(_row: Found) -> bool:
    return False


def test_a_filter_goes_by_a_name_and_a_column_without_one_is_never_meant() -> None:
    headers = ["Company Name", "", "Instantly  date", "instantly_date"]
    assert filter_column(" Instantly-Date ", headers) == 2
    for nothing in ("", " ", "_", "-\t"):
        assert filter_column(nothing, headers) is None


def test_a_header_that_is_not_the_first_row_is_found() -> None:
    where = layout(CASE_A, [["Our leads"], [], HEADERS, ["Acme", "tools"]])
    assert (where.header_row, where.first_row) == (2, 3)


def test_only_empty_takes_rows_that_lack_an_output() -> None:
    job = a_job("only_empty")
    assert takes(job, a_row("Acme", "tools", "Tools", "", "Who?"), never)
    assert not takes(job, a_row("Acme", "tools", "Tools", "Acme", "Who?"), never)


def test_only_failed_takes_rows_whose_status_says_so() -> None:
    job = a_job("only_failed")
    assert takes(job, a_row("Acme", "tools", "", "", "", "❌ Error: x"), never)
    assert not takes(job, a_row("Acme", "tools", "", "", "", "✅ Complete"), never)


def test_a_filter_compares_what_the_cell_shows() -> None:
    job = a_job(filter=Filter("Instantly Date", "2026-11-02"))
    assert takes(job, a_row("Acme", "tools", date=" 2026-11-02 "), never)
    assert not takes(job, a_row("Acme", "tools"), never)


def test_numbers_are_read_as_they_are_shown() -> None:
    assert a_row(7.0, "tools").cells["company_name"] == "7"


def test_a_column_that_appears_later_does_not_change_the_fingerprints() -> None:
    frozen = {"company_name": "Company Name", "company_keywords": "Keywords"}
    before = frozen_layout(CASE_A, [HEADERS], frozen)
    after = frozen_layout(CASE_A, [[*HEADERS, "Company Short Description"]], frozen)
    assert before is not None
    assert after is not None
    assert after.columns.inputs == before.columns.inputs


def test_a_frozen_column_that_is_gone_is_noticed() -> None:
    assert (
        frozen_layout(
            CASE_A,
            [["Company Name", "City"]],
            {"company_name": "Company Name", "company_keywords": "Keywords"},
        )
        is None
    )
