"""Who is next: priority, then first come; at most so many at once, at most one on a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.job import Job

PRIORITIES = ("high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Place:
    """One running place that is taken. `sheet` is `Job.place`."""

    job_id: str
    sheet: str
    kind: str


def order(job: Job) -> tuple[int, float, str]:
    """Sorts a line: smaller goes first."""
    return (PRIORITIES.index(job.priority), job.created_at, job.id)


def in_line(job: Job, now: float) -> bool:
    """Whether a pending job waits for nothing but a place."""
    return job.status == "PENDING" and job.reason != "depends" and (job.run_at is None or job.run_at <= now)


def next_to_start(
    waiting: Sequence[Job], taken: Sequence[Place], now: float, *, places: int, live_places: int
) -> Job | None:
    """The first in line whose sheet is free and whose kind has a free place; None when nobody may start.

    A job whose sheet is busy lets those behind it pass: a place never stays empty for its sake.
    """
    busy = {place.sheet for place in taken}
    free = {
        "live": live_places - sum(1 for place in taken if place.kind == "live"),
        "background": places - sum(1 for place in taken if place.kind != "live"),
    }
    for job in sorted(waiting, key=order):
        kind = "live" if job.kind == "live" else "background"
        if in_line(job, now) and free[kind] > 0 and job.place not in busy:
            return job
    return None


def place_in_line(job: Job, waiting: Sequence[Job], now: float) -> int:
    """1 is next; counts those of the same kind of place that go before it."""
    live = job.kind == "live"
    ahead = [
        o
        for o in waiting
        if o.id != job.id and (o.kind == "live") == live and in_line(o, now) and order(o) < order(job)
    ]
    return len(ahead) + 1
