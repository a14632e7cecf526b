"""One action on many jobs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from backend.entrypoints.payloads.base import (
    Asked,
    Cursor,
    Given,
    JobId,
    Move,
    RecipeName,
    SheetId,
    SpreadsheetId,
    Status,
)


class JobFilter(Asked):
    status: Status | None = None
    recipe: RecipeName | None = None
    sheet_id: SheetId | None = None
    #: Ended or created at least so many days ago.
    older_than_days: Annotated[int, Field(ge=0, le=3650)] | None = None


class ActionsAsked(Asked):
    spreadsheet_id: SpreadsheetId
    action: Move
    ids: Annotated[list[JobId], Field(max_length=500)] | None = None
    filter: JobFilter | None = None
    #: Of the answer before, to go on with the jobs that match; with the same filter.
    cursor: Cursor | None = None


class ActionResult(Given):
    id: str
    ok: bool
    #: What was done, or why not.
    sentence: str


class ActionsGiven(Given):
    results: list[ActionResult]
    #: Set when more may match the filter than one call acts on: ask once more with it.
    cursor: str | None
