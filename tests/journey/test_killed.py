"""kill -9 at random moments: nothing is paid for twice, and no budget is ever passed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.journey.answers import answer
from tests.journey.companies import companies, distinct
from tests.journey.processes import children
from tests.stack import HEADERS, LocalStack, local_stack

#: `EVERY_KILL` runs all of them: some minutes.
KILLS = 20 if os.environ.get("EVERY_KILL") else 3
BUDGETS = 50 if os.environ.get("EVERY_KILL") else 4
#: So few calls in flight that 2,000 rows last longer than all kills take.
IN_FLIGHT = 12 if os.environ.get("EVERY_KILL") else 100
#: A dead worker's job goes on within seconds: the lease is short, and so is everything that follows from it.
ENV = {"LEASE_S": "3", "MODEL_IN_FLIGHT": str(IN_FLIGHT)}
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def mortal() -> Iterator[LocalStack]:
    with local_stack(latency_ms=300, workbench=False, env=ENV, sweep_every_s=1) as stack:
        yield stack


def kill_worker(stack: LocalStack) -> None:
    """SIGKILL to the process that works; gunicorn starts another one."""
    master = stack.stack.processes.pid_of("backend")
    for pid in children(master):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def job_of(stack: LocalStack, job_id: str) -> dict[str, Any]:
    """The job, as soon as the backend answers again."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return stack.job(job_id)
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def totals(stack: LocalStack) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{stack.model_url}/_standin/status", timeout=10).json()
    return found


def end_of(stack: LocalStack, job_id: str, within_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        job = job_of(stack, job_id)
        if job["status"] in ("COMPLETED", "FAILED", "CANCELLED", "PAUSED"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job is still {job['status']}: {job['counts']}")


def test_killed_again_and_again_each_row_is_paid_once_but_for_what_was_in_flight(mortal: LocalStack) -> None:
    rows = companies()[:2_000]
    chance = random.Random(5)
    sheet = mortal.a_sheet([list(row) for row in rows])
    before = totals(mortal)["calls"]
    job_id = mortal.queue(sheet)["id"]
    lost = 0
    for _ in range(KILLS):
        start = job_of(mortal, job_id)["model_calls"]
        goal = start + chance.randrange(1, 1_200 // KILLS)
        mortal.until(lambda goal=goal: job_of(mortal, job_id)["model_calls"] >= goal, within_s=90)  # type: ignore[misc]
        time.sleep(chance.random() * 0.4)
        kill_worker(mortal)
        committed = job_of(mortal, job_id)["model_calls"]
        lost = totals(mortal)["calls"] - before - committed
    assert job_of(mortal, job_id)["status"] == "RUNNING", "the last kill was no kill"
    job = end_of(mortal, job_id, 180)
    assert (job["status"], job["counts"]["done"]) == ("COMPLETED", 2_000), job
    calls = totals(mortal)["calls"] - before
    assert calls <= distinct(list(rows)) + lost
    # A second's answers at most are not committed, and what is in flight.
    assert lost <= KILLS * (IN_FLIGHT + 400)
    values = mortal.table(sheet)
    for company, line in zip(rows, values[1:], strict=True):
        assert tuple(line[3:6]) == answer(company)


@pytest.mark.parametrize("seed", range(BUDGETS))
def test_the_bill_never_passes_the_budget(mortal: LocalStack, seed: int) -> None:
    """Whatever dies in between; raised, the budget lets the job go on to its end."""
    chance = random.Random(seed)
    tag = time.time_ns()
    rows = [
        [f"Firm {n} {tag}", f"keyword {n}", "Sells " + "things " * chance.randrange(40)] for n in range(80)
    ]
    budget = chance.choice([0, 700, 5_000, 30_000, 200_000])
    before = totals(mortal)["billed_microusd"]
    job_id = mortal.queue(mortal.a_sheet(rows), budget_microusd=budget)["id"]
    for _ in range(chance.randrange(3)):
        time.sleep(chance.random() * 1.5)
        kill_worker(mortal)
    job = end_of(mortal, job_id, 60)
    assert totals(mortal)["billed_microusd"] - before <= budget
    if job["status"] == "COMPLETED":
        return
    assert (job["status"], job["reason"]["code"]) == ("PAUSED", "budget_reached"), job
    raised = budget + 10_000_000
    mortal.person.ask("PATCH", f"/api/jobs/{job_id}", {"budget_microusd": raised})
    job = end_of(mortal, job_id, 60)
    assert (job["status"], job["counts"]["done"]) == ("COMPLETED", 80), job
    assert totals(mortal)["billed_microusd"] - before <= raised


def test_an_undo_that_is_killed_still_puts_everything_back_once(mortal: LocalStack) -> None:
    tag = time.time_ns()
    rows = [[f"Firm {n} {tag}", f"keyword {n}", "", f"old {n}" if n % 2 else ""] for n in range(300)]
    sheet = mortal.a_sheet(rows, headers=[*HEADERS, "Category"])
    before = [line[:4] for line in mortal.table(sheet)]
    job = end_of(mortal, mortal.queue(sheet)["id"], 60)
    assert job["counts"]["done"] == 300, job
    mortal.faults(mortal.sheets_url, write_delay_ms=400)
    undo = mortal.person.ask("POST", f"/api/jobs/{job['id']}/undo")["job"]["id"]
    for pause_s in (0.5, 1.0):
        time.sleep(pause_s)
        kill_worker(mortal)
    mortal.faults(mortal.sheets_url)
    ended = end_of(mortal, undo, 90)
    assert (ended["status"], ended["counts"]["done"]) == ("COMPLETED", 300), ended
    after = mortal.table(sheet)
    assert [line[:4] + [""] * (4 - len(line)) for line in after[1:]] == [
        line + [""] * (4 - len(line)) for line in before[1:]
    ]
    assert not any(cell for line in after[1:] for cell in line[4:])
