"""Claiming a job for this delivery, and making its attempt ready: freeze, todo, poison."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial

from backend.domain import lease as leases
from backend.domain.job import Job, Status
from backend.domain.lease import Lease, LeaseTimes
from backend.errors import Conflict, NotFound
from backend.ports import Clock, Create, Documents, Increment, Replace, Write
from backend.usecases.batch.holding import Holding
from backend.usecases.batch.todo import FinalStates, ranges
from backend.usecases.job_changes import event, load_job, replace_job
from backend.usecases.records import (
    lease_from_data,
    lease_key,
    lease_to_data,
    progress_key,
    todo_key,
)


def claim(
    documents: Documents, clock: Clock, job_id: str, enqueue_no: int, in_flight: int, times: LeaseTimes
) -> tuple[Job, Holding] | None:
    """Takes the job's lease; None when this delivery has nothing to do.

    That is so for a job that does not run (any more), a delivery that is old, and a lease that lives: the
    sweep, not the queue, sees to it that a job goes on.
    """
    # The lease first: whatever starts or ends a job replaces it, so who claims this version has the job as it
    # is read below. The other way round, a job could end between the two reads and be claimed all the same.
    document = documents.get(lease_key(job_id))
    try:
        job, _ = load_job(documents, job_id)
    except NotFound:
        return None
    if document is None or job.status is not Status.RUNNING:
        return None
    lease = lease_from_data(document.data)
    if enqueue_no < lease.enqueue_no or leases.live(lease, clock.now(), times):
        return None
    # What can be in flight at most is what there is: halving begins there.
    most = min(in_flight, job.total) if job.total else in_flight
    claimed = leases.claim(lease, secrets.token_hex(6), clock.now(), most, times)
    try:
        version, *_ = documents.commit([Replace(document.key, document.version, lease_to_data(claimed))])
    except Conflict:
        return None  # another delivery was faster
    return job, Holding(documents, clock, claimed, version, times)


def begin_attempt(documents: Documents, clock: Clock, holding: Holding) -> Job:
    """Decides which rows a further attempt takes; the first one takes all and needs no document."""
    while True:
        job, version = load_job(documents, holding.lease.job_id)
        lease = holding.lease
        if lease.attempt == job.attempt:
            return job
        past = [*job.attempts, (lease.next_result, lease.next_write)] if lease.attempt else [*job.attempts]
        # Attempts that were cancelled in line left nothing, and are counted all the same.
        past += [(0, 0)] * (job.attempt - 1 - len(past))
        job = replace(job, attempts=tuple(past))
        try:
            holding.commit(
                [replace_job(job, version), *_todo(documents, clock, job)],
                partial(_first_numbers, attempt=job.attempt),
            )
        except Conflict:
            continue  # somebody changed the job's priority or asked it to stop
        return job


def _todo(documents: Documents, clock: Clock, job: Job) -> list[Write]:
    if job.freeze is None or job.total is None or job.attempt == 1:
        return []
    states = FinalStates(documents, job, job.total)
    wanted = states.to_retry(job.retry_class)
    return [
        Create(todo_key(job.id, job.attempt), {"job_id": job.id, "ranges": ranges(wanted)}),
        Increment(progress_key(job.id), states.forget(wanted)),
        event(job.id, clock, "Rowmill", f"Attempt {job.attempt} takes {len(wanted):,} rows."),
    ]


def _first_numbers(lease: Lease, attempt: int) -> Lease:
    return replace(lease, attempt=attempt, next_result=0, next_write=0)
