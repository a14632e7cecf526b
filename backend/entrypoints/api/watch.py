"""Progress for the open sidebar: polled directly by the page, with a read-only token."""

from __future__ import annotations

from flask import Response, request

from backend.entrypoints import views
from backend.entrypoints.payloads.watch import WatchGiven, WatchQuery
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.service import Service
from backend.usecases.read_rows import Receipt
from backend.usecases.watch_jobs import Watched, count_by_status, watch_jobs

#: Longest time that a request waits for a change, and how often it looks.
WAIT_S = 20.0
LOOK_EVERY_S = 0.5
#: What the page is told to wait before it asks again.
BUSY_POLL_S = 0.2
IDLE_POLL_S = 5.0


def watch(call: Call) -> Response:
    service = call.service
    query: WatchQuery = call.query
    known = request.headers.get("If-None-Match", "").strip('W/" ')
    sub = call.watcher.sub if call.watcher else ""
    until = service.clock.monotonic() + WAIT_S
    with service.waiting.seat(sub) as may_wait:
        while True:
            watched = watch_jobs(query.spreadsheet_id, sub, documents=service.documents, clock=service.clock)
            if watched.tag != known:
                response = Response(
                    _given(service, watched, query.spreadsheet_id, sub).model_dump_json(),
                    content_type="application/json",
                )
                break
            if not may_wait or service.clock.monotonic() >= until:
                response = Response(status=304)
                break
            service.clock.sleep(LOOK_EVERY_S)
    response.headers["ETag"] = f'"{watched.tag}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def preflight(_call: Call) -> Response:
    """Browsers ask before they send an Authorization header to another origin; `cors` answers them."""
    return Response(status=204)


def _given(service: Service, watched: Watched, spreadsheet_id: str, sub: str) -> WatchGiven:
    return WatchGiven(
        now=views.at(service.clock.now()),
        jobs=[views.job_given(view, sub) for view in watched.jobs],
        by_status=count_by_status(spreadsheet_id, documents=service.documents),
        live_rows=[
            views.receipt_given(job, Receipt(None, result, None, None)) for job, result in watched.live
        ],
        poll_s=BUSY_POLL_S if watched.busy else IDLE_POLL_S,
    )


ROUTES = (
    Route("GET", "/api/watch", Guard.WATCH, watch, "What the open sidebar shows; waits for a change.",
          query=WatchQuery, gives=WatchGiven),
    Route("OPTIONS", "/api/watch", Guard.PUBLIC, preflight, "The browser's question before polling."),
)  # fmt: skip
