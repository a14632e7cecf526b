"""Removing a job and everything of it: in portions, the job's own document last."""

from __future__ import annotations

from backend.domain import job as jobs
from backend.domain.job import Job
from backend.errors import Conflict, NotAllowed
from backend.ports import Delete, Documents
from backend.usecases.job_changes import replace_job
from backend.usecases.records import PARTS_OF_A_JOB, job_key, lease_key, progress_key

#: Documents looked at at once; a result document has some 80 KB.
PAGE = 50


def remove_job(documents: Documents, job: Job, version: str, most: int | None = None) -> int | None:
    """Removes up to `most` documents of the job (all unless told), and says how many.

    None when some are left: the job's own document then still stands, and the next call goes on. Parts are
    found by the job's id, so the rows of a freeze that was never finished go, too. Raises `NotAllowed` when
    the job changed meanwhile.
    """
    if job.reason != jobs.REMOVED:
        version = _mark(documents, jobs.remove(job), version)
    removed = 0
    for query in PARTS_OF_A_JOB:
        while found := documents.query(query, {"job_id": job.id}, limit=PAGE).documents:
            if most is not None and removed >= most:
                return None
            documents.commit([Delete(document.key, document.version) for document in found])
            removed += len(found)
    beside = documents.get_many([progress_key(job.id), lease_key(job.id)])
    last = [Delete(document.key, document.version) for document in beside if document is not None]
    try:
        documents.commit([*last, Delete(job_key(job.id), version)])
    except Conflict as error:
        raise NotAllowed("The job changed at this moment. Try again.") from error
    return removed + len(last) + 1


def _mark(documents: Documents, job: Job, version: str) -> str:
    """From here on nobody can set it going again."""
    try:
        return documents.commit([replace_job(job, version)])[0]
    except Conflict as error:
        raise NotAllowed("The job changed at this moment. Try again.") from error
