"""What the api takes and gives about schedules. Times are shown in UTC; `time_zone` is the schedule's own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from backend.entrypoints.payloads.base import (
    Asked,
    Given,
    Mode,
    Priority,
    RecipeName,
    SheetId,
    SpreadsheetId,
    Status,
)
from backend.entrypoints.payloads.selection import FilterAsked, Selection

Cron = Annotated[str, StringConstraints(min_length=9, max_length=120, pattern=r"^[A-Za-z0-9*/,#? \-]+$")]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_+/\-]+$")]
ScheduleMove = Literal["pause", "resume", "remove"]


class ScheduleAsked(Selection):
    """The same selection, again and again."""

    sheet_id: SheetId
    priority: Priority = "normal"
    #: Five fields: minute, hour, day of month, month, weekday.
    cron: Cron
    #: A name such as Europe/Berlin: the clock that the expression goes by.
    time_zone: TimeZone = "UTC"


class ScheduleQuery(Asked):
    spreadsheet_id: SpreadsheetId


class TimesQuery(Asked):
    cron: Cron
    time_zone: TimeZone = "UTC"


class OccurrencesGiven(Given):
    """An expression as a person reads it, before it is saved."""

    in_english: str
    time_zone: str
    next_times: list[datetime]


class ScheduleRunGiven(Given):
    """One occurrence: the job it made, or why it made none."""

    #: When it was due.
    at: datetime
    sentence: str
    #: Whether a job was made of it; else the sentence says why there was none.
    started: bool
    #: Null when it was skipped, or when the job is not kept any more.
    job_id: str | None
    status: Status | None
    total: int
    done: int
    failed: int
    cost_microusd: int


class ScheduleGiven(Given):
    id: str
    spreadsheet_id: str
    sheet_id: int
    sheet_name: str
    recipe: RecipeName
    mode: Mode
    filter: FilterAsked | None
    start_row: int
    max_rows: int | None
    priority: Priority
    budget_microusd: int | None
    cron: str
    time_zone: str
    in_english: str
    #: The next three; none while it is paused or has stopped.
    next_times: list[datetime]
    state: Literal["active", "paused", "stopped"]
    #: Why it is paused or has stopped.
    sentence: str | None
    created_at: datetime
    created_by: str
    yours: bool
    #: Newest first.
    runs: list[ScheduleRunGiven]
    moves: list[ScheduleMove]


class SchedulesGiven(Given):
    schedules: list[ScheduleGiven]
