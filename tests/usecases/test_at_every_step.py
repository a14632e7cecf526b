"""One batch, and one thing that happens at one call of it: every call, every thing, one after the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from backend.domain.job import Status
from backend.domain.results import ROW_STATES
from backend.usecases.records import lease_key
from tests.usecases.world import Fate, Killed, World

NAMES = ("Acme", "Bolt", "", "Cora", "Acme")
#: Port → calls of one batch at most; a fate beyond the last call changes nothing.
CALLS = {"commit": 10, "read": 18, "look": 6, "write": 2, "model": 4, "enqueue": 1}


def a_running_job(world: World) -> str:
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    world.admit()
    return job_id


def check_sums(world: World, job_id: str) -> None:
    """Every row has one state; those that were answered and not placed are counted nowhere else."""
    counts = world.counts(job_id)
    total = world.job(job_id).total or 0
    assert sum(counts.get(state, 0) for state in ROW_STATES) == total, counts
    assert counts.get("answered", 0) == 0, counts
    assert not world.places()


def steps(*ports: str) -> list[tuple[str, int]]:
    return [(port, nth) for port in ports for nth in range(1, CALLS[port] + 1)]


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize(("port", "nth"), steps("commit", "look", "write", "model"))
def test_a_death(world: World, port: str, nth: int, how: str) -> None:
    job_id = a_running_job(world)
    world.deliver_next(Fate(port, nth, how))
    world.clock.advance(60)
    world.run_until_quiet()
    assert world.job(job_id).status is Status.COMPLETED
    check_sums(world, job_id)
    assert (world.counts(job_id)["done"], world.counts(job_id)["skipped"]) == (4, 1)
    assert set(world.model.asked.values()) <= {1, 2}


@pytest.mark.parametrize(
    ("how", "port", "nth"),
    [("busy", *step) for step in steps("commit", "read", "look", "write", "enqueue")]
    + [("doubt", *step) for step in steps("commit", "write", "enqueue")],
)
def test_a_call_that_fails_or_seems_to(world: World, port: str, nth: int, how: str) -> None:
    job_id = a_running_job(world)
    world.deliver_next(Fate(port, nth, how))
    world.clock.advance(60)
    world.run_until_quiet()
    assert world.job(job_id).status is Status.COMPLETED
    check_sums(world, job_id)
    # A claim in doubt costs a lease; nothing that fails once costs a second call to the model.
    assert set(world.model.asked.values()) == {1}


def cancel(world: World, job_id: str) -> None:
    world.move("cancel", job_id)


def pause_then_cancel(world: World, job_id: str) -> None:
    world.move("pause", job_id)
    world.move("cancel", job_id)


def stall(world: World, _job_id: str) -> None:
    """Past the lease: another worker does it all before this one goes on."""
    world.clock.advance(50)
    world.sweep()
    while world.queue.tasks:
        world.deliver_next()


def second_delivery(world: World, _job_id: str) -> None:
    world.sweep()
    for task in list(world.queue.tasks):
        world.deliver(task)


@pytest.mark.parametrize(
    ("other", "port", "nth"),
    [(cancel, *step) for step in steps("commit", "read")]
    + [(other, *step) for other in (pause_then_cancel, stall, second_delivery) for step in steps("commit")],
)
def test_somebody_else_acts_in_between(
    world: World, other: Callable[[World, str], None], port: str, nth: int
) -> None:
    job_id = a_running_job(world)
    world.deliver_next(Fate(port, nth, "meanwhile", lambda: other(world, job_id)))
    world.clock.advance(60)
    world.run_until_quiet()
    assert world.job(job_id).ended
    check_sums(world, job_id)
    assert set(world.model.asked.values()) <= {1, 2}


@pytest.mark.parametrize(("port", "nth"), steps("commit", "read"))
def test_a_cancel_comes_while_the_job_pauses_itself(world: World, port: str, nth: int) -> None:
    job_id = a_running_job(world)
    world.model.refuses("key_refused")
    world.deliver_next(Fate(port, nth, "meanwhile", lambda: cancel(world, job_id)))
    world.run_until_quiet()
    assert world.job(job_id).status in (Status.CANCELLED, Status.PAUSED)
    if world.job(job_id).ended:
        check_sums(world, job_id)


@pytest.mark.parametrize("nth", [1, 2])
def test_a_second_delivery_does_not_take_a_job_that_ended_while_it_looked(world: World, nth: int) -> None:
    """Between its two reads another one is asked to cancel, and ends the job with rows left."""
    job_id = a_running_job(world)
    (task,) = world.queue.tasks

    def another_cancels() -> None:
        cancel(world, job_id)
        world.deliver(task)

    report = world.deliver(task, Fate("read", nth, "meanwhile", another_cancels))
    assert report is not None
    assert report.outcome == "ignored"
    assert world.job(job_id).status is Status.CANCELLED
    assert not world.model.asked
    check_sums(world, job_id)


#: What is promised of any crash, with a sweep a minute.
PROMISED_S, SWEEP_EVERY_S = 90, 60


@pytest.mark.parametrize("swept_after", [1, 14, 16, 24, 26, 59])
@pytest.mark.parametrize(
    ("port", "nth", "how"),
    [("admission: commit", 1, "after"), ("admission: enqueue", 1, "before")]
    + [("commit", nth, how) for nth in range(1, CALLS["commit"] + 1) for how in ("before", "after")],
)
def test_a_job_goes_on_by_itself_in_time(
    world: World, port: str, nth: int, how: str, swept_after: int
) -> None:
    """Whenever it dies and whenever the next sweep comes; nothing else happens that could help it."""
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    if port.startswith("admission"):
        with pytest.raises(Killed):
            world.admit(Fate(port.rpartition(" ")[2], nth, how))
    else:
        world.admit()
        if world.deliver_next(Fate(port, nth, how)) is not None:
            return  # it made fewer calls than that
        world.queue.is_purged()  # a delivery that was cut off may come again: not counted on
    died_at, fence = world.clock.now(), fence_of(world, job_id)
    if how == "before" and fence == 0 and world.job(job_id).status is Status.PENDING:
        return  # nothing of it had begun
    while fence_of(world, job_id) == fence and not world.job(job_id).ended:
        after = world.clock.now() - died_at
        assert after <= PROMISED_S
        if after % SWEEP_EVERY_S == swept_after:
            world.sweep()
        for task in [t for t in world.queue.tasks if t.run_at is None or t.run_at <= world.clock.now()]:
            world.queue.tasks.remove(task)
            world.deliver(task)
            break
        else:
            world.clock.advance(1)


def fence_of(world: World, job_id: str) -> int:
    document = world.documents.get(lease_key(job_id))
    return int(document.data.get("fence", 0)) if document else 0
