"""What all payloads share: their two bases, the words of the domain as types, and problems."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from backend.entrypoints.field_notes import notes

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


class Payload(BaseModel):
    """The base of all; the comments above its fields are their descriptions in the OpenAPI."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        fields = handler.resolve_ref_schema(schema).get("properties", {})
        for name, note in notes(cls).items():
            fields[name]["description"] = note
        return schema


class Asked(Payload):
    """What comes in."""


class Nothing(Asked):
    """No fields at all."""


class Given(Payload):
    """What goes out."""


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
