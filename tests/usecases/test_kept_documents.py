"""What a job keeps in the store: little while it lasts, and nothing once it is deleted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from backend.domain.job import Filter, Status
from backend.errors import NotAllowed, NotFound, RowFailed, TryLater
from backend.ports import Document, Documents, Key, Write
from backend.usecases import move_job
from backend.usecases.records import EVENTS, job_key, lease_key, progress_key
from tests.usecases.world import Fate, World

#: Collections that serve more than one job.
SHARED = {"slots", "answers", "bills", "stats", "spending", "idempotency"}


class Remembering:
    """The store, and every key that was ever created in it."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.keys: set[Key] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        versions = self._documents.commit(writes)
        self.keys |= {write.key for write in writes}
        return versions

    def standing(self) -> Iterator[Document]:
        yield from (document for key in self.keys if (document := self._documents.get(key)) is not None)

    def by_collection(self) -> Counter[str]:
        return Counter(document.key.collection for document in self.standing())


@pytest.fixture
def remembering(world: World) -> Remembering:
    world.documents = store = Remembering(world.documents)
    world.has_rows(1, *(f"Firm {n}" for n in range(9)), "", "Acme", "Acme")
    world.sheets.has_tab("book", 2, [["Company Name", "Company Keywords", "Category"], ["A", "b", "old"]])
    world.model.always_fails("Firm 3", RowFailed("model_refused", "No."))
    return store


def a_long_life(world: World) -> str:
    """A job that died, was paused, resumed, cancelled and retried."""
    (job_id,) = world.create(1)
    world.admit()
    world.deliver_next(Fate("commit", 4))
    world.clock.advance(60)
    world.sweep()
    world.deliver_next(Fate("commit", 6))
    for move in ("pause", "resume"):
        world.clock.advance(60)
        world.move(move, job_id)
        world.run_until_quiet()
    world.move("retry", job_id, None)
    world.move("cancel", job_id)
    world.move("retry", job_id, None)
    world.run_until_quiet()
    assert world.job(job_id).status is Status.COMPLETED
    return job_id


def test_a_deleted_job_leaves_nothing_and_its_neighbour_everything(
    world: World, remembering: Remembering
) -> None:
    (neighbour,) = world.create(2)
    world.admit()
    world.run_until_quiet()
    before = remembering.by_collection()
    job_id = a_long_life(world)
    grown = remembering.by_collection()
    assert {name for name in grown if grown[name] > before[name]} >= {
        "jobs", "leases", "progress", "rows", "results", "writes", "events", "todo",
    }  # fmt: skip
    move_job.delete(job_id, documents=world.documents)
    left = remembering.by_collection()
    assert {n: left[n] for n in left if n not in SHARED} == {n: before[n] for n in before if n not in SHARED}
    assert world.job(neighbour).status is Status.COMPLETED
    with pytest.raises(NotFound):
        move_job.delete(job_id, documents=world.documents)


@pytest.mark.parametrize("move", ["pause", "cancel"])
def test_a_deletion_that_dies_is_taken_up_again_and_nobody_sets_the_rest_going(
    world: World, remembering: Remembering, move: str
) -> None:
    (job_id,) = world.create(1)
    world.admit()
    world.model.refuses("key_refused")
    world.deliver_next()
    if move == "cancel":
        world.move("cancel", job_id)
    dying = Fate("commit", 2, "busy")
    with pytest.raises(TryLater):
        move_job.delete(job_id, documents=world._ports(dying)[0])
    assert world.move("resume", job_id) is None
    assert world.move("retry", job_id, None) is None
    move_job.delete(job_id, documents=world.documents)
    assert {document.key.collection for document in remembering.standing()} <= SHARED


def test_a_job_that_runs_or_waits_is_not_deleted(world: World, remembering: Remembering) -> None:
    (job_id,) = world.create(1)
    for status in ("pending", "running"):
        with pytest.raises(NotAllowed, match=f"{status}. Cancel it first"):
            move_job.delete(job_id, documents=world.documents)
        world.admit()


def test_a_thousand_jobs_are_a_megabyte_and_three_with_all_that_stands_beside_them(world: World) -> None:
    """Measured as encoded JSON, on jobs with everything that a wish can hold and a long title."""
    title = "Companies to write to in the third quarter, north and west (final)"
    header = ["Company Name", "Company Keywords", "Company Short Description", "Instantly Date"]
    rows = [[f"Firm {n}", "words", "more words", "2026-09-09"] for n in range(12)]
    world.sheets.has_tab("book", 1, [header, *rows], title)
    world.model.always_fails("Firm 3", RowFailed("model_refused", "The model declined to answer."))
    (first,) = world.create(1)
    (job_id,) = world.create(
        1, depends_on=(first,), filter=Filter("Instantly Date", "2026-09-09"), mode="all", priority="high",
        start_row=3, max_rows=500, budget_microusd=None, fresh=True, fallback=False,
    )  # fmt: skip
    world.run_until_quiet()
    world.move("retry", job_id, None)
    world.run_until_quiet()
    job = world.documents.get(job_key(job_id))
    assert job is not None
    beside = world.documents.get_many([lease_key(job_id), progress_key(job_id)])
    events = world.documents.query(EVENTS, {"job_id": job_id}).documents
    assert size([job]) <= 1_000
    assert size([job, *[document for document in beside if document], *events]) <= 3_000
    assert len(events) >= 8


def size(documents: Sequence[Document]) -> int:
    """Bytes of the ids and the data."""
    return sum(len(d.key.id) + len(json.dumps(d.data, ensure_ascii=False).encode()) for d in documents)


def test_an_uncertain_creation_is_repeated_without_a_second_job(world: World) -> None:
    world.has_rows(1, "Acme")
    honest = world.documents
    for how in ("busy", "doubt"):
        world.documents = world._ports(Fate("commit", 1, how))[0]
        with pytest.raises(TryLater):
            world.create(1, key=how)
        world.documents = honest
        assert world.create(1, key=how) == world.create(1, key=how)
    assert len(world.jobs()) == 2
