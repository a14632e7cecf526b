"""From the selection that a call names to the wish that use cases take."""

from __future__ import annotations

from typing import Any

from backend.domain.job import Filter
from backend.entrypoints.payloads.selection import Selection
from backend.usecases.create_job import Wish


def wish(asked: Selection, *sheet_ids: int, **more: Any) -> Wish:
    """What jobs, estimates and schedules have in common; `more` is what only one of them asks."""
    return Wish(
        spreadsheet_id=asked.spreadsheet_id,
        sheet_ids=sheet_ids,
        recipe=asked.recipe,
        columns=asked.columns,
        mode=asked.mode,
        filter=Filter(asked.filter.column, asked.filter.value) if asked.filter else None,
        start_row=asked.start_row,
        max_rows=asked.max_rows,
        fresh=asked.fresh,
        fallback=asked.fallback,
        budget_microusd=asked.budget_microusd,
        **more,
    )
