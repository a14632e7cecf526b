"""What all payloads share: their two bases, the words of the domain as types, and problems."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SpreadsheetId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{10,120}$")]
JobId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{16,40}$")]
Header = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Mode = Literal["all", "only_empty", "only_failed", "stale"]
Priority = Literal["high", "normal", "low"]
Status = Literal["PENDING", "RUNNING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"]
Kind = Literal["background", "live", "undo"]
RecipeName = Literal["case_a", "case_b"]
RowStatus = Literal["done", "failed", "skipped", "stale", "gone", "cancelled"]
Move = Literal["pause", "resume", "cancel", "retry", "delete", "undo"]
SheetId = Annotated[int, Field(ge=0, lt=2**31)]
Row = Annotated[int, Field(ge=2, le=10_000_000)]
MicroUsd = Annotated[int, Field(ge=0, le=10**12)]
Cursor = Annotated[str, StringConstraints(max_length=500)]


class Asked(BaseModel):
    """The base of what comes in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """No fields at all."""


class Given(BaseModel):
    """The base of what goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Given):
    """application/problem+json (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    #: Machine-readable: "not_shared", "no_grant", "no_proof", …
    code: str | None = None
    fields: dict[str, str] | None = None
    trace_id: str | None = None
