"""What an open sidebar is told, and how soon it is to ask again."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.job import Job, Status
from backend.entrypoints.api.watch import BUSY_POLL_S, IDLE_POLL_S, POLL_S, WAIT_S
from backend.entrypoints.service import WAITS
from backend.ports import Create
from backend.usecases.records import job_from_data, job_key, job_to_data
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House


@pytest.fixture
def sheet(house: House, alice: Caller) -> str:
    return house.a_sheet()


@pytest.fixture
def watcher(house: House, alice: Caller, sheet: str) -> Caller:
    return house.somebody(alice.prove(sheet))


def watch(watcher: Caller, sheet: str) -> Any:
    return watcher.ask("GET", f"/api/watch?spreadsheet_id={sheet}")


def test_the_page_asks_again_at_once_for_the_waiting_is_done_by_the_api(
    alice: Caller, watcher: Caller, sheet: str
) -> None:
    """A page that stayed away for some seconds would miss how a job that was just queued begins."""
    assert watch(watcher, sheet)["poll_s"] == POLL_S
    alice.queue(sheet)
    assert watch(watcher, sheet)["poll_s"] == POLL_S


@pytest.mark.parametrize(("queued", "away_s"), [(False, IDLE_POLL_S), (True, BUSY_POLL_S)])
def test_who_has_no_seat_to_wait_in_is_told_how_long_to_stay_away(
    house: House, alice: Caller, watcher: Caller, sheet: str, queued: bool, away_s: int
) -> None:
    if queued:
        alice.queue(sheet)
    sub = house.service.signer.read_watch_token(watcher.token or "").sub
    path = f"/api/watch?spreadsheet_id={sheet}"
    with ExitStack() as held:
        for _ in range(WAITS):
            held.enter_context(house.service.waiting.seat(sub))
        first = watcher.call("GET", path)
        assert first.get_json()["poll_s"] == away_s
        again = watcher.call("GET", path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.headers["Retry-After"]) == (304, str(away_s))


def test_a_job_that_ended_just_now_is_seen_however_many_are_newer(
    house: House, alice: Caller, watcher: Caller, sheet: str
) -> None:
    job = a_job(house, alice.queue(sheet, run_at="2090-01-01T00:00:00Z")["id"])
    now = house.clock.now()
    long_ago = {"status": Status.COMPLETED, "reason": None, "ended_at": now - 3_600}
    newer = [replace(job, **long_ago, id=f"newer{n:015}", created_at=now + n) for n in range(30)]
    house.documents.commit([Create(job_key(one.id), job_to_data(one)) for one in newer])
    alice.ask("POST", f"/api/jobs/{job.id}/cancel")
    seen = {one["id"]: one["status"] for one in watch(watcher, sheet)["jobs"]}
    assert seen == {job.id: "CANCELLED"}


def test_a_process_that_is_to_end_lets_the_waiting_pages_go(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    page, path = house.somebody(alice.prove(sheet)), f"/api/watch?spreadsheet_id={sheet}"
    known = page.call("GET", path).headers["ETag"]
    before = house.clock.slept_s
    assert page.call("GET", path, headers={"If-None-Match": known}).status_code == 304
    assert house.clock.slept_s - before > WAIT_S / 2
    house.service.process.ending.set()
    before = house.clock.slept_s
    assert page.call("GET", path, headers={"If-None-Match": known}).status_code == 304
    assert house.clock.slept_s == before


def a_job(house: House, job_id: str) -> Job:
    document = house.documents.get(job_key(job_id))
    assert document is not None
    return job_from_data(document.data)
