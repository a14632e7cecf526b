"""What is old goes by itself, a portion at a time; what is asked to go, goes whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.ports import Create, Key, Replace, Write
from backend.usecases import clean_up as cleaning
from backend.usecases.job_changes import load_job, replace_job
from backend.usecases.records import (
    EXPIRING,
    PARTS_OF_A_JOB,
    QUERIES,
    chunk_key,
    chunks_key,
    job_key,
    lease_key,
    progress_key,
    rest_key,
    result_key,
    todo_key,
    write_key,
)
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House

DAY_S = 86_400.0


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house(history_days=30)


def an_ended_job(house: House, alice: Caller, sheet: str, results: int = 3) -> str:
    """With a document of every kind, and the rows of a freeze that was never finished."""
    alice.prove(sheet)
    job_id: str = alice.queue(sheet, run_at=next_month(house))["id"]
    job, version = load_job(house.documents, job_id)
    ended: dict[str, Any] = {
        **replace_job(job, version).data,
        "status": "COMPLETED",
        "ended_at": house.clock.now(),
    }
    keys = [
        chunks_key(job_id, "1"), chunk_key(job_id, "1", 0), chunk_key(job_id, "0", 0), todo_key(job_id, 2),
        rest_key(job_id, 1), *(result_key(job_id, 1, n) for n in range(results)), write_key(job_id, 1, 0),
    ]  # fmt: skip
    writes: list[Write] = [Create(key, {"job_id": job_id}) for key in keys]
    writes += [Create(progress_key(job_id), {}), Create(lease_key(job_id), {"job_id": job_id})]
    house.documents.commit([Replace(job_key(job_id), version, ended), *writes])
    return job_id


def next_month(house: House) -> str:
    at = datetime.fromtimestamp(house.clock.now() + 30 * DAY_S, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def left_of(house: House, job_id: str) -> list[Key]:
    """Every document that still speaks of the job."""
    found = [
        document.key
        for query in PARTS_OF_A_JOB
        for document in house.documents.query(query, {"job_id": job_id}, limit=1_000).documents
    ]
    beside = [job_key(job_id), progress_key(job_id), lease_key(job_id)]
    return found + [d.key for d in house.documents.get_many(beside) if d is not None]


def sweep(house: House) -> None:
    house.scheduler().ask("POST", "/tasks/sweep")


def test_an_ended_job_goes_with_everything_of_it_after_the_history_s_days(
    house: House, alice: Caller, sheet: str
) -> None:
    old = an_ended_job(house, alice, sheet)
    house.clock.passes(20 * DAY_S)
    young = an_ended_job(house, alice, sheet)
    sweep(house)
    assert len(left_of(house, old)) == 13
    house.clock.passes(10.1 * DAY_S)
    sweep(house)
    assert left_of(house, old) == []
    assert len(left_of(house, young)) == 13


def test_a_job_that_has_not_ended_stays_however_old_it_is(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    waiting = alice.queue(sheet, run_at=next_month(house))["id"]
    paused = alice.queue(sheet, run_at=next_month(house))["id"]
    alice.ask("POST", f"/api/jobs/{paused}/pause")
    house.clock.passes(400 * DAY_S)
    sweep(house)
    assert job_key(waiting) in left_of(house, waiting)
    assert job_key(paused) in left_of(house, paused)


def test_a_large_job_goes_over_several_sweeps(
    house: House, alice: Caller, sheet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = an_ended_job(house, alice, sheet, results=230)
    house.clock.passes(31 * DAY_S)
    monkeypatch.setattr(cleaning, "DOCUMENTS", 100)
    sizes = [len(left_of(house, job_id))]
    while sizes[-1] and len(sizes) < 10:
        sweep(house)
        sizes.append(len(left_of(house, job_id)))
    assert sizes[-1] == 0
    assert len(sizes) > 3
    assert all(before - after <= 150 for before, after in pairwise(sizes))


def test_deleted_on_demand_nothing_of_it_stays(house: House, alice: Caller, sheet: str) -> None:
    job_id, other = an_ended_job(house, alice, sheet, results=120), an_ended_job(house, alice, sheet)
    assert alice.call("DELETE", f"/api/jobs/{job_id}").status_code == 204
    assert left_of(house, job_id) == []
    assert len(left_of(house, other)) == 13


def test_what_has_expired_leaves_the_file(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    store = house.documents
    assert isinstance(store, SqliteDocuments)
    house.clock.passes(40 * DAY_S)
    sweep(house)
    # Nothing is left to be purged, although nobody has asked for it since.
    assert store.purge_expired() == 0


def test_two_clean_ups_at_once_do_no_harm(house: House, alice: Caller, sheet: str, tmp_path: Any) -> None:
    jobs = [an_ended_job(house, alice, sheet) for _ in range(5)]
    house.clock.passes(31 * DAY_S)
    path = house.documents._path  # type: ignore[attr-defined]
    other = SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=house.clock)
    with closing(other), ThreadPoolExecutor(2) as threads:
        done = [
            threads.submit(cleaning.clean_up, documents=store, clock=house.clock, history_days=30)
            for store in (house.documents, other)
        ]
        found = [future.result() for future in done]
    assert sum(cleaned.jobs for cleaned in found) <= 5
    sweep(house)
    assert all(left_of(house, job_id) == [] for job_id in jobs)
