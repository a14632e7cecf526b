"""Progress for the open sidebar: polled directly by the page, with a read-only token."""

from __future__ import annotations

from functools import partial

from flask import Response, request

from backend.entrypoints import views
from backend.entrypoints.payloads.watch import WatchGiven, WatchQuery
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.service import Service
from backend.usecases.read_rows import Receipt
from backend.usecases.watch_jobs import Watched, count_by_status, watch_jobs

#: Longest time that a request waits for a change, and how often it looks: while a job moves, and else.
WAIT_S = 20.0
BUSY_LOOK_S = 0.4
IDLE_LOOK_S = 1.0
#: Between two answers; the waiting itself is done here.
POLL_S = 0.2
#: The same for who has no seat to wait in, and whole seconds, as a header has them.
BUSY_POLL_S = 1
IDLE_POLL_S = 5


def watch(call: Call) -> Response:
    service = call.service
    query: WatchQuery = call.query
    known = request.headers.get("If-None-Match", "").strip('W/" ')
    sub = call.watcher.sub if call.watcher else ""
    look = partial(watch_jobs, query.spreadsheet_id, sub, documents=service.documents, clock=service.clock)
    until, ending = service.clock.monotonic() + WAIT_S, service.process.ending
    with service.waiting.seat(sub) as may_wait:
        watched = look()
        # A process that is to end would be killed over its waiting pages, and they would see an error.
        while watched.tag == known and may_wait and service.clock.monotonic() < until and not ending.is_set():
            service.clock.sleep(BUSY_LOOK_S if watched.busy else IDLE_LOOK_S)
            watched = look()
    away_s = POLL_S if may_wait else BUSY_POLL_S if watched.busy else IDLE_POLL_S
    if watched.tag == known:
        response = Response(status=304, headers={} if may_wait else {"Retry-After": str(away_s)})
    else:
        given = _given(service, watched, query.spreadsheet_id, sub, away_s)
        response = Response(given.model_dump_json(), content_type="application/json")
    response.headers["ETag"] = f'"{watched.tag}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def preflight(_call: Call) -> Response:
    """Browsers ask before they send an Authorization header to another origin; `cors` answers them."""
    return Response(status=204)


def _given(service: Service, watched: Watched, spreadsheet_id: str, sub: str, poll_s: float) -> WatchGiven:
    return WatchGiven(
        now=views.at(service.clock.now()),
        jobs=[views.job_given(view, sub) for view in watched.jobs],
        by_status=count_by_status(spreadsheet_id, documents=service.documents),
        live_rows=[
            views.receipt_given(job, Receipt(None, result, None, None)) for job, result in watched.live
        ],
        poll_s=poll_s,
    )


ROUTES = (
    Route("GET", "/api/watch", Guard.WATCH, watch, "What the open sidebar shows; waits for a change.",
          query=WatchQuery, gives=WatchGiven),
    Route("OPTIONS", "/api/watch", Guard.PUBLIC, preflight, "The browser's question before polling."),
)  # fmt: skip
