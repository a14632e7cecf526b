"""Runs that repeat: create, list, pause, resume, remove."""

from __future__ import annotations

import re
from typing import get_args

from backend.domain.schedule import Schedule
from backend.entrypoints import views
from backend.entrypoints.payloads.schedules import (
    OccurrencesGiven,
    ScheduleAsked,
    ScheduleGiven,
    ScheduleMove,
    ScheduleQuery,
    ScheduleRunGiven,
    SchedulesGiven,
    TimesQuery,
)
from backend.entrypoints.payloads.selection import FilterAsked
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.wishes import wish
from backend.errors import NotFound
from backend.usecases.create_schedule import create_schedule
from backend.usecases.list_schedules import TIMES, RunView, ScheduleView, list_schedules, view_schedule
from backend.usecases.move_schedule import pause_schedule, remove_schedule, resume_schedule
from backend.usecases.schedule_records import load_schedule

_ID = re.compile(r"[a-z0-9]{16,40}")


def create(call: Call) -> ScheduleGiven:
    body: ScheduleAsked = call.body
    service = call.service
    schedule = create_schedule(
        call.who,
        wish(body, body.sheet_id, priority=body.priority),
        body.cron,
        body.time_zone,
        call.idempotency_key,
        documents=service.documents,
        sheets=service.sheets,
        calendar=service.calendar,
        clock=service.clock,
        limits=service.job_limits,
    )
    return _viewed(call, schedule)


def list_all(call: Call) -> SchedulesGiven:
    service = call.service
    found = list_schedules(
        call.query.spreadsheet_id,
        documents=service.documents,
        calendar=service.calendar,
        clock=service.clock,
    )
    return SchedulesGiven(schedules=[_given(view, call.who.sub) for view in found])


def times(call: Call) -> OccurrencesGiven:
    query: TimesQuery = call.query
    calendar, now = call.service.calendar, call.service.clock.now()
    return OccurrencesGiven(
        in_english=calendar.in_english(query.cron),
        time_zone=query.time_zone,
        next_times=[views.at(at) for at in calendar.next_times(query.cron, query.time_zone, now, TIMES)],
    )


def pause(call: Call) -> ScheduleGiven:
    return _viewed(call, pause_schedule(_asked_for(call).id, documents=call.service.documents))


def resume(call: Call) -> ScheduleGiven:
    service = call.service
    schedule = resume_schedule(
        call.who,
        _asked_for(call).id,
        documents=service.documents,
        calendar=service.calendar,
        clock=service.clock,
    )
    return _viewed(call, schedule)


def remove(call: Call) -> None:
    remove_schedule(_asked_for(call).id, documents=call.service.documents)


def _asked_for(call: Call) -> Schedule:
    """The schedule of the path; one of another spreadsheet answers like an unknown one."""
    unknown = NotFound("There is no such schedule in this spreadsheet.")
    if not _ID.fullmatch(call.path["schedule_id"]):
        raise unknown
    try:
        schedule, _ = load_schedule(call.service.documents, call.path["schedule_id"])
    except NotFound:
        raise unknown from None
    if schedule.template.spreadsheet_id != call.query.spreadsheet_id:
        raise unknown
    return schedule


def _viewed(call: Call, schedule: Schedule) -> ScheduleGiven:
    service = call.service
    view = view_schedule(
        schedule, documents=service.documents, calendar=service.calendar, clock=service.clock
    )
    return _given(view, call.who.sub)


def _given(view: ScheduleView, sub: str) -> ScheduleGiven:
    schedule, job = view.schedule, view.schedule.template
    wanted = FilterAsked(column=job.filter.column, value=job.filter.value) if job.filter else None
    useless = "resume" if schedule.state == "active" else "pause"
    same = (
        "spreadsheet_id", "sheet_id", "sheet_name", "recipe", "mode", "start_row", "max_rows", "priority",
        "budget_microusd",
    )  # fmt: skip
    return ScheduleGiven.model_validate(
        {name: getattr(job, name) for name in same}
        | {
            "id": schedule.id,
            "filter": wanted,
            "cron": schedule.cron,
            "time_zone": schedule.zone,
            "in_english": view.in_english,
            "next_times": [views.at(at) for at in view.next_times],
            "state": schedule.state,
            "sentence": schedule.sentence,
            "created_at": views.at(schedule.created_at),
            "created_by": job.email,
            "yours": job.created_by == sub,
            "runs": [_run(run) for run in view.runs],
            "moves": [move for move in get_args(ScheduleMove) if move != useless],
        }
    )


def _run(view: RunView) -> ScheduleRunGiven:
    progress = view.progress
    return ScheduleRunGiven.model_validate(
        {
            "at": views.at(view.run.at),
            "sentence": view.run.sentence,
            "started": view.run.job_id is not None,
            "job_id": view.job.id if view.job else None,
            "status": str(view.job.status) if view.job else None,
        }
        | {name: progress.get(name, 0) for name in ("total", "done", "failed", "cost_microusd")}
    )


_SCHEDULE = "/api/schedules/<schedule_id>"

ROUTES = (
    Route("POST", "/api/schedules", Guard.SPREADSHEET, create, "Makes a run repeat.",
          asks=ScheduleAsked, gives=ScheduleGiven, status=201, keyed=True, sheets=True),
    Route("GET", "/api/schedules", Guard.SPREADSHEET, list_all, "A spreadsheet's schedules, newest first.",
          query=ScheduleQuery, gives=SchedulesGiven),
    Route("GET", "/api/schedules/times", Guard.PERSON, times, "A cron expression in English, its next times.",
          query=TimesQuery, gives=OccurrencesGiven),
    Route("POST", f"{_SCHEDULE}/pause", Guard.SPREADSHEET, pause, "No further run until it is resumed.",
          query=ScheduleQuery, gives=ScheduleGiven),
    Route("POST", f"{_SCHEDULE}/resume", Guard.SPREADSHEET, resume, "On with the next time ahead.",
          query=ScheduleQuery, gives=ScheduleGiven),
    Route("DELETE", _SCHEDULE, Guard.SPREADSHEET, remove, "Removes a schedule; its jobs stay.",
          query=ScheduleQuery, status=204),
)  # fmt: skip
