"""Which rows to run over, and how: the part that jobs, estimates and schedules have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backend.entrypoints.payloads.base import Asked, Header, MicroUsd, Mode, RecipeName, Row, SpreadsheetId


class FilterAsked(Asked):
    column: Header
    value: Annotated[str, StringConstraints(max_length=500)]


class Selection(Asked):
    """Which rows of which tab, by which recipe."""

    spreadsheet_id: SpreadsheetId
    recipe: RecipeName
    #: Input name → header, where the person chose another column than the recognised one; empty: none.
    columns: dict[str, Header | Literal[""]] = Field(default_factory=dict, max_length=10)
    #: `stale`: filled by us from inputs, a recipe or a model that have changed since.
    mode: Mode = "only_empty"
    #: Only rows whose column (by its header) shows this value.
    filter: FilterAsked | None = None
    start_row: Row = 2
    #: How many rows from the start row on; null: all.
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    #: Ask the model anew even where an equal row has been answered.
    fresh: bool = False
    #: Case B: where the page fails, use keywords and description if the row has them.
    fallback: bool = True
    #: The job pauses when this is reached; null: no limit of its own.
    budget_microusd: MicroUsd | None = None
