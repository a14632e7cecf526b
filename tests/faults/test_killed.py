"""kill -9 at every step of a job's way: it goes on by itself, and every row ends once, on its own row."""

from __future__ import annotations

import contextlib
import secrets
import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from backend.local.person import ApiRefused
from backend.usecases.records import result_key
from tests.faults.conftest import DIED, Faulty

pytestmark = pytest.mark.faults

NAMES = [f"Harbour Bakery {n}" for n in range(1, 7)]
COUNTS = ("done", "failed", "skipped", "stale", "gone", "cancelled")


def a_sheet(stack: Faulty) -> str:
    mark = secrets.token_hex(3)  # answers of another test must not serve this one
    return stack.a_sheet([[name, f"bread, cakes, {mark}", ""] for name in NAMES])


def check_all_done(stack: Faulty, job: dict[str, Any], sheet: str) -> None:
    counts = {name: job["counts"][name] for name in COUNTS}
    assert counts == {**dict.fromkeys(COUNTS, 0), "done": len(NAMES)}, job
    header, *rows = stack.table(sheet)
    brand = header.index("Brand Name")
    assert [row[brand] for row in rows] == NAMES


#: In the order in which a batch comes to them.
POINTS = (
    "after the claim",
    "after the freeze",
    "before the model call",
    "after the model call",
    "before the results' commit",
    "after the results' commit",
    "after the intent",
    "after the sheet write",
)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_is_killed(stack: Faulty, point: str) -> None:
    sheet = a_sheet(stack)
    before = len(stack.ledger(stack.model_url))
    stack.strikes(point)
    job = stack.wait(stack.queue(sheet)["id"], within_s=90)
    assert stack.is_struck()
    assert job["status"] == "COMPLETED"
    check_all_done(stack, job, sheet)
    # Calls that were sent and not committed are made again; what was committed never is.
    again = len(stack.ledger(stack.model_url)) - before - len(NAMES)
    if POINTS.index(point) >= POINTS.index("after the results' commit"):
        assert 0 <= again <= len(NAMES) - first_committed(stack, job["id"])


def first_committed(stack: Faulty, job_id: str) -> int:
    """Rows of the first commit of results: all of them, unless the machine was slow to answer some."""
    with closing(sqlite3.connect(stack.data / "rowmill.db", timeout=30)) as store:
        ((rows,),) = store.execute(
            "SELECT json_array_length(data, '$.rows') FROM documents WHERE collection = 'results' AND id = ?",
            (result_key(job_id, 1, 0).id,),
        )
    assert rows > 0
    return int(rows)


@pytest.mark.parametrize(
    "point",
    [
        "before the job's commit",
        "after the job's commit",
        "after the start",
        "before the enqueue",
        "after the enqueue",
    ],
)
def test_an_api_that_is_killed_while_it_creates(stack: Faulty, point: str) -> None:
    sheet, key = a_sheet(stack), secrets.token_hex(8)
    stack.person.prove(sheet)
    tab = stack.person.ask("GET", f"/api/sheets/{sheet}")["sheet_id"]
    wish = {"spreadsheet_id": sheet, "sheet_ids": [tab], "recipe": "case_a", "mode": "all"}
    stack.strikes(point)
    with contextlib.suppress(*DIED, ApiRefused):
        stack.person.ask("POST", "/api/jobs", wish, key=key)
    assert stack.is_struck()
    first, second = (stack.insists("POST", "/api/jobs", wish, key=key)["jobs"] for _ in range(2))
    assert [job["id"] for job in first] == [job["id"] for job in second]
    assert len(stack.insists("GET", f"/api/jobs?spreadsheet_id={sheet}")["jobs"]) == 1
    check_all_done(stack, stack.wait(first[0]["id"], within_s=90), sheet)


@pytest.mark.parametrize("point", [None, "before the next batch's enqueue", "after the next batch's enqueue"])
def test_a_worker_that_is_asked_to_end_hands_over(stack: Faulty, point: str | None) -> None:
    """SIGTERM, as Cloud Run sends it, while calls are in flight; and a death at the last moment of it."""
    sheet = a_sheet(stack)
    before = len(stack.ledger(stack.model_url))
    stack.faults(stack.model_url, rules=[{"fault": "slow", "probability": 1, "delay_ms": 1_500}])
    job = stack.queue(sheet)
    stack.until(lambda: len(stack.ledger(stack.model_url)) - before == len(NAMES))
    if point is not None:
        stack.strikes(point)
    asked, leaving = time.monotonic(), [psutil.Process(pid) for pid in stack.workers()]
    stack.signals([process.pid for process in leaving], signal.SIGTERM)
    _, alive = psutil.wait_procs(leaving, timeout=10)
    assert not alive, f"{alive} stayed longer than the {time.monotonic() - asked:.0f} s that Cloud Run gives"
    ended = stack.wait(job["id"], within_s=90)
    check_all_done(stack, ended, sheet)
    if point is None:
        assert '"outcome": "more"' in stack.log("backend")
    else:
        assert stack.is_struck()
    # What came back before the end was kept, and was not asked for again.
    assert len(stack.ledger(stack.model_url)) - before == len(NAMES)
