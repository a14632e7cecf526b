"""The last commits of a batch: go on in a next task, or give the place back with a new status."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend.domain import job as jobs
from backend.domain.job import Job, Status
from backend.domain.lease import Lease, release
from backend.domain.results import ROW_STATES
from backend.errors import Conflict, NotFound, TryLater
from backend.ports import Clock, Create, Documents, Increment, Replace, Task, TaskQueue, Write
from backend.usecases.batch.holding import Holding, LeaseLost
from backend.usecases.job_changes import event, load_job, replace_job
from backend.usecases.record_stats import end_counted
from backend.usecases.records import SLOTS, places_from_data, places_to_data, progress_key, rest_key


def batch_task(job_id: str, kind: str, enqueue_no: int, run_at: float | None = None) -> Task:
    """The task "job J, batch N". A hash leads the name: sequential names slow the queue down.

    One with a time is a delivery besides, under a name of its own.
    """
    name = f"{job_id}-{enqueue_no}" if run_at is None else f"{job_id}-{enqueue_no}-{round(run_at * 1000)}"
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return Task(
        queue="live" if kind == "live" else "background",
        name=f"{digest}-{name}",
        path="/tasks/batches",
        body={"job_id": job_id, "enqueue_no": enqueue_no},
        run_at=run_at,
    )


def go_on(holding: Holding, queue: TaskQueue, clock: Clock, kind: str) -> None:
    """Releases the lease under a new number, then enqueues it; a lost enqueue is found by the sweep."""
    holding.commit([], lambda lease: _next(release(lease), clock.now()))
    try:
        queue.enqueue(batch_task(holding.lease.job_id, kind, holding.lease.enqueue_no))
    except TryLater:
        return  # enqueued or not, the sweep looks after `LeaseTimes.lost_after_s`


def _next(lease: Lease, now: float) -> Lease:
    return replace(lease, enqueue_no=lease.enqueue_no + 1, enqueued_at=now)


#: What the history says of a job that a batch has moved.
WHAT = {
    Status.COMPLETED: "Completed.",
    Status.PAUSED: "Paused.",
    Status.PENDING: "Back in line.",
    Status.FAILED: "Failed.",
    Status.CANCELLED: "Cancelled.",
}
#: Ends that leave rows without a state of their own.
LEFT = (Status.FAILED, Status.CANCELLED)


def give_place_back(
    holding: Holding,
    documents: Documents,
    clock: Clock,
    change: Callable[[Job], Job],
    why: str | None = None,
) -> Job:
    """Moves the job on, frees its place and its lease, and notes the event, all in one commit.

    `change` is asked anew for each try: a person may have turned a pause into a cancel meanwhile. Whoever
    ends with rows left has them cancelled in the same commit, so that the counts add up to the total.
    """
    while True:
        job, version = load_job(documents, holding.lease.job_id)
        if job.status is not Status.RUNNING:
            raise LeaseLost("Another worker has ended this job.")
        slots = documents.get(SLOTS)
        if slots is None:
            raise NotFound("The document of running places is gone.")
        left = [place for place in places_from_data(slots.data) if place.job_id != job.id]
        changed = change(job)
        because = jobs.why(changed) if changed.status is Status.PENDING else why
        rest = rest_cancelled(documents, changed) if changed.status in LEFT else []
        writes: list[Write] = [
            replace_job(changed, version),
            Replace(SLOTS, slots.version, places_to_data(left)),
            event(job.id, clock, "Rowmill", WHAT[changed.status], because),
            *_taken_back(documents, changed),
            *rest,
            *end_counted(documents, changed, clock.now(), rest),
        ]
        try:
            holding.commit(writes, release)
        except Conflict:
            continue
        return changed


def _taken_back(documents: Documents, job: Job) -> list[Write]:
    """A completed undo is noted on the job that it took back, where that is still there."""
    if job.undoes is None or job.status is not Status.COMPLETED:
        return []
    try:
        undone, version = load_job(documents, job.undoes)
    except NotFound:
        return []
    return [replace_job(jobs.undone(undone, job), version)]


def rest_cancelled(documents: Documents, job: Job) -> list[Write]:
    """The rows without a terminal state are cancelled, all by one document."""
    counts: dict[str, Any] = {}
    if (progress := documents.get(progress_key(job.id))) is not None:
        counts = progress.data
    left = (job.total or 0) - sum(counts.get(state, 0) for state in ROW_STATES)
    if left <= 0:
        return []
    return [
        Create(rest_key(job.id, job.attempt), {"job_id": job.id, "rows": left}),
        Increment(progress_key(job.id), {"cancelled": left, "answered": -counts.get("answered", 0)}),
    ]
