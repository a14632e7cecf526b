"""A receipt for each row."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from backend.entrypoints.payloads.base import Asked, Given, RowStatus

#: "attempt-document-position": a receipt's id, and the cursor of a page of them.
RECEIPT_ID = r"^\d{1,6}-\d{1,9}-\d{1,9}$"


class RowsQuery(Asked):
    status: RowStatus | None = None
    error_class: Annotated[str, StringConstraints(max_length=60)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, StringConstraints(pattern=RECEIPT_ID)] | None = None


class ReceiptGiven(Given):
    #: Null while a live run's row is on its way into the sheet.
    id: str | None
    #: Where the row stood when it was accepted, and where it was last seen (null: nowhere).
    row: int
    written_row: int | None
    status: RowStatus
    error_class: str | None
    sentence: str | None
    outputs: dict[str, str]
    cached: bool
    attempts: int
    model: str
    recipe_version: int
    tokens_in: int
    tokens_out: int
    cost_microusd: int
    seconds: float
    #: The website's final address, and when the text that was used was read there.
    page_url: str | None
    page_at: datetime | None
    ended_at: datetime


class RowsGiven(Given):
    rows: list[ReceiptGiven]
    cursor: str | None


class PageGiven(Given):
    #: The final address, and all whose text is in it.
    url: str
    pages_read: list[str]
    title: str
    read_at: datetime
    #: As it stood in the prompt.
    text: str
