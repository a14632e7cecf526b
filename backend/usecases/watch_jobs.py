"""What the open sidebar shows of a spreadsheet's jobs, in one small answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from backend.domain.job import ENDED, Job, Status
from backend.domain.results import Result
from backend.ports import Clock, Documents
from backend.usecases.read_jobs import JobView, Viewer
from backend.usecases.read_rows import newest_results
from backend.usecases.records import job_from_data, jobs_of

#: Jobs of each state that are shown; the list of jobs has the rest.
SHOWN = 20
#: An ended job is still shown for so long, so that its end is seen.
ENDED_SHOWN_S = 600.0
LIVE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Watched:
    """`tag` changes whenever something that is shown does; rates and times alone do not change it."""

    tag: str
    jobs: list[JobView]
    live: list[tuple[Job, Result]]
    busy: bool


def watch_jobs(spreadsheet_id: str, sub: str, *, documents: Documents, clock: Clock) -> Watched:
    """Running, stopping and paused jobs first, then waiting ones, then those that ended just now."""
    found: dict[str, Job] = {}
    for status in (Status.RUNNING, Status.PAUSED, Status.PENDING):
        values = {"spreadsheet_id": spreadsheet_id, "status": str(status)}
        for document in documents.query(jobs_of(("status",)), values, limit=SHOWN).documents:
            found[document.key.id] = job_from_data(document.data)
    newest = documents.query(jobs_of(()), {"spreadsheet_id": spreadsheet_id}, limit=SHOWN).documents
    for document in newest:
        job = job_from_data(document.data)
        if job.status in ENDED and (job.ended_at or 0) > clock.now() - ENDED_SHOWN_S:
            found[job.id] = job
    views = Viewer(documents, clock, sub).views(list(found.values()))
    live = [
        (view.job, result)
        for view in views
        if view.job.kind == "live"
        for result in newest_results(documents, view.job, LIVE_ROWS)
    ]
    busy = any(view.job.status is Status.RUNNING for view in views)
    return Watched(_tag(views), views, live, busy)


def count_by_status(spreadsheet_id: str, *, documents: Documents) -> dict[str, int]:
    """How many jobs of the spreadsheet are in each state."""
    query = jobs_of(("status",))
    return {
        str(status): documents.count(query, {"spreadsheet_id": spreadsheet_id, "status": str(status)})
        for status in Status
    }


def _tag(views: list[JobView]) -> str:
    shown = [
        [
            view.job.id,
            view.job.status,
            view.job.reason,
            view.job.stopping,
            view.job.priority,
            view.job.budget_microusd,
            view.job.attempt,
            view.place,
            view.in_flight,
            sorted(view.counts.items()),
            view.cost_microusd,
        ]
        for view in views
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:20]
