"""Changing a job's own document: by replace-if-version, again and again until it holds; and its history."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from backend.domain.job import Job
from backend.errors import Conflict, NotFound
from backend.ports import Clock, Create, Documents, Key, Replace, Write
from backend.usecases.records import job_from_data, job_key, job_to_data

#: Losing so many races in a row means that something else is wrong.
RACES = 20


def load_job(documents: Documents, job_id: str) -> tuple[Job, str]:
    """The job and its document's version; raises `NotFound`."""
    document = documents.get(job_key(job_id))
    if document is None:
        raise NotFound("There is no such job.")
    return job_from_data(document.data), document.version


def replace_job(job: Job, version: str) -> Replace:
    return Replace(job_key(job.id), version, job_to_data(job))


def event(job_id: str, clock: Clock, who: str, what: str, why: str | None = None) -> Create:
    """A line of the job's history; `who` is an e-mail address or "Rowmill"."""
    at = clock.now()
    data: dict[str, Any] = {"job_id": job_id, "at": at, "who": who, "what": what}
    if why:
        data["why"] = why
    return Create(Key("events", f"{job_id}-{int(at * 1000):015d}-{secrets.token_hex(3)}"), data)


def change_job(
    documents: Documents,
    job_id: str,
    change: Callable[[Job], Job],
    besides: Callable[[Job, Job], Sequence[Write]] = lambda _before, _after: (),
) -> tuple[Job, Job]:
    """Applies `change` to the job as it stands; gives the job before and after.

    `besides` names further writes of the same commit. A change that changes nothing writes nothing.
    """
    for _ in range(RACES):
        job, version = load_job(documents, job_id)
        changed = change(job)
        writes = [*besides(job, changed)]
        if changed == job and not writes:
            return job, job
        try:
            documents.commit([replace_job(changed, version), *writes])
        except Conflict:
            continue
        return job, changed
    raise Conflict(f"The job changed {RACES} times while it was being changed.")
