"""Jobs: as they are asked for, changed and shown, with their events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from backend.entrypoints.payloads.base import (
    Asked,
    Cursor,
    Given,
    JobId,
    Kind,
    MicroUsd,
    Mode,
    Move,
    Priority,
    RecipeName,
    SheetId,
    SpreadsheetId,
    Status,
)
from backend.entrypoints.payloads.selection import FilterAsked, Selection


class JobsAsked(Selection):
    kind: Literal["background", "live"] = "background"
    #: One job is created for each tab; a live run takes one.
    sheet_ids: Annotated[list[SheetId], Field(min_length=1, max_length=50)]
    priority: Priority = "normal"
    #: Not before this time.
    run_at: AwareDatetime | None = None
    #: Ids of jobs that have to complete first.
    depends_on: Annotated[list[JobId], Field(max_length=20)] = Field(default_factory=list)


class JobsQuery(Asked):
    spreadsheet_id: SpreadsheetId
    status: Status | None = None
    recipe: RecipeName | None = None
    sheet_id: SheetId | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class Counts(Given):
    total: int
    done: int
    failed: int
    skipped: int
    stale: int
    gone: int
    cancelled: int
    #: Part of done: answered without a new call.
    cached: int
    #: Answered, and on the way into the sheet: not yet among the others.
    answered: int


class ReasonGiven(Given):
    code: str
    sentence: str


class JobErrorGiven(Given):
    error_class: str
    sentence: str
    trace_id: str


class JobGiven(Given):
    id: str
    kind: Kind
    spreadsheet_id: str
    spreadsheet_title: str
    sheet_id: int
    sheet_name: str
    recipe: RecipeName
    recipe_version: int
    #: Input name → header of the column that is read; before its rows are known, those chosen by hand alone.
    columns: dict[str, str]
    mode: Mode
    filter: FilterAsked | None
    start_row: int
    max_rows: int | None
    fresh: bool
    fallback: bool
    priority: Priority
    status: Status
    #: Why it is PENDING, PAUSED or FAILED.
    reason: ReasonGiven | None
    #: "pause" or "cancel" was asked and the calls in flight are being awaited.
    stopping: Literal["pause", "cancel"] | None
    #: Model calls that have been sent and not come back.
    in_flight: int
    #: In line: 1 is next. Null when not waiting in line.
    place: int | None
    starts_in_s: int | None
    run_at: datetime | None
    depends_on: list[str]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    created_by: str
    #: Whether the caller created it.
    yours: bool
    counts: Counts
    #: Error class → number of rows, of the rows that failed.
    failures: dict[str, int]
    tokens_in: int
    tokens_out: int
    model_calls: int
    cost_microusd: int
    #: What answers that were already known would have cost again.
    saved_microusd: int
    budget_microusd: int | None
    model: str
    #: Answers come from the offline stand-in.
    standin: bool
    own_key: bool
    attempt: int
    rows_per_min: int
    seconds_left: int | None
    error: JobErrorGiven | None
    #: Of an undo: the job that it takes back.
    undoes: str | None
    #: The undo that has put back what the cells held before this job.
    undone_by: str | None
    #: What may be done with it now.
    moves: list[Move]


class JobDetailGiven(JobGiven):
    #: The kind of file that its tab was uploaded as; null: it was not, or long ago.
    uploaded_as: Literal["csv", "xlsx"] | None


class JobsGiven(Given):
    jobs: list[JobGiven]
    cursor: str | None = None


class JobPatch(Asked):
    priority: Priority | None = None
    #: Raising it resumes a job that paused on its budget.
    budget_microusd: MicroUsd | None = None


class RetryAsked(Asked):
    #: One class of failure, or null for everything that failed or was left.
    error_class: Annotated[str, StringConstraints(max_length=60)] | None = None


class MoveGiven(Given):
    job: JobGiven
    #: What it did, in a sentence.
    did: str


class EventsQuery(Asked):
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class EventGiven(Given):
    at: datetime
    who: str
    what: str
    why: str | None


class EventsGiven(Given):
    events: list[EventGiven]
    cursor: str | None
