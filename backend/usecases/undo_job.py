"""Makes the job that takes another one back: it waits in the same line and runs by the same rules."""

from __future__ import annotations

import hashlib

from backend.domain.job import Job, Status
from backend.errors import Conflict, NotAllowed
from backend.ports import Clock, Create, Documents, Person
from backend.usecases.batch.recalling import documents_of
from backend.usecases.job_changes import event, load_job
from backend.usecases.read_rows import attempts
from backend.usecases.records import job_from_data, job_key, job_to_data, write_key

UNDONE = "This job was undone already."


def undo_job(person: Person, job_id: str, *, documents: Documents, clock: Clock) -> Job:
    """The job of kind "undo" that was made. The caller's grant was checked.

    Raises `NotAllowed` for a job that has not ended, that wrote nothing, or that is or was undone already.
    """
    job, _ = load_job(documents, job_id)
    if job.kind == "undo":
        raise NotAllowed("An undo cannot be undone. Queue the run again; what was answered costs nothing.")
    if not job.ended:
        raise NotAllowed(f"This job is {job.status.lower()}. Cancel it first, then undo it.")
    if job.undone_by is not None:
        raise NotAllowed(UNDONE)
    if not _has_written(documents, job):
        raise NotAllowed("This job wrote nothing into the sheet; there is nothing to undo.")
    undo = _undo_of(job, person, _free_id(documents, job), clock.now())
    try:
        documents.commit(
            [
                Create(job_key(undo.id), job_to_data(undo)),
                event(undo.id, clock, person.email, "Created."),
                event(job.id, clock, person.email, "Undo was asked for."),
            ]
        )
    except Conflict as error:
        raise NotAllowed("This job is being undone already.") from error
    return undo


def _has_written(documents: Documents, job: Job) -> bool:
    keys = [
        write_key(job.id, attempt, n)
        for attempt, (_, writes_n) in enumerate(attempts(documents, job), start=1)
        for n in range(writes_n)
    ]
    return any(data["places"] for _, data in documents_of(documents, keys))


def _free_id(documents: Documents, job: Job) -> str:
    """One undo for each attempt, named after it: two people who press at once make one job."""
    number = 0
    while True:
        digest = hashlib.sha256(f"undo {job.id} {job.attempt} {number}".encode()).hexdigest()[:20]
        document = documents.get(job_key(digest))
        if document is None:
            return digest
        earlier = job_from_data(document.data)
        if earlier.status is Status.COMPLETED:
            raise NotAllowed(UNDONE)
        if not earlier.ended:
            raise NotAllowed("This job is being undone already.")
        number += 1  # that one was cancelled or failed half-way


def _undo_of(job: Job, person: Person, undo_id: str, now: float) -> Job:
    return Job(
        id=undo_id,
        spreadsheet_id=job.spreadsheet_id,
        spreadsheet_title=job.spreadsheet_title,
        sheet_id=job.sheet_id,
        sheet_name=job.sheet_name,
        recipe=job.recipe,
        recipe_version=job.recipe_version,
        model=job.model,
        provider=job.provider,
        created_by=person.sub,
        email=person.email,
        created_at=now,
        kind="undo",
        columns=job.columns,
        mode="all",
        undoes=job.id,
    )
