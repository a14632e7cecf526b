"""Firestore goes away in the middle of a job, and comes back with what it had acknowledged.

Google's emulator keeps everything in memory, what it stands for keeps everything for ever. So it is killed
while nobody writes, after what it holds was put aside, and is started again from there. Every version is
another one then, as after a restored backup: no commit that was prepared before may hold.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from backend.local.person import ApiRefused
from backend.local.stack import PROJECT
from tests.emulator import Emulator, emulator_or_skip
from tests.faults.conftest import LEASE_S, Faulty
from tests.faults.test_killed import NAMES, a_sheet, check_all_done
from tests.stack import local_stack

pytestmark = [pytest.mark.faults, pytest.mark.emulator]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """One of our own, to be killed."""
    emulator = emulator_or_skip()
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def stack(tmp_path: Path, emulator: Emulator) -> Iterator[Faulty]:
    env = {"DATABASE": "firestore", "FIRESTORE_EMULATOR_HOST": emulator.address, "LEASE_S": LEASE_S}
    with local_stack(tmp_path, workbench=False, env=env, latency_ms=20, sweep_every_s=1) as stack:
        faulty = Faulty(stack.stack)
        yield faulty
        assert b"Harbour Bakery 1" in faulty.written()["documents: of Firestore"]
        assert not faulty.spilled()


def test_the_emulator_is_restarted_in_the_middle_of_a_job(
    stack: Faulty, emulator: Emulator, tmp_path: Path
) -> None:
    sheet, other = a_sheet(stack), a_sheet(stack)
    stack.faults(stack.model_url, rules=[{"fault": "slow", "probability": 1, "delay_ms": 1_500}])
    job = stack.queue(sheet)
    stack.until(lambda: len(stack.ledger(stack.model_url)) >= len(NAMES))
    stack.signals(stack.workers(), signal.SIGSTOP)
    emulator.keep_data(tmp_path, PROJECT)
    emulator.stop()
    stack.signals(stack.workers(), signal.SIGCONT)
    with pytest.raises(ApiRefused, match=r"Firestore is out of reach|did not answer") as refused:
        stack.queue(other)
    assert refused.value.status == 503
    emulator.start(tmp_path)
    check_all_done(stack, _ended(stack, job["id"]), sheet)
    again = stack.queue(other)
    check_all_done(stack, _ended(stack, again["id"]), other)
    assert [
        found["id"] for found in stack.person.ask("GET", f"/api/jobs?spreadsheet_id={other}")["jobs"]
    ] == [again["id"]]


def _ended(stack: Faulty, job_id: str) -> dict[str, object]:
    """The job once it has ended; the store may still be out of reach for a while."""
    deadline = time.monotonic() + 90
    while True:
        with contextlib.suppress(ApiRefused, requests.RequestException):
            return stack.wait(job_id, within_s=deadline - time.monotonic())
        assert time.monotonic() < deadline
        time.sleep(0.2)
