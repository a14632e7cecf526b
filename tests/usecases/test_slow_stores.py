"""A store that answers slowly: a batch keeps its lease over many reads, and its job ends."""

from __future__ import annotations

from typing import Any

from backend.domain.job import Status
from backend.errors import RowFailed
from tests.usecases.world import World


class Slow:
    """The store, each of whose reads takes a while."""

    def __init__(self, world: World, seconds: float) -> None:
        self._documents, self._clock, self._seconds = world.documents, world.clock, seconds

    def __getattr__(self, name: str) -> Any:
        what = getattr(self._documents, name)
        if name not in ("get", "get_many", "query"):
            return what

        def read(*args: Any, **named: Any) -> Any:
            self._clock.advance(self._seconds)
            return what(*args, **named)

        return read


def test_a_retry_whose_earlier_attempts_take_longer_to_read_than_a_lease_lasts(world: World) -> None:
    world.has_rows(1, *(f"Firm {n}" for n in range(12)))
    world.model.always_fails("Firm 3", RowFailed("model_refused", "It declined."))
    (job_id,) = world.create(1)
    world.run_until_quiet()
    for _ in range(3):
        world.move("retry", job_id, None)
        world.run_until_quiet()
    world.model.is_mended()
    world.move("retry", job_id, None)
    world.admit()
    quick, world.documents = world.documents, Slow(world, world.settings.lease.lease_s / 6)
    began = world.clock.now()
    report = world.deliver_next()
    assert world.clock.now() - began > 2 * world.settings.lease.lease_s
    assert report is not None
    assert report.outcome == "completed"
    world.documents = quick
    assert (world.job(job_id).status, world.counts(job_id)["done"]) == (Status.COMPLETED, 12)
