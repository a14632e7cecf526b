"""A running job is asked to stop: it says how many calls it waits for, and what they bring is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from backend.domain.job import Status
from backend.errors import RowFailed
from backend.usecases.read_jobs import JobView, Viewer
from tests.usecases.world import ANA, World

CUT = RowFailed("model_error", "The connection to the model was cut.", transient=True)
NAMES = ("Acme", "Bolt", "Cora", "Dale", "Ergo")
IN_FLIGHT = 3


def until(holds: Callable[[], bool], within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def seen(world: World, job_id: str) -> JobView:
    return Viewer(world.documents, world.clock, ANA.sub).views([world.job(job_id)])[0]


@pytest.mark.parametrize(("move", "left"), [("pause", Status.PAUSED), ("cancel", Status.CANCELLED)])
def test_a_job_that_stops_shows_the_calls_in_flight_and_keeps_their_answers(
    world: World, move: str, left: Status
) -> None:
    world.settings = replace(world.settings, in_flight=IN_FLIGHT)
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    world.admit()
    answered = threading.Event()
    world.model.answers_after(answered)
    worker = threading.Thread(target=world.deliver_next)
    worker.start()
    try:
        until(lambda: world.model.asked.total() == IN_FLIGHT)
        assert (world.move(move, job_id) or "").startswith("It is stopping")
        assert world.job(job_id).stopping == move
        until(lambda: seen(world, job_id).in_flight == IN_FLIGHT)
    finally:
        answered.set()
        worker.join()
    view = seen(world, job_id)
    assert (view.job.status, view.job.stopping, view.in_flight) == (left, None, 0)
    assert view.counts["done"] == IN_FLIGHT
    assert world.model.asked.total() == IN_FLIGHT


@pytest.mark.parametrize("move", ["pause", "cancel"])
def test_a_call_that_is_cut_while_a_job_stops_is_left_for_later_and_not_failed(
    world: World, move: str
) -> None:
    world.settings = replace(world.settings, in_flight=IN_FLIGHT)
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    world.admit()
    answered = threading.Event()
    world.model.answers_after(answered)
    for name in NAMES:
        world.model.fails(name, CUT)
    worker = threading.Thread(target=world.deliver_next)
    worker.start()
    try:
        until(lambda: world.model.asked.total() == IN_FLIGHT)
        world.move(move, job_id)
        until(lambda: seen(world, job_id).in_flight == IN_FLIGHT)
    finally:
        answered.set()
        worker.join()
    counts = world.counts(job_id)
    assert (counts.get("done", 0), counts.get("failed", 0)) == (0, 0)
    world.model.is_mended()
    if move == "pause":
        world.move("resume", job_id)
    else:
        world.move("retry", job_id, None)
    world.admit()
    world.run_until_quiet()
    assert (world.job(job_id).status, world.counts(job_id)["done"]) == (Status.COMPLETED, len(NAMES))
