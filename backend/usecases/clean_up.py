"""What is old goes, a portion at a time: ended jobs after the days of the history, and expired documents."""

from __future__ import annotations

from dataclasses import dataclass

from backend.errors import Conflict, NotAllowed
from backend.ports import Clock, Documents
from backend.usecases.job_removal import remove_job
from backend.usecases.records import JOBS_BY_END, job_from_data

#: Jobs, and documents of them, that one call removes at most: the sweep has other things to do.
JOBS = 20
DOCUMENTS = 1_000
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a clean-up removed, for the log."""

    jobs: int = 0
    expired: int = 0


def clean_up(*, documents: Documents, clock: Clock, history_days: int) -> Cleaned:
    """Two at once do no harm: what one has removed, the other does not find."""
    before = clock.now() - history_days * DAY_S
    removed, left = 0, DOCUMENTS
    for document in documents.query(JOBS_BY_END, high=before, limit=JOBS).documents:
        try:
            gone = remove_job(documents, job_from_data(document.data), document.version, left)
        except (Conflict, NotAllowed):
            continue  # retried at this moment, or removed by another sweep
        if gone is None:
            break
        removed, left = removed + 1, left - gone
        if left <= 0:
            break
    return Cleaned(removed, documents.purge_expired())
