"""What is lost, doubled, stalled, locked or shut between the parts: the job goes on, or says why not."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
import requests

from backend.config import BACKGROUND_QUEUE
from backend.local.person import ApiRefused
from backend.local.stack import LOCATION, PROJECT, SHEETS_ACCOUNT
from tests.faults.conftest import Faulty
from tests.faults.disks import full
from tests.faults.test_killed import COUNTS, NAMES, a_sheet, check_all_done

pytestmark = pytest.mark.faults

QUEUE = f"projects/{PROJECT}/locations/{LOCATION}/queues/{BACKGROUND_QUEUE}"


def until(holds: Callable[[], Any], within_s: float = 60) -> Any:
    """What `holds` gives as soon as it gives something."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come about in time")


def a_job_ends_well(stack: Faulty, sheet: str) -> None:
    check_all_done(stack, stack.wait(stack.queue(sheet)["id"], within_s=90), sheet)


def test_the_queue_fails_in_every_way_at_once(stack: Faulty) -> None:
    """Tasks delivered twice at once, again, or never; creations acknowledged to nobody, or refused."""
    sheets = [a_sheet(stack) for _ in range(4)]
    before = len(stack.ledger(stack.model_url))
    once = {"next": 1}
    stack.faults(stack.tasks_url, twin=once, duplicate=once, drop=once, lose_answer=once, refuse_create=once)
    jobs = [stack.queue(sheet) for sheet in sheets]
    for job, sheet in zip(jobs, sheets, strict=True):
        check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)
    assert len(stack.ledger(stack.model_url)) - before == len(NAMES) * len(sheets)


def test_the_queue_is_purged(stack: Faulty) -> None:
    sheet = a_sheet(stack)
    requests.post(f"{stack.tasks_url}/v2/{QUEUE}:pause", json={}, timeout=10).raise_for_status()
    job = stack.queue(sheet)
    requests.post(f"{stack.tasks_url}/v2/{QUEUE}:purge", json={}, timeout=10).raise_for_status()
    requests.post(f"{stack.tasks_url}/v2/{QUEUE}:resume", json={}, timeout=10).raise_for_status()
    check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)


def test_a_worker_stalls_past_its_lease_and_wakes_up(stack: Faulty) -> None:
    """It has announced a write, and would send it: another one has finished by then."""
    sheet = a_sheet(stack)
    stack.strikes("after the intent", "stall")
    job = stack.queue(sheet)
    try:
        until(stack.is_struck)
        done = stack.wait(job["id"], within_s=90)
        check_all_done(stack, done, sheet)
        table = stack.table(sheet)
    finally:
        stack.signals(stack.workers("T"), signal.SIGCONT)
    until(lambda: '"outcome": "lease_lost"' in stack.log("backend"))
    assert stack.table(sheet) == table
    assert stack.job(job["id"])["counts"] == done["counts"]


@pytest.mark.parametrize("part", ["backend", "tasks", "sheets", "model"])
def test_a_part_is_killed_and_started_again(stack: Faulty, part: str) -> None:
    sheet = a_sheet(stack)
    stack.faults(stack.model_url, rules=[{"fault": "slow", "probability": 1, "delay_ms": 700}])
    job = stack.queue(sheet)
    until(lambda: stack.job(job["id"])["status"] == "RUNNING")
    stack.stack.restart(part)
    check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)


def test_the_store_is_locked(stack: Faulty) -> None:
    """Nothing is acknowledged that is not kept; a job that runs waits, and loses nothing."""
    sheet, other = a_sheet(stack), a_sheet(stack)
    job = stack.queue(sheet)
    with closing(sqlite3.connect(stack.data / "rowmill.db", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ApiRefused, match="busy") as refused:
            stack.queue(other)
        assert refused.value.status == 503
        lock.execute("ROLLBACK")
    check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)
    a_job_ends_well(stack, other)
    assert len(stack.insists("GET", f"/api/jobs?spreadsheet_id={other}")["jobs"]) == 1


def test_the_disk_is_full(stack: Faulty) -> None:
    """Nothing is acknowledged that is not kept, nothing that was kept is lost, and the job goes on."""
    if stack.disk is None:
        pytest.skip("A full disk is NOT tested: it takes the right to mount one (root).")
    sheet, other = a_sheet(stack), a_sheet(stack)
    before = len(stack.ledger(stack.model_url))
    stack.faults(stack.model_url, rules=[{"fault": "slow", "probability": 1, "delay_ms": 700}])
    job = stack.queue(sheet)
    until(lambda: stack.job(job["id"])["counts"]["total"])
    with closing(sqlite3.connect(stack.data / "rowmill.db")) as store:
        # What was written ahead already has its place on the disk: without it, every commit needs a new one.
        until(lambda: store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0))
    with full(stack.disk):
        with pytest.raises(ApiRefused, match=r"disk .* is full: free some space") as refused:
            stack.queue(other)
        assert refused.value.status == 503
        until(lambda: len(stack.ledger(stack.model_url)) - before >= len(NAMES))
        time.sleep(1.5)  # the answers have come by now, and there is no room to keep them
        seen = stack.job(job["id"])
        assert (seen["status"], seen["counts"]["total"]) == ("RUNNING", len(NAMES))
        assert seen["counts"]["done"] == seen["counts"]["answered"] == 0
    check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)
    stack.faults(stack.model_url)
    a_job_ends_well(stack, other)
    assert len(stack.insists("GET", f"/api/jobs?spreadsheet_id={other}")["jobs"]) == 1


def test_a_row_that_kills_whoever_asks_about_it_fails_alone(stack: Faulty) -> None:
    sheet = a_sheet(stack)
    stack.poisons(NAMES[0])
    job = stack.wait(stack.queue(sheet)["id"], within_s=180)
    assert job["status"] == "COMPLETED"
    counts = {name: job["counts"][name] for name in COUNTS}
    assert counts == {**dict.fromkeys(COUNTS, 0), "done": len(NAMES) - 1, "failed": 1}
    assert job["failures"] == {"poison": 1}


@pytest.mark.parametrize(
    ("fault", "reason"), [("invalid_api_key", "key_refused"), ("insufficient_quota", "quota_gone")]
)
def test_the_model_wants_nothing_more_of_us(stack: Faulty, fault: str, reason: str) -> None:
    sheet = a_sheet(stack)
    stack.faults(stack.model_url, rules=[{"fault": fault, "probability": 1}])
    job = stack.wait(stack.queue(sheet)["id"], "PAUSED")
    assert job["reason"]["code"] == reason
    stack.faults(stack.model_url)
    assert stack.insists("POST", f"/api/jobs/{job['id']}/resume")["job"]["status"] in (
        "PENDING",
        "RUNNING",
    )
    check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)


def test_the_sheet_is_not_shared_any_more(stack: Faulty) -> None:
    """What the calls in flight bring is kept, and not asked for again after the resume."""
    sheet = a_sheet(stack)
    editors = f"{stack.sheets_url}/_standin/workbooks/{sheet}/editors"
    stack.faults(stack.model_url, rules=[{"fault": "slow", "probability": 1, "delay_ms": 1500}])
    before = len(stack.ledger(stack.model_url))
    job = stack.queue(sheet)
    until(lambda: stack.job(job["id"])["counts"]["total"])
    requests.delete(editors, json={"email": SHEETS_ACCOUNT}, timeout=10).raise_for_status()
    assert stack.wait(job["id"], "PAUSED")["reason"]["code"] == "not_shared"
    requests.put(editors, json={"email": SHEETS_ACCOUNT}, timeout=10).raise_for_status()
    stack.insists("POST", f"/api/jobs/{job['id']}/resume")
    check_all_done(stack, stack.wait(job["id"], within_s=90), sheet)
    assert len(stack.ledger(stack.model_url)) - before == len(NAMES)
