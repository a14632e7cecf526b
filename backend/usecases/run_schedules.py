"""Turns due occurrences of schedules into jobs. Part of what happens every minute."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain import schedule as schedules
from backend.domain.recipes import RECIPES
from backend.domain.schedule import Decision, Schedule
from backend.errors import Conflict, Invalid
from backend.ports import Calendar, Clock, Create, Document, Documents, Replace, Write
from backend.usecases.create_job import JobLimits, own_key_hash
from backend.usecases.grant_access import vouched_for
from backend.usecases.job_changes import event
from backend.usecases.records import SCHEDULES_DUE, job_from_data, job_key, job_to_data
from backend.usecases.schedule_records import schedule_from_data, schedule_to_data

#: Schedules looked at in one call; the others wait a minute.
DUE = 100


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of the due occurrences, for the log."""

    started: int = 0
    skipped: int = 0
    stopped: int = 0


def run_schedules(*, documents: Documents, clock: Clock, calendar: Calendar, limits: JobLimits) -> Ran:
    """Two at once do no harm: an occurrence's job is created in the commit that moves its schedule on.

    After a downtime each schedule makes one job, for the first occurrence that was missed.
    """
    counts = {"start": 0, "skip": 0, "stop": 0}
    due = documents.query(SCHEDULES_DUE, {"state": "active"}, high=clock.now() + 0.001, limit=DUE)
    for document in due.documents:
        decision = _run(document, documents, clock, calendar, limits)
        if decision is not None:
            counts[decision.kind] += 1
    return Ran(counts["start"], counts["skip"], counts["stop"])


def _run(
    document: Document, documents: Documents, clock: Clock, calendar: Calendar, limits: JobLimits
) -> Decision | None:
    schedule = schedule_from_data(document.data)
    decision = _decide(schedule, documents)
    # After a clock that jumped back, too, the next time is another one than this.
    after = max(clock.now(), schedule.next_at or 0.0)
    try:
        times = calendar.next_times(schedule.cron, schedule.zone, after, 1)
    except Invalid as unknown:  # a zone can be renamed; the others must not wait behind this one
        decision, times = Decision("stop", f"Stopped: {unknown.message}"), []
    moved = schedules.moved_on(schedule, decision, times[0] if times else None)
    writes: list[Write] = [Replace(document.key, document.version, schedule_to_data(moved))]
    if decision.kind == "start":
        template = schedule.template
        job = schedules.occurrence(
            schedule,
            clock.now(),
            model=limits.model,
            provider=limits.provider,
            recipe_version=RECIPES[template.recipe].version,
            # A key that its owner has removed is not replaced by the deployment's: the job pauses.
            api_key_hash=own_key_hash(documents, template.created_by) or template.api_key_hash,
        )
        writes += [
            Create(job_key(job.id), job_to_data(job)),
            event(job.id, clock, "Rowmill", "Created.", "Its schedule was due."),
        ]
    try:
        documents.commit(writes)
    except Conflict:
        return None  # another sweep was faster, or somebody changed the schedule
    return decision


def _decide(schedule: Schedule, documents: Documents) -> Decision:
    last = documents.get(job_key(schedule.last_job_id)) if schedule.last_job_id else None
    creator, spreadsheet = schedule.template.created_by, schedule.template.spreadsheet_id
    return schedules.decide(
        job_from_data(last.data) if last else None,
        vouched=vouched_for(creator, spreadsheet, documents=documents),
    )
