"""Google's quotas and Google's bad days: never a 429 of our making, and nothing lost in a storm."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
import requests

from tests.journey.answers import answer
from tests.journey.companies import companies
from tests.stack import LocalStack, local_stack

#: `LONG_STORM`: two minutes, after which a job has gone back in line and come again.
STORM_S = 120.0 if os.environ.get("LONG_STORM") else 6.0


@pytest.fixture(scope="module")
def full() -> Iterator[LocalStack]:
    with local_stack(latency_ms=20, workbench=False, env={"LEASE_S": "6"}, sweep_every_s=1) as stack:
        yield stack


def check(stack: LocalStack, sheet: str, first: int, rows: int) -> None:
    values = stack.table(sheet)[1:]
    for company, line in zip(companies()[first : first + rows], values, strict=True):
        assert tuple(line[3:6]) == answer(company)


def test_three_jobs_at_full_speed_stay_under_the_quota(full: LocalStack) -> None:
    """Google's 60 reads and 60 writes a minute are really kept by the stand-in, by the strictest window."""
    full.faults(full.sheets_url, quotas=True)
    started = time.monotonic()
    jobs = []
    for number in range(3):
        rows = companies()[number * 1_500 : number * 1_500 + 1_500]
        sheet = full.a_sheet([list(row) for row in rows])
        jobs.append((sheet, full.queue(sheet)["id"]))
    for number, (sheet, job_id) in enumerate(jobs):
        job = full.wait(job_id, within_s=100)
        assert (job["status"], job["counts"]["done"]) == ("COMPLETED", 1_500), job
        check(full, sheet, number * 1_500, 1_500)
    took = time.monotonic() - started
    ours = [entry for entry in full.ledger(full.sheets_url) if "status" in entry]
    assert ours
    assert not [entry for entry in ours if entry["status"] == 429], took


@pytest.mark.parametrize("code", [429, 503])
def test_a_storm_of_refusals_loses_nothing(full: LocalStack, code: int) -> None:
    first = 4_500 if code == 429 else 5_100
    sheet = full.a_sheet([list(row) for row in companies()[first : first + 300]])
    job_id = full.queue(sheet)["id"]
    full.until(lambda: full.job(job_id)["counts"]["total"] == 300)
    full.faults(full.sheets_url, fail_rate=0.9, lose_rate=0.3, fail_code=code)
    time.sleep(STORM_S)  # the storm itself: this is what is tried
    refused = [entry for entry in full.ledger(full.sheets_url) if entry.get("status") == code]
    assert refused, "it was no storm"
    requests.delete(f"{full.sheets_url}/_standin/faults", timeout=10).raise_for_status()
    job = full.wait(job_id, within_s=180)
    assert (job["status"], job["counts"]["done"]) == ("COMPLETED", 300), job
    check(full, sheet, first, 300)
