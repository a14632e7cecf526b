"""A spreadsheet's schedules as people see them: said in English, the next times, and how the last went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.domain.job import Job
from backend.domain.schedule import Run, Schedule
from backend.ports import Calendar, Clock, Documents
from backend.usecases.records import SCHEDULES, job_from_data, job_key, progress_key
from backend.usecases.schedule_records import schedule_from_data

#: Times ahead that are shown.
TIMES = 3
#: Occurrences whose jobs are looked up.
RUNS = 5


@dataclass(frozen=True, slots=True)
class RunView:
    """An occurrence; `job` is None when there was none, or when it is not kept any more."""

    run: Run
    job: Job | None
    progress: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule and what follows from it now."""

    schedule: Schedule
    in_english: str
    next_times: Sequence[float]
    runs: Sequence[RunView]


def list_schedules(
    spreadsheet_id: str, *, documents: Documents, calendar: Calendar, clock: Clock
) -> list[ScheduleView]:
    """Newest first."""
    found = documents.query(SCHEDULES, {"spreadsheet_id": spreadsheet_id}).documents
    return [
        view_schedule(schedule_from_data(document.data), documents=documents, calendar=calendar, clock=clock)
        for document in found
    ]


def view_schedule(
    schedule: Schedule, *, documents: Documents, calendar: Calendar, clock: Clock
) -> ScheduleView:
    active = schedule.state == "active"
    return ScheduleView(
        schedule,
        calendar.in_english(schedule.cron),
        calendar.next_times(schedule.cron, schedule.zone, clock.now(), TIMES) if active else [],
        [_run(run, documents) for run in schedule.runs[:RUNS]],
    )


def _run(run: Run, documents: Documents) -> RunView:
    if run.job_id is None:
        return RunView(run, None, {})
    job, progress = documents.get_many([job_key(run.job_id), progress_key(run.job_id)])
    return RunView(run, job_from_data(job.data) if job else None, progress.data if progress else {})
