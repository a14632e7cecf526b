"""Jobs as people see them: the job with its counts, its cost, its place in line and what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.domain import job as jobs
from backend.domain import line
from backend.domain.job import Job, Status
from backend.domain.results import ROW_STATES
from backend.errors import NotFound
from backend.ports import Clock, Documents, Found
from backend.usecases.read_line import places_in_line
from backend.usecases.records import (
    SLOTS,
    job_from_data,
    job_key,
    jobs_of,
    lease_from_data,
    lease_key,
    places_from_data,
    progress_key,
)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and what its other documents say of it. `counts` has every row state, and `answered`."""

    job: Job
    counts: Mapping[str, int]
    failures: Mapping[str, int]
    tokens_in: int
    tokens_out: int
    model_calls: int
    cost_microusd: int
    saved_microusd: int
    in_flight: int
    place: int | None
    starts_in_s: int | None
    rows_per_min: int
    seconds_left: int | None
    moves: Sequence[str]


class Viewer:
    """Makes views; reads the running places once, and like the line only when somebody waits."""

    def __init__(self, documents: Documents, clock: Clock, sub: str) -> None:
        self._documents, self._clock, self._sub = documents, clock, sub
        self._running_s: list[int] | None = None

    def views(self, found: Sequence[Job]) -> list[JobView]:
        # What has not begun has no progress, and who does not run has no calls in flight.
        keys = [progress_key(job.id) for job in found if job.started_at is not None]
        keys += [lease_key(job.id) for job in found if job.status is Status.RUNNING]
        beside = dict(zip(keys, self._documents.get_many(keys), strict=True))
        now = self._clock.now()
        places = places_in_line([job for job in found if line.in_line(job, now)], self._documents)
        views = []
        for job in found:
            progress, lease = beside.get(progress_key(job.id)), beside.get(lease_key(job.id))
            in_flight = lease_from_data(lease.data).in_flight if lease else 0
            views.append(self._view(job, progress.data if progress else {}, in_flight, places.get(job.id)))
        return views

    def _view(self, job: Job, progress: Mapping[str, int], in_flight: int, place: int | None) -> JobView:
        counts = {name: progress.get(name, 0) for name in ("total", *ROW_STATES, "cached", "answered")}
        ended = sum(counts[state] for state in ROW_STATES)
        rate, left = self._pace(job, ended + counts["answered"], counts["total"])
        failed_or_left = counts["failed"] + counts["cancelled"] + max(0, counts["total"] - ended)
        failures = {name[2:]: n for name, n in progress.items() if name.startswith("f_") and n > 0}
        return JobView(
            job=job,
            counts=counts,
            failures=failures,
            tokens_in=progress.get("tokens_in", 0),
            tokens_out=progress.get("tokens_out", 0),
            model_calls=progress.get("model_calls", 0),
            cost_microusd=progress.get("cost_microusd", 0),
            saved_microusd=progress.get("saved_microusd", 0),
            in_flight=in_flight,
            place=place,
            starts_in_s=self._starts_in_s(place) if place else None,
            rows_per_min=rate,
            seconds_left=left,
            moves=jobs.moves(job, failed_or_left=failed_or_left, yours=job.created_by == self._sub),
        )

    def _pace(self, job: Job, ended: int, total: int) -> tuple[int, int | None]:
        """Rows a minute since it began to run, and the seconds that are left at that rate."""
        until = job.ended_at or self._clock.now()
        rows = ended - job.rows_before
        if job.running_since is None or rows <= 0 or job.status in (Status.PENDING, Status.PAUSED):
            return 0, None
        rate = rows / max(1.0, until - job.running_since)
        left = round((total - ended) / rate) if job.status is Status.RUNNING else None
        return round(rate * 60), left

    def _starts_in_s(self, place: int) -> int | None:
        """When the running ones are through, as they go now; None when that cannot be told yet."""
        running = self._running()
        if not running:
            return None
        rounds, position = divmod(place - 1, len(running))
        return sorted(running)[position] + rounds * (sum(running) // len(running))

    def _running(self) -> list[int]:
        if self._running_s is None:
            slots = self._documents.get(SLOTS)
            ids = [place.job_id for place in places_from_data(slots.data)] if slots else []
            found = self._documents.get_many([key for i in ids for key in (job_key(i), progress_key(i))])
            self._running_s = []
            for document, progress in zip(found[::2], found[1::2], strict=True):
                if document is not None and progress is not None:
                    job, data = job_from_data(document.data), progress.data
                    ended = sum(data.get(state, 0) for state in (*ROW_STATES, "answered"))
                    _, left = self._pace(job, ended, data.get("total", 0))
                    if left is not None:
                        self._running_s.append(left)
        return self._running_s


def read_job(documents: Documents, job_id: str) -> Job:
    """Raises `NotFound`; whether the caller may see it is the route's to check, with the same answer."""
    document = documents.get(job_key(job_id))
    if document is None:
        raise NotFound("There is no such job.")
    return job_from_data(document.data)


def list_jobs(
    documents: Documents,
    spreadsheet_id: str,
    *,
    status: str | None = None,
    recipe: str | None = None,
    sheet_id: int | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> tuple[list[Job], str | None]:
    """A page of a spreadsheet's jobs, newest first."""
    wanted = {"status": status, "recipe": recipe, "sheet_id": sheet_id}
    filters = {name: value for name, value in wanted.items() if value is not None}
    found: Found = documents.query(
        jobs_of(tuple(filters)), {"spreadsheet_id": spreadsheet_id, **filters}, limit=limit, cursor=cursor
    )
    return [job_from_data(document.data) for document in found.documents], found.cursor
