"""What people do with a schedule: pause, resume, remove. Jobs that it has made are not touched."""

from __future__ import annotations

from collections.abc import Callable

from backend.domain import schedule as schedules
from backend.domain.schedule import Schedule
from backend.errors import Conflict, Forbidden
from backend.ports import Calendar, Clock, Delete, Documents, Person, Replace
from backend.usecases.create_schedule import first_time
from backend.usecases.grant_access import vouched_for
from backend.usecases.job_changes import RACES
from backend.usecases.schedule_records import load_schedule, schedule_key, schedule_to_data


def pause_schedule(schedule_id: str, *, documents: Documents) -> Schedule:
    """No further occurrence until it is resumed."""
    return _change(schedule_id, schedules.pause, documents)


def resume_schedule(
    person: Person, schedule_id: str, *, documents: Documents, calendar: Calendar, clock: Clock
) -> Schedule:
    """On with the next time ahead. Raises `Forbidden` while its creator's proof is older than 30 days."""

    def change(schedule: Schedule) -> Schedule:
        template = schedule.template
        if template.api_key_hash is not None and template.created_by != person.sub:
            raise Forbidden(f"Only {template.email}, whose key it uses, may resume it.", "not_owner")
        if not vouched_for(template.created_by, template.spreadsheet_id, documents=documents):
            raise Forbidden(f"{template.email} has to open the sidebar here first.", "no_grant")
        return schedules.resume(schedule, first_time(calendar, schedule.cron, schedule.zone, clock.now()))

    return _change(schedule_id, change, documents)


def remove_schedule(schedule_id: str, *, documents: Documents) -> None:
    while True:
        _, version = load_schedule(documents, schedule_id)
        try:
            documents.commit([Delete(schedule_key(schedule_id), version)])
        except Conflict:
            continue  # it moved on at this moment
        return


def _change(schedule_id: str, change: Callable[[Schedule], Schedule], documents: Documents) -> Schedule:
    for _ in range(RACES):
        schedule, version = load_schedule(documents, schedule_id)
        changed = change(schedule)
        if changed == schedule:
            return schedule
        try:
            documents.commit([Replace(schedule_key(schedule_id), version, schedule_to_data(changed))])
        except Conflict:
            continue
        return changed
    raise Conflict(f"The schedule changed {RACES} times while it was being changed.")
