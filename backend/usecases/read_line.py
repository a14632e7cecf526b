"""Places in line, told by counting: any number may wait, and a place costs a count or two."""

from __future__ import annotations

from collections.abc import Sequence

from backend.domain import line
from backend.domain.job import IN_LINE, Job, Status
from backend.ports import Documents, Json
from backend.usecases.records import JOBS_IN_LINE, JOBS_OF_KIND_IN_LINE, job_from_data

#: Live runs that wait: a person watches each, so there are a few.
LIVE = 200


def places_in_line(waiting: Sequence[Job], documents: Documents) -> dict[str, int]:
    """Job id → place among those of its kind, 1 for whoever is next. `waiting` are in line, or would be."""
    live = _live(documents) if waiting else []
    places = {
        job.id: 1 + sum(line.order(other) < line.order(job) for other in live)
        for job in waiting
        if job.kind == "live"
    }

    def ahead(priority: str, before: float | None = None) -> int:
        """Of one priority, all or those that came before a time; live runs are not in their way."""
        values: dict[str, Json] = {"status": str(Status.PENDING), "priority": priority, "reason": IN_LINE}
        return documents.count(JOBS_IN_LINE, values, high=before) - sum(
            job.priority == priority and (before is None or job.created_at < before) for job in live
        )

    def numbers(priority: str, here: Sequence[Job]) -> list[int]:
        return line.numbers_in_line(len(here), lambda at: ahead(priority, here[at].created_at))

    left = [job for job in waiting if job.kind != "live"]
    above = 0
    for priority in line.PRIORITIES:
        if not left:
            break
        here = sorted((job for job in left if job.priority == priority), key=line.order)
        left = [job for job in left if job.priority != priority]
        for job, number in zip(here, numbers(priority, here), strict=True):
            places[job.id] = above + number + 1
        above += ahead(priority) if left else 0
    return places


def _live(documents: Documents) -> list[Job]:
    values: dict[str, Json] = {"status": str(Status.PENDING), "kind": "live", "reason": IN_LINE}
    found = documents.query(JOBS_OF_KIND_IN_LINE, values, limit=LIVE)
    return [job_from_data(document.data) for document in found.documents]
