"""What the api takes and gives about uploads. Rows are numbered as the new tab shows them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from backend.entrypoints.payloads.base import Asked, Given, RecipeName, SpreadsheetId
from backend.entrypoints.payloads.sheets import ColumnGiven, RecipeMatch

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class UploadAsked(Asked):
    """Leave to send one file: its bytes are then the body, `application/octet-stream`, whatever its kind."""

    spreadsheet_id: SpreadsheetId
    #: What the file is called, for sentences and for the new tab's title.
    name: Name
    #: A tab of a workbook; without it the first that fits is read.
    sheet: Name | None = None


class UploadTokenGiven(Given):
    """For one file, directly from the page to `upload_url`, begun within `expires_in_s`."""

    upload_token: str
    upload_url: str
    expires_in_s: int


class ImportOf(Asked):
    spreadsheet_id: SpreadsheetId


class WriteAsked(Asked):
    #: The new tab's title; null: like the file. It is numbered when a tab has it already.
    title: Annotated[str, StringConstraints(min_length=1, max_length=80)] | None = None


class RowProblem(Given):
    row: int
    problem: str


class ImportGiven(Given):
    """An upload as it stands: read, on its way into the new tab, or done."""

    id: str
    name: str
    kind: Literal["csv", "xlsx"]
    #: The workbook's tab that was read, and all tabs it has.
    sheet: str | None
    sheets: list[str]
    #: The row of the header in the new tab.
    header_row: int
    headers: list[ColumnGiven]
    row_count: int
    column_count: int
    #: The first rows below the header, as text.
    preview: list[list[str]]
    #: What each recipe recognises in it.
    recipes: list[RecipeMatch]
    suggested_recipe: RecipeName | None
    #: Sentences about the file that a person may want to read.
    notes: list[str]
    #: Rows that a run of the suggested recipe would skip; the first of them one by one.
    skipped: int
    problems: list[RowProblem]
    state: Literal["read", "writing", "done"]
    rows_written: int
    #: Of everything: 0 to 1.
    fraction: float
    #: The new tab, once it is there.
    sheet_id: int | None
    sheet_name: str | None
    #: Seconds to wait before the next step, out of respect for the quota of Google Sheets.
    wait_s: int


class ImportsGiven(Given):
    """The caller's newest upload into this spreadsheet, while it is kept; else none."""

    imports: list[ImportGiven]
