"""The worker's routes: a batch, and the sweep. Called by Cloud Tasks and Cloud Scheduler alone."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import asdict

from flask import Response, g

from backend.entrypoints.api.jobs import admit
from backend.entrypoints.payloads.tasks import BatchAsked
from backend.entrypoints.routing import Call, Guard, Route
from backend.errors import TryLater
from backend.usecases.clean_up import clean_up
from backend.usecases.run_batch import run_batch
from backend.usecases.run_schedules import run_schedules
from backend.usecases.sweep import sweep

log = logging.getLogger(__name__)


def batch(call: Call) -> Response:
    """Answers 200 whatever became of the batch: an error here would slow the whole queue."""
    service = call.service
    body: BatchAsked = call.body
    report = run_batch(
        body.job_id,
        body.enqueue_no,
        documents=service.documents,
        queue=service.queue,
        sheets=service.sheets,
        model=service.model,
        vault=service.vault,
        pages=service.pages,
        clock=service.clock,
        process=service.process,
        settings=service.batch_settings,
        trace_id=g.trace,
    )
    log.info(
        "A batch ended.",
        extra={"action": "batch_ended", **asdict(report), "seconds": round(report.seconds, 3)},
    )
    if report.outcome not in ("ignored", "more", "lease_lost", "store_busy"):
        with contextlib.suppress(TryLater):  # the next sweep does the same
            sweep_and_admit(call)
    return Response('{"ok":true}', content_type="application/json")


def sweep_and_admit(call: Call) -> None:
    """A job that ended may free a place and release those that waited for it."""
    service = call.service
    swept = sweep(
        documents=service.documents,
        queue=service.queue,
        clock=service.clock,
        times=service.batch_settings.lease,
    )
    admit(call)
    if swept.enqueued or swept.released or swept.failed or swept.due:
        log.info(
            "The sweep set jobs going again.",
            extra={
                "action": "swept",
                "enqueued": swept.enqueued,
                "released": swept.released,
                "failed": swept.failed,
                "due": swept.due,
            },
        )


def swept(call: Call) -> Response:
    service = call.service
    # First what keeps running jobs going: whatever may fail below must not stand in its way.
    sweep_and_admit(call)
    ran = run_schedules(
        documents=service.documents,
        clock=service.clock,
        calendar=service.calendar,
        limits=service.job_limits,
    )
    if ran.started:
        admit(call)
    cleaned = clean_up(
        documents=service.documents, clock=service.clock, history_days=service.settings.history_days
    )
    if ran.started or ran.skipped or ran.stopped:
        log.info(
            "Schedules were due.",
            extra={"action": "schedules_ran", **asdict(ran)},
        )
    if cleaned.jobs or cleaned.expired:
        log.info("Old jobs and documents were removed.", extra={"action": "cleaned_up", **asdict(cleaned)})
    return Response('{"ok":true}', content_type="application/json")


ROUTES = (
    Route("POST", "/tasks/batches", Guard.QUEUE, batch, "Runs a batch of a job.", asks=BatchAsked),
    Route(
        "POST",
        "/tasks/sweep",
        Guard.SCHEDULER,
        swept,
        "Sets going what a crash or the time left undone.",
    ),
)
