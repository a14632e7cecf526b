"""One action on many jobs: by ids, or everything that matches a filter; with a result for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from backend.entrypoints.api.jobs import admit
from backend.entrypoints.payloads.actions import ActionResult, ActionsAsked, ActionsGiven, JobFilter
from backend.entrypoints.routing import Call, Guard, Route
from backend.errors import Invalid, Rejected
from backend.usecases import move_job
from backend.usecases.read_jobs import list_jobs, read_job

#: Jobs that one call acts on.
MOST = 500
DAY_S = 86_400


def act(call: Call) -> ActionsGiven:
    body: ActionsAsked = call.body
    if (body.ids is None) == (body.filter is None):
        raise Invalid("Name either ids or a filter.", {"ids": "either this", "filter": "or this"})
    chosen = body.ids if body.ids is not None else list(islice(_matching(call, body), MOST + 1))
    results = [_one(call, body.action, job_id) for job_id in chosen[:MOST]]
    admit(call)
    return ActionsGiven(results=results, more=len(chosen) > MOST)


def _matching(call: Call, body: ActionsAsked) -> Iterator[str]:
    """Ids of the spreadsheet's jobs that match, newest first."""
    wanted = body.filter or JobFilter()
    before = call.service.clock.now() - (wanted.older_than_days or 0) * DAY_S
    cursor: str | None = None
    while True:
        page, cursor = list_jobs(
            call.service.documents,
            body.spreadsheet_id,
            status=wanted.status,
            recipe=wanted.recipe,
            sheet_id=wanted.sheet_id,
            limit=200,
            cursor=cursor,
        )
        for job in page:
            if wanted.older_than_days is None or (job.ended_at or job.created_at) <= before:
                yield job.id
        if cursor is None:
            return


def _one(call: Call, action: str, job_id: str) -> ActionResult:
    documents, clock = call.service.documents, call.service.clock
    try:
        if read_job(documents, job_id).spreadsheet_id != call.body.spreadsheet_id:
            return ActionResult(id=job_id, ok=False, sentence="There is no such job.")
        match action:
            case "pause":
                did = move_job.pause(call.who, job_id, documents=documents, clock=clock).did
            case "resume":
                did = move_job.resume(call.who, job_id, documents=documents, clock=clock).did
            case "cancel":
                did = move_job.cancel(call.who, job_id, documents=documents, clock=clock).did
            case "retry":
                did = move_job.retry(call.who, job_id, None, documents=documents, clock=clock).did
            case "delete":
                move_job.delete(job_id, documents=documents)
                did = "Deleted."
            case _:
                return ActionResult(id=job_id, ok=False, sentence="Undo one job at a time.")
    except Rejected as refused:
        return ActionResult(id=job_id, ok=False, sentence=refused.message)
    return ActionResult(id=job_id, ok=True, sentence=did)


ROUTES = (
    Route(
        "POST",
        "/api/jobs/actions",
        Guard.SPREADSHEET,
        act,
        "One action on many jobs of a spreadsheet.",
        asks=ActionsAsked,
        gives=ActionsGiven,
    ),
)
