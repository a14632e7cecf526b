"""Creates a schedule: a job planned now, and the times at which copies of it will be queued."""

from __future__ import annotations

from dataclasses import replace

from backend.domain.schedule import Schedule
from backend.errors import Invalid, NotAllowed
from backend.ports import Calendar, Clock, Create, Documents, Person, Sheets
from backend.usecases.create_job import JobLimits, Wish, check_wish, look_at_tabs, own_key_hash, plan_job
from backend.usecases.idempotency import Plan, create_once, idempotency_key
from backend.usecases.records import SCHEDULES
from backend.usecases.schedule_records import load_schedule, schedule_key, schedule_to_data

#: Schedules of one spreadsheet.
MOST = 20


def create_schedule(
    person: Person,
    wish: Wish,
    cron: str,
    zone: str,
    repeat_key: str | None,
    *,
    documents: Documents,
    sheets: Sheets,
    calendar: Calendar,
    clock: Clock,
    limits: JobLimits,
) -> Schedule:
    """The new schedule, or the first call's when the key was used for the same wish before.

    `wish` names one tab. Raises `Invalid` (the selection, the expression, the zone) and `NotAllowed` (too
    many). The caller's grant was checked.
    """

    def plan() -> Plan:
        schedule = _planned(person, wish, cron, zone, documents, sheets, calendar, clock, limits)
        return Plan([schedule.id], [Create(schedule_key(schedule.id), schedule_to_data(schedule))])

    key = idempotency_key(person, "POST /api/schedules", repeat_key) if repeat_key else None
    asked = [wish.plain(), cron, zone]
    (schedule_id,) = create_once(key, asked, plan, documents=documents, clock=clock)
    return load_schedule(documents, schedule_id)[0]


def _planned(
    person: Person,
    wish: Wish,
    cron: str,
    zone: str,
    documents: Documents,
    sheets: Sheets,
    calendar: Calendar,
    clock: Clock,
    limits: JobLimits,
) -> Schedule:
    next_at = first_time(calendar, cron, zone, clock.now())
    check_wish(documents, wish, limits)
    if documents.count(SCHEDULES, {"spreadsheet_id": wish.spreadsheet_id}) >= MOST:
        raise NotAllowed(f"This spreadsheet has {MOST} schedules already. Remove one first.")
    (look,) = look_at_tabs(wish, sheets)
    template = plan_job(person, wish, look, clock, limits)
    own = own_key_hash(documents, person.sub)
    return Schedule(
        id=template.id,
        template=replace(template, schedule=template.id, api_key_hash=own),
        cron=" ".join(cron.split()),
        zone=zone,
        created_at=template.created_at,
        next_at=next_at,
    )


def first_time(calendar: Calendar, cron: str, zone: str, now: float) -> float:
    """Raises `Invalid` when there is none."""
    for at in calendar.next_times(cron, zone, now, 1):
        return at
    raise Invalid(f'"{cron}" names a time that never comes.', {"cron": "never"})
