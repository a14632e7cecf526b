"""What the open sidebar shows of a spreadsheet's jobs, in one small answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from backend.domain.job import IN_LINE, Job, Status
from backend.domain.results import Result
from backend.ports import Clock, Documents
from backend.usecases.read_jobs import JobView, Viewer
from backend.usecases.read_rows import newest_results
from backend.usecases.records import JOBS_OF_SPREADSHEET_BY_END, job_from_data, jobs_of

#: Jobs of each state that are shown; the list of jobs has the rest.
SHOWN = 20
#: An ended job is still shown for so long, so that its end is seen.
ENDED_SHOWN_S = 600.0
LIVE_ROWS = 100
#: Running ones first, then those that wait for somebody, then those in line; the ended ones follow.
_ORDER = {Status.RUNNING: 0, Status.PAUSED: 1, Status.PENDING: 2}


@dataclass(frozen=True, slots=True)
class Watched:
    """`tag` changes whenever something that is shown does; rates and times alone do not change it."""

    tag: str
    jobs: list[JobView]
    live: list[tuple[Job, Result]]
    #: Whether news is to be expected at any moment.
    busy: bool


def watch_jobs(spreadsheet_id: str, sub: str, *, documents: Documents, clock: Clock) -> Watched:
    """Running, stopping and paused jobs first, then waiting ones, then those that ended just now."""
    found = _shown_jobs(spreadsheet_id, documents, since=clock.now() - ENDED_SHOWN_S)
    views = Viewer(documents, clock, sub).views(found)
    live = [
        (view.job, result)
        for view in views
        if view.job.kind == "live"
        for result in newest_results(documents, view.job, LIVE_ROWS)
    ]
    return Watched(_tag(views), views, live, busy=any(_moves(view.job) for view in views))


def _shown_jobs(spreadsheet_id: str, documents: Documents, since: float) -> list[Job]:
    """Asked for in the order of a job's life: one that goes on meanwhile is found, and found once."""
    values = {"spreadsheet_id": spreadsheet_id}
    found: dict[str, Job] = {}
    for status in (Status.PENDING, Status.RUNNING, Status.PAUSED):
        page = documents.query(jobs_of(("status",)), {**values, "status": str(status)}, limit=SHOWN)
        found |= {document.key.id: job_from_data(document.data) for document in page.documents}
    ended = documents.query(JOBS_OF_SPREADSHEET_BY_END, values, low=since, limit=SHOWN)
    found |= {document.key.id: job_from_data(document.data) for document in ended.documents}
    return sorted(found.values(), key=lambda job: _ORDER.get(job.status, len(_ORDER)))


def _moves(job: Job) -> bool:
    """Whether news of it is to be expected at any moment."""
    return job.status is Status.RUNNING or (job.status is Status.PENDING and job.reason == IN_LINE)


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
            view.job.undone_by,
            view.place,
            view.in_flight,
            sorted(view.counts.items()),
            view.cost_microusd,
        ]
        for view in views
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:20]
