"""A receipt for each row."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from backend.entrypoints.payloads.base import Asked, Given, RowStatus


class RowsQuery(Asked):
    status: RowStatus | None = None
    error_class: Annotated[str, StringConstraints(max_length=60)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, StringConstraints(pattern=r"^\d{1,6}-\d{1,9}-\d{1,9}$")] | None = None


class ReceiptGiven(Given):
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
    page_url: str | None
    ended_at: datetime


class RowsGiven(Given):
    rows: list[ReceiptGiven]
    cursor: str | None
