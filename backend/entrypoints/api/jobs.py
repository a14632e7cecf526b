"""Jobs: create, list, read, change, and the moves of a single one."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

from backend.domain.job import Job
from backend.entrypoints import views
from backend.entrypoints.payloads.jobs import (
    EventGiven,
    EventsGiven,
    EventsQuery,
    JobDetailGiven,
    JobGiven,
    JobPatch,
    JobsAsked,
    JobsGiven,
    JobsQuery,
    MoveGiven,
    RetryAsked,
)
from backend.entrypoints.payloads.rows import RECEIPT_ID, PageGiven, RowsGiven, RowsQuery
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.wishes import wish
from backend.errors import NotFound, TryLater
from backend.usecases import move_job
from backend.usecases.admit_jobs import admit_jobs
from backend.usecases.create_job import create_jobs
from backend.usecases.import_records import origin_of
from backend.usecases.move_job import Moved
from backend.usecases.read_jobs import Viewer, list_jobs, read_job
from backend.usecases.read_page import page_used
from backend.usecases.read_rows import receipts
from backend.usecases.records import EVENTS
from backend.usecases.undo_job import undo_job

_RECEIPT_ID = re.compile(RECEIPT_ID)


def given(call: Call, found: list[Job]) -> list[JobGiven]:
    """Jobs as the caller sees them."""
    viewer = Viewer(call.service.documents, call.service.clock, call.who.sub)
    return [views.job_given(view, call.who.sub) for view in viewer.views(found)]


def admit(call: Call) -> None:
    """A move may have freed a place or filled the line."""
    service = call.service
    # What was asked for is done by now; a place that the busy store did not give, the next sweep gives.
    with contextlib.suppress(TryLater):
        admit_jobs(
            documents=service.documents,
            queue=service.queue,
            clock=service.clock,
            places=service.settings.max_running_jobs,
            live_places=service.settings.live_places,
        )


def create(call: Call) -> JobsGiven:
    body: JobsAsked = call.body
    asked = wish(
        body,
        *body.sheet_ids,
        kind=body.kind,
        priority=body.priority,
        run_at=body.run_at.timestamp() if body.run_at else None,
        depends_on=tuple(body.depends_on),
    )
    service = call.service
    ids = create_jobs(
        call.who,
        asked,
        call.idempotency_key,
        documents=service.documents,
        sheets=service.sheets,
        clock=service.clock,
        limits=service.job_limits,
    )
    admit(call)
    return JobsGiven(jobs=given(call, [read_job(service.documents, job_id) for job_id in ids]))


def list_page(call: Call) -> JobsGiven:
    query: JobsQuery = call.query
    found, cursor = list_jobs(
        call.service.documents,
        query.spreadsheet_id,
        status=query.status,
        recipe=query.recipe,
        sheet_id=query.sheet_id,
        limit=query.limit,
        cursor=query.cursor,
    )
    return JobsGiven(jobs=given(call, found), cursor=cursor)


def read(call: Call) -> JobDetailGiven:
    origin = origin_of(call.service.documents, call.of.spreadsheet_id, call.of.sheet_id)
    told = given(call, [call.of])[0]
    return JobDetailGiven(**dict(told), uploaded_as=origin.kind if origin else None)


def change(call: Call) -> MoveGiven:
    body: JobPatch = call.body
    moved = move_job.change_settings(
        call.who,
        call.of.id,
        priority=body.priority,
        budget_microusd=body.budget_microusd,
        documents=call.service.documents,
        clock=call.service.clock,
        prices=call.service.settings.all_prices,
    )
    return _moved(call, moved)


def move(name: str) -> Callable[[Call], MoveGiven]:
    """The handler of a simple move."""
    moves = {"pause": move_job.pause, "resume": move_job.resume, "cancel": move_job.cancel}

    def handler(call: Call) -> MoveGiven:
        moved = moves[name](call.who, call.of.id, documents=call.service.documents, clock=call.service.clock)
        return _moved(call, moved)

    return handler


def retry(call: Call) -> MoveGiven:
    moved = move_job.retry(
        call.who,
        call.of.id,
        call.body.error_class,
        documents=call.service.documents,
        clock=call.service.clock,
    )
    return _moved(call, moved)


def undo(call: Call) -> MoveGiven:
    service = call.service
    made = undo_job(call.who, call.of.id, documents=service.documents, clock=service.clock)
    return _moved(call, Moved(made, "In line: it puts back what the cells held, where nobody typed since."))


def delete(call: Call) -> None:
    move_job.delete(call.of.id, documents=call.service.documents)


def read_rows(call: Call) -> RowsGiven:
    query: RowsQuery = call.query
    found, cursor = receipts(
        call.service.documents,
        call.of,
        status=query.status,
        error_class=query.error_class,
        limit=query.limit,
        cursor=query.cursor,
    )
    return RowsGiven(rows=[views.receipt_given(call.of, receipt) for receipt in found], cursor=cursor)


def read_page(call: Call) -> PageGiven:
    if not _RECEIPT_ID.fullmatch(call.path["receipt_id"]):
        raise NotFound("There is no such row in this job.")
    service = call.service
    page = page_used(
        call.of,
        call.path["receipt_id"],
        documents=service.documents,
        standin=service.batch_settings.standin_web,
    )
    return PageGiven(
        url=page.url,
        pages_read=list(page.pages_read),
        title=page.title,
        read_at=views.at(page.read_at),
        text=page.text,
    )


def read_events(call: Call) -> EventsGiven:
    query: EventsQuery = call.query
    found = call.service.documents.query(
        EVENTS, {"job_id": call.of.id}, limit=query.limit, cursor=query.cursor
    )
    events = [
        EventGiven(at=views.at(d.data["at"]), who=d.data["who"], what=d.data["what"], why=d.data.get("why"))
        for d in found.documents
    ]
    return EventsGiven(events=events, cursor=found.cursor)


def _moved(call: Call, moved: Moved) -> MoveGiven:
    admit(call)
    return MoveGiven(job=given(call, [read_job(call.service.documents, moved.job.id)])[0], did=moved.did)


_JOB = "/api/jobs/<job_id>"

ROUTES = (
    Route("POST", "/api/jobs", Guard.SPREADSHEET, create, "Creates a job for each chosen tab.",
          asks=JobsAsked, gives=JobsGiven, status=201, keyed=True, sheets=True),
    Route("GET", "/api/jobs", Guard.SPREADSHEET, list_page, "A spreadsheet's jobs, newest first.",
          query=JobsQuery, gives=JobsGiven),
    Route("GET", _JOB, Guard.JOB, read, "One job.", gives=JobDetailGiven),
    Route("PATCH", _JOB, Guard.JOB, change, "Changes priority or budget.", asks=JobPatch, gives=MoveGiven),
    Route("DELETE", _JOB, Guard.JOB, delete, "Removes an ended job, and everything of it.", status=204),
    Route("POST", f"{_JOB}/pause", Guard.JOB_OR_CREATOR, move("pause"), "Stops a job so that it can go on.",
          gives=MoveGiven),
    Route("POST", f"{_JOB}/resume", Guard.JOB, move("resume"), "Lets a paused job go on.", gives=MoveGiven),
    Route("POST", f"{_JOB}/cancel", Guard.JOB_OR_CREATOR, move("cancel"), "Ends a job; what is done stays.",
          gives=MoveGiven),
    Route("POST", f"{_JOB}/retry", Guard.JOB, retry, "Takes again what failed or was left.",
          asks=RetryAsked, gives=MoveGiven),
    Route("POST", f"{_JOB}/undo", Guard.JOB, undo, "Makes a job that puts back what the cells held.",
          gives=MoveGiven, status=201),
    Route("GET", f"{_JOB}/rows", Guard.JOB, read_rows, "A receipt for each row.",
          query=RowsQuery, gives=RowsGiven),
    Route("GET", f"{_JOB}/rows/<receipt_id>/page", Guard.JOB, read_page,
          "The website's text that a row was asked with.", gives=PageGiven),
    Route("GET", f"{_JOB}/events", Guard.JOB, read_events, "Who did what, when and why.",
          query=EventsQuery, gives=EventsGiven),
)  # fmt: skip
