"""Every minute: whatever a crash, a lost task or the time itself has left undone is set going again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from backend.domain import job as jobs
from backend.domain import lease as leases
from backend.domain.job import Job, Status
from backend.domain.lease import Lease, LeaseTimes
from backend.domain.line import Place
from backend.errors import Conflict, NotAllowed, NotFound, TryLater
from backend.ports import Clock, Documents, Query, Replace, TaskQueue
from backend.usecases.batch.ending import batch_task
from backend.usecases.job_changes import change_job, event
from backend.usecases.records import (
    JOBS_BY_REASON,
    JOBS_DUE,
    SLOTS,
    job_from_data,
    job_key,
    lease_from_data,
    lease_key,
    lease_to_data,
    places_from_data,
    places_to_data,
)

#: Waiting jobs read at once.
WAITING = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, for the log."""

    enqueued: int = 0
    released: int = 0
    failed: int = 0
    due: int = 0


def sweep(*, documents: Documents, queue: TaskQueue, clock: Clock, times: LeaseTimes) -> Swept:
    """Re-enqueues what is lost, wakes what waits for a time or for another job. Two at once do no harm."""
    return Swept(
        enqueued=_lost_batches(documents, queue, clock, times),
        due=_due(documents, clock),
        **_dependants(documents, clock),
    )


def _lost_batches(documents: Documents, queue: TaskQueue, clock: Clock, times: LeaseTimes) -> int:
    """Batches of running jobs that nobody works on and no task is on its way to."""
    slots = documents.get(SLOTS)
    if slots is None:
        return 0
    enqueued = 0
    for place in places_from_data(slots.data):
        job_document, document = documents.get_many([job_key(place.job_id), lease_key(place.job_id)])
        if job_document is None or job_document.data["status"] != Status.RUNNING:
            _free(documents, place.job_id)
            continue
        if document is None:
            continue
        lease = lease_from_data(document.data)
        if leases.silent(lease, clock.now(), times):
            _await_end(queue, place, lease, times)
        if not leases.lost(lease, clock.now(), times):
            continue
        again = replace(lease, enqueue_no=lease.enqueue_no + 1, enqueued_at=clock.now())
        try:
            documents.commit([Replace(document.key, document.version, lease_to_data(again))])
            queue.enqueue(batch_task(place.job_id, place.kind, again.enqueue_no))
        except (Conflict, TryLater):
            continue  # somebody else was faster, or the next sweep will be
        enqueued += 1
    return enqueued


def _await_end(queue: TaskQueue, place: Place, lease: Lease, times: LeaseTimes) -> None:
    """A delivery for the moment when the holder, if it is dead, may be followed: not a sweep later."""
    end = lease.expires_at + times.margin_s
    # Its own name, but no new number: a holder that lives goes on, and this delivery will find nothing to do.
    try:
        queue.enqueue(batch_task(place.job_id, place.kind, lease.enqueue_no, run_at=end))
    except TryLater:
        return  # the next sweep finds the lease ended


def _free(documents: Documents, job_id: str) -> None:
    """A place of a job that does not run (any more) belongs to the line."""
    slots = documents.get(SLOTS)
    job = documents.get(job_key(job_id))
    if slots is None or (job is not None and job.data["status"] == Status.RUNNING):
        return
    left = [place for place in places_from_data(slots.data) if place.job_id != job_id]
    try:
        documents.commit([Replace(SLOTS, slots.version, places_to_data(left))])
    except Conflict:
        return  # the next sweep looks again


def _waiting(documents: Documents, query: Query, reason: str, before: float | None = None) -> Iterator[Job]:
    """All of them, page by page: those in front may wait for ever and must not hide the others."""
    cursor: str | None = None
    while True:
        values = {"status": str(Status.PENDING), "reason": reason}
        found = documents.query(query, values, high=before, limit=WAITING, cursor=cursor)
        yield from (job_from_data(document.data) for document in found.documents)
        cursor = found.cursor
        if cursor is None:
            return


def _due(documents: Documents, clock: Clock) -> int:
    """Jobs whose time has come say so: they are in line from now on."""
    due = 0
    for reason in jobs.TIMED:
        for job in _waiting(documents, JOBS_DUE, reason, clock.now() + 0.001):
            due += _change(documents, job.id, lambda job: _in_line(job, clock.now()), clock, "In line.")
    return due


def _in_line(job: Job, now: float) -> Job:
    if job.status is not Status.PENDING or (job.run_at is not None and job.run_at > now):
        return job
    # `run_at` stays: it tells since when the job has been waiting in line.
    return replace(job, reason=jobs.IN_LINE)


def _dependants(documents: Documents, clock: Clock) -> dict[str, int]:
    """Jobs that wait for others: free to go when all completed, failed when one did not."""
    released = failed = 0
    for job in _waiting(documents, JOBS_BY_REASON, "depends"):
        statuses = [
            Status(found.data["status"]) if found else None
            for found in documents.get_many([job_key(name) for name in job.depends_on])
        ]
        if all(status is Status.COMPLETED for status in statuses):
            released += _change(documents, job.id, lambda job: _release(job, clock.now()), clock, "In line.")
        elif any(status in (Status.FAILED, Status.CANCELLED, None) for status in statuses):
            failed += _change(
                documents, job.id, lambda job: _fail_dependant(job, clock.now()), clock, "Failed."
            )
    return {"released": released, "failed": failed}


def _release(job: Job, now: float) -> Job:
    if job.status is not Status.PENDING or job.reason != "depends":
        return job
    later = job.run_at is not None and job.run_at > now
    return replace(job, reason="scheduled" if later else jobs.IN_LINE)


def _fail_dependant(job: Job, now: float) -> Job:
    if job.status is not Status.PENDING or job.reason != "depends":
        return job
    return jobs.fail(job, "dependency_failed", jobs.REASONS["dependency_failed"], now)


def _change(documents: Documents, job_id: str, change: Callable[[Job], Job], clock: Clock, what: str) -> int:
    """1 when the job changed; 0 when somebody else had moved it meanwhile."""
    try:
        before, after = change_job(
            documents,
            job_id,
            change,
            lambda before, after: [event(job_id, clock, "Rowmill", what)] if before != after else [],
        )
    except (NotAllowed, NotFound, Conflict):
        return 0
    return int(before != after)
