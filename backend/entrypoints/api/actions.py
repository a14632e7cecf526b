"""One action on many jobs: by ids, or everything that matches a filter; with a result for each."""

from __future__ import annotations

from backend.entrypoints.api.jobs import admit
from backend.entrypoints.payloads.actions import ActionResult, ActionsAsked, ActionsGiven, JobFilter
from backend.entrypoints.routing import Call, Guard, Route
from backend.errors import Invalid, Rejected
from backend.usecases import move_job
from backend.usecases.read_jobs import list_jobs, read_job

#: Jobs that one call acts on.
MOST = 500
#: Jobs looked at together.
PAGE = 200
DAY_S = 86_400


def act(call: Call) -> ActionsGiven:
    body: ActionsAsked = call.body
    if (body.ids is None) == (body.filter is None):
        raise Invalid("Name either ids or a filter.", {"ids": "either this", "filter": "or this"})
    chosen, cursor = (body.ids, None) if body.ids is not None else _matching(call, body)
    results = [_one(call, body.action, job_id) for job_id in chosen]
    admit(call)
    return ActionsGiven(results=results, cursor=cursor)


def _matching(call: Call, body: ActionsAsked) -> tuple[list[str], str | None]:
    """Ids of the spreadsheet's jobs that match, newest first, up to `MOST`; and where the others begin."""
    wanted = body.filter or JobFilter()
    before = call.service.clock.now() - (wanted.older_than_days or 0) * DAY_S
    cursor = body.cursor
    chosen: list[str] = []
    while True:
        page, cursor = list_jobs(
            call.service.documents,
            body.spreadsheet_id,
            status=wanted.status,
            recipe=wanted.recipe,
            sheet_id=wanted.sheet_id,
            limit=min(PAGE, MOST - len(chosen)),
            cursor=cursor,
        )
        chosen += [
            job.id
            for job in page
            if wanted.older_than_days is None or (job.ended_at or job.created_at) <= before
        ]
        if cursor is None or len(chosen) == MOST:
            return chosen, cursor


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
