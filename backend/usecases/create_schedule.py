"""Creates a schedule: a job planned now, and the times at which copies of it will be queued."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace

from backend.domain.schedule import Schedule
from backend.errors import Conflict, Invalid, NotAllowed
from backend.ports import Calendar, Clock, Create, Documents, Person, Sheets
from backend.usecases.create_job import JobLimits, Wish, check_wish, look_at_tabs, own_key_hash, plan_job
from backend.usecases.records import SCHEDULES
from backend.usecases.schedule_records import load_schedule, same_wish, schedule_key, schedule_to_data

#: Schedules of one spreadsheet.
MOST = 20


def create_schedule(
    person: Person,
    wish: Wish,
    cron: str,
    zone: str,
    idempotency_key: str | None,
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
    next_at = first_time(calendar, cron, zone, clock.now())
    check_wish(documents, wish, limits)
    schedule_id = _id(person, idempotency_key)
    (look,) = look_at_tabs(wish, sheets)
    template = plan_job(person, wish, look, clock, limits)
    schedule = Schedule(
        id=schedule_id,
        template=replace(
            template,
            id=schedule_id,
            schedule=schedule_id,
            api_key_hash=own_key_hash(documents, person.sub),
        ),
        cron=" ".join(cron.split()),
        zone=zone,
        created_at=clock.now(),
        next_at=next_at,
    )
    if documents.count(SCHEDULES, {"spreadsheet_id": wish.spreadsheet_id}) >= MOST:
        raise NotAllowed(f"This spreadsheet has {MOST} schedules already. Remove one first.")
    try:
        documents.commit([Create(schedule_key(schedule_id), schedule_to_data(schedule))])
    except Conflict:
        standing, _ = load_schedule(documents, schedule_id)
        if not same_wish(standing, schedule):
            raise Invalid("This Idempotency-Key was used for another request. Use a new one.") from None
        return standing
    return schedule


def first_time(calendar: Calendar, cron: str, zone: str, now: float) -> float:
    """Raises `Invalid` when there is none."""
    for at in calendar.next_times(cron, zone, now, 1):
        return at
    raise Invalid(f'"{cron}" names a time that never comes.', {"cron": "never"})


def _id(person: Person, idempotency_key: str | None) -> str:
    if idempotency_key is None:
        return secrets.token_hex(10)
    return hashlib.sha256(f"{person.sub}|POST /api/schedules|{idempotency_key}".encode()).hexdigest()[:20]
