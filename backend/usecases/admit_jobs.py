"""Gives free running places to whoever is next, and enqueues their first batch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from backend.domain import job as jobs
from backend.domain import line
from backend.domain.job import IN_LINE, Job, Status
from backend.domain.lease import Lease
from backend.domain.line import PRIORITIES, Place
from backend.domain.results import ROW_STATES
from backend.errors import Conflict, TryLater
from backend.ports import Clock, Create, Document, Documents, Query, Replace, TaskQueue, Write
from backend.usecases.batch.ending import batch_task
from backend.usecases.job_changes import event, replace_job
from backend.usecases.record_stats import start_counted
from backend.usecases.records import (
    JOBS_IN_LINE,
    JOBS_OF_KIND_IN_LINE,
    SLOTS,
    job_from_data,
    lease_from_data,
    lease_key,
    lease_to_data,
    places_from_data,
    places_to_data,
    progress_key,
)


def admit_jobs(
    *, documents: Documents, queue: TaskQueue, clock: Clock, places: int, live_places: int
) -> list[str]:
    """Starts as many jobs as there are free places for; gives their ids, in the order they started."""
    started: list[str] = []
    while True:
        slots = documents.get(SLOTS)
        taken = places_from_data(slots.data) if slots else []
        found = _next(documents, taken, clock.now(), places, live_places)
        if found is None:
            return started
        job, version = found
        try:
            lease = _start(documents, clock, job, version, slots, taken)
        except Conflict:
            continue  # somebody else started one, or this one was changed: look again
        started.append(job.id)
        try:
            queue.enqueue(batch_task(job.id, job.kind, lease.enqueue_no))
        except TryLater:
            continue  # the sweep enqueues it under a new number


def _next(
    documents: Documents, taken: Sequence[Place], now: float, places: int, live_places: int
) -> tuple[Job, str] | None:
    """Whoever may start now, live runs before all others; reads no line whose places are all taken."""
    live = sum(1 for place in taken if place.kind == "live")
    free = {"live": live_places - live, "background": places - (len(taken) - live)}
    lines: list[Iterator[list[Document]]] = []
    if free["live"] > 0:
        lines.append(_pages(documents, JOBS_OF_KIND_IN_LINE, {"kind": "live"}))
    if free["background"] > 0:
        lines += [_pages(documents, JOBS_IN_LINE, {"priority": priority}) for priority in PRIORITIES]
    for page in itertools.chain(*lines):
        jobs_of_page = {document.key.id: job_from_data(document.data) for document in page}
        chosen = line.next_to_start(
            list(jobs_of_page.values()), taken, now, places=places, live_places=live_places
        )
        if chosen is not None:
            return chosen, next(d.version for d in page if d.key.id == chosen.id)
    return None


def _pages(documents: Documents, query: Query, of: Mapping[str, str]) -> Iterator[list[Document]]:
    cursor: str | None = None
    while True:
        values = {"status": str(Status.PENDING), "reason": IN_LINE, **of}
        found = documents.query(query, values, limit=100, cursor=cursor)
        if found.documents:
            yield found.documents
        cursor = found.cursor
        if cursor is None:
            return


def _start(
    documents: Documents,
    clock: Clock,
    job: Job,
    version: str,
    slots: Document | None,
    taken: Sequence[Place],
) -> Lease:
    now = clock.now()
    standing, progress = documents.get_many([lease_key(job.id), progress_key(job.id)])
    ended = sum(progress.data.get(state, 0) for state in ROW_STATES) if progress else 0
    lease = lease_from_data(standing.data) if standing else Lease(job.id)
    lease = replace(lease, holder=None, enqueue_no=lease.enqueue_no + 1, enqueued_at=now)
    places = places_to_data([*taken, Place(job.id, job.place, job.kind)])
    writes: list[Write] = [
        replace_job(jobs.start(job, now, ended), version),
        Replace(SLOTS, slots.version, places) if slots else Create(SLOTS, places),
        Replace(standing.key, standing.version, lease_to_data(lease))
        if standing
        else Create(lease_key(job.id), lease_to_data(lease)),
        event(job.id, clock, "Rowmill", "Started."),
        *start_counted(documents, job, now),
    ]
    documents.commit(writes)
    return lease
