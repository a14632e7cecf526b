"""Who is next: priority, then first come; at most so many at once, at most one on a sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.domain.job import IN_LINE, Job

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
    return job.status == "PENDING" and job.reason == IN_LINE and (job.run_at is None or job.run_at <= now)


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


def numbers_in_line(length: int, ahead_of: Callable[[int], int]) -> list[int]:
    """How many are ahead of each of `length` jobs in order, asking for as few of them as will tell.

    Between two with nobody else between them the others are counted up; where somebody is, the middle one is
    asked for, and so on.
    """
    if not length:
        return []
    known = {at: ahead_of(at) for at in {0, length - 1}}

    def fill(first: int, last: int) -> None:
        if known[last] - known[first] == last - first:
            known.update({at: known[first] + at - first for at in range(first, last)})
        elif last - first > 1:
            middle = (first + last) // 2
            known[middle] = ahead_of(middle)
            fill(first, middle)
            fill(middle, last)

    fill(0, length - 1)
    return [known[at] for at in range(length)]
