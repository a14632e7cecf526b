"""Fifty jobs of twenty users: all end, three at a time, and start in the order that was promised."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.job import Job, Status
from backend.domain.line import PRIORITIES, Place, order
from backend.errors import Invalid
from backend.ports import Create, Documents, Person, Write
from backend.usecases import move_job
from backend.usecases.create_job import JobLimits, Wish, create_jobs
from backend.usecases.read_jobs import Viewer
from backend.usecases.records import SLOTS, job_key, job_to_data, places_from_data
from tests.usecases.world import ANA, BOOK, PLACES, Fate, World

SHEETS = 12


class Recorder:
    """The store, and what each commit did to the running places."""

    def __init__(self, documents: Documents, world: World) -> None:
        self._documents, self._world = documents, world
        self.places: list[list[Place]] = []
        self.starts: list[tuple[Job, list[Job], list[Place]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        mine = [w for w in writes if w.key == SLOTS]
        before = self._world.places()
        waiting = [job for job in self._world.jobs() if job.status is Status.PENDING] if mine else []
        versions = self._documents.commit(writes)
        if mine:
            after = places_from_data(mine[0].data)  # type: ignore[union-attr]
            self.places.append(after)
            for place in after:
                if place not in before:
                    started = next(job for job in waiting if job.id == place.job_id)
                    self.starts.append((started, waiting, before))
        return versions


def test_fifty_jobs_of_twenty_users(world: World) -> None:
    dice = random.Random(7)
    for sheet in range(1, SHEETS + 1):
        world.has_rows(sheet, *(f"Firm {sheet} {n}" for n in range(4)))
    recorder = Recorder(world.documents, world)
    world.documents = recorder
    for number in range(50):
        user = number % 20
        person = Person(f"user-{user}", f"user-{user}@example.com", "a-script")
        world.clock.advance(1)
        world.create(dice.randint(1, SHEETS), person=person, priority=dice.choice(PRIORITIES))
        if number % 7 == 0:
            world.admit()
    world.run_until_quiet()
    assert Counter(job.status for job in world.jobs()) == {Status.COMPLETED: 50}
    assert len(recorder.starts) == 50
    assert max(map(len, recorder.places)) == PLACES
    assert all(len({place.sheet for place in places}) == len(places) for places in recorder.places)
    for started, waiting, taken in recorder.starts:
        busy = {place.sheet for place in taken}
        passed = [job.id for job in waiting if order(job) < order(started) and job.place not in busy]
        assert not passed, f"{started.id} started before {passed}"


def test_a_waiting_job_knows_its_place_and_a_changed_priority_moves_it(world: World) -> None:
    for sheet in range(1, 7):
        world.has_rows(sheet, "Acme")
    ids = []
    for sheet in range(1, 7):
        world.clock.advance(1)
        ids += world.create(sheet)
    world.admit()

    def places() -> list[int | None]:
        views = Viewer(world.documents, world.clock, ANA.sub).views([world.job(job_id) for job_id in ids])
        return [view.place for view in views]

    assert places() == [None, None, None, 1, 2, 3]
    moved = move_job.change_settings(
        ANA,
        ids[5],
        priority="high",
        budget_microusd=None,
        documents=world.documents,
        clock=world.clock,
        prices={},
    )
    assert moved.did == "Changed."
    assert places() == [None, None, None, 2, 3, 1]


def test_a_place_is_told_behind_any_number_of_others_and_live_runs_are_not_among_them(world: World) -> None:
    for sheet in range(1, 7):
        world.has_rows(sheet, "Acme")
    for sheet in range(1, 4):
        world.create(sheet)
    world.admit()
    (first,) = world.create(4)
    world.clock.advance(1)
    live = []
    for sheet in (5, 6):
        live += world.create(sheet, kind="live", max_rows=1)
        world.clock.advance(1)
    crowd = [replace(world.job(first), id=f"c{n}", created_at=world.clock.now() + n) for n in range(700)]
    for start in range(0, len(crowd), 100):
        world.documents.commit([Create(job_key(j.id), job_to_data(j)) for j in crowd[start : start + 100]])
    world.clock.advance(1_000)
    (last,) = world.create(4)
    world.clock.advance(1)
    (hurried,) = world.create(4, priority="high")
    jobs = [world.job(job_id) for job_id in (last, "c350", first, *live, "c7", "c8", hurried)]
    views = Viewer(world.documents, world.clock, ANA.sub).views(jobs)
    assert [view.place for view in views] == [703, 353, 2, 1, 2, 10, 11, 1]


def test_several_sheets_at_once_make_a_job_each_or_none(world: World) -> None:
    world.has_rows(1, "Acme")
    world.has_rows(2, "Bolt")
    ids = world.create(1, 2, key="one")
    assert [world.job(job_id).sheet_id for job_id in ids] == [1, 2]
    assert world.create(1, 2, key="one") == ids
    world.has_rows(3)
    with pytest.raises(Invalid, match="no rows"):
        world.create(2, 3)
    assert len(world.jobs()) == 2


@pytest.mark.parametrize("nth", range(1, 5))
def test_the_same_call_twice_at_once_is_not_refused_for_the_job_that_it_made(world: World, nth: int) -> None:
    """Whatever the second one finds in its way is the first one's job: a full line, a busy tab."""
    world.has_rows(1, "Acme")

    def wish(documents: Documents, **wish: Any) -> list[str]:
        limits = JobLimits("a-model", "fake", {}, max_waiting=1)
        asked = Wish(BOOK, (1,), "case_a", mode="all", **wish)
        return create_jobs(
            ANA, asked, "key", documents=documents, sheets=world.sheets, clock=world.clock, limits=limits
        )

    first: list[str] = []
    fate = Fate("read", nth, "meanwhile", lambda: first.extend(wish(world.documents)))
    second = wish(world._ports(fate)[0])
    assert second == first or not first
    with pytest.raises(Invalid, match="another request"):
        wish(world.documents, start_row=3)
    assert len(world.jobs()) == 1


def test_a_job_ahead_of_its_time_and_one_that_follows_wait(world: World) -> None:
    world.has_rows(1, "Acme")
    world.has_rows(2, "Bolt")
    days = 800 * 86_400.0
    (later,) = world.create(1, run_at=world.clock.now() + days)
    (follower,) = world.create(2, depends_on=(later,))
    world.sweep()
    assert not world.queue.tasks
    world.clock.advance(days)
    world.sweep()
    assert world.job(later).status is Status.RUNNING
    assert world.job(follower).reason == "depends"
    world.run_until_quiet()
    assert world.job(follower).status is Status.COMPLETED
    assert (world.job(later).ended_at or 0) <= (world.job(follower).started_at or 0)


def test_all_of_a_long_line_is_looked_at(world: World) -> None:
    """Five hundred that wait for a paused job do not hide one whose dependency has completed."""
    world.has_rows(1, "Acme")
    world.has_rows(2, "Bolt")
    (paused,) = world.create(1)
    world.move("pause", paused)
    (first,) = world.create(2)
    blocked = replace(world.job(first), depends_on=(paused,), reason="depends")
    copies = [replace(blocked, id=f"b{n}", created_at=float(n)) for n in range(501)]
    for start in range(0, len(copies), 100):
        world.documents.commit([Create(job_key(j.id), job_to_data(j)) for j in copies[start : start + 100]])
    (free,) = world.create(1, depends_on=(first,))
    world.admit()
    world.deliver_next()
    assert world.job(free).status is Status.RUNNING
    assert world.job("b0").reason == "depends"


class Counting:
    """The store, and how many documents its queries gave."""

    def __init__(self, documents: Documents) -> None:
        self._documents, self.given = documents, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def query(self, *args: Any, **named: Any) -> Any:
        found = self._documents.query(*args, **named)
        self.given += len(found.documents)
        return found


def test_who_waits_for_a_time_or_for_a_place_that_is_taken_is_not_read_to_start_others(world: World) -> None:
    """Any number may wait: what a start or a sweep costs does not grow with them."""
    for sheet in range(1, 7):
        world.has_rows(sheet, "Acme")
    for sheet in range(1, 4):
        world.create(sheet)
    world.admit()
    (waits,) = world.create(4)
    (timed,) = world.create(5, run_at=world.clock.now() + 3_600)
    crowd = [replace(world.job(j), id=f"{j}-{n}") for j in (waits, timed) for n in range(250)]
    for first in range(0, len(crowd), 100):
        world.documents.commit([Create(job_key(j.id), job_to_data(j)) for j in crowd[first : first + 100]])
    world.documents = counting = Counting(world.documents)
    world.sweep()
    assert counting.given == 0
    (live,) = world.create(6, kind="live", max_rows=1)
    assert world.admit() == [live]
    assert counting.given == 1
