"""What a run would find, cost and ask."""

from __future__ import annotations

from typing import Literal

from backend.entrypoints.payloads.base import Given, SheetId
from backend.entrypoints.payloads.selection import Selection


class EstimateAsked(Selection):
    sheet_id: SheetId


class PromptGiven(Given):
    row: int
    system: str
    user: str


class Range(Given):
    low: int
    mid: int
    high: int


class EstimateGiven(Given):
    rows_found: int
    without_inputs: int
    already_filled: int
    #: Rows equal to an earlier one of the selection: they share its answer.
    duplicates: int
    already_answered: int
    calls: int
    cost_microusd: Range
    #: How the cost was found: "bills" (this recipe's last ones) or "lengths" (of the prompts).
    cost_from: Literal["bills", "lengths"]
    model: str
    seconds: Range
    #: 1 is next; 0 means it would start at once.
    place_in_line: int
    sample_prompt: PromptGiven | None
    #: Sentences to read before pressing the button.
    warnings: list[str]
