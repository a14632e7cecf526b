"""The columns that a run writes: which of them a tab lacks, and how they are added."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.selection import Layout
from backend.ports import Sheets, Tab
from backend.usecases.batch.sheet_calls import CALL_TIMEOUT_S, Call


def missing_outputs(recipe: Recipe, where: Layout) -> list[str]:
    """Headers of output columns that the tab does not have (any more)."""
    return [header for name, header in recipe.written.items() if name not in where.columns.outputs]


def add_outputs(
    job: Job, sheets: Sheets, tab: Tab, where: Layout, headers: Sequence[str]
) -> Generator[Call, Any, Tab]:
    """Inserts output columns behind the last header; gives the tab's new size."""
    used = max((i + 1 for i, header in enumerate(where.headers) if header.strip()), default=0)
    yield Call(
        "writes",
        lambda: sheets.add_columns(
            job.spreadsheet_id, tab, where.header_row, used, headers, timeout_s=CALL_TIMEOUT_S
        ),
    )
    return replace(tab, columns=tab.columns + len(headers))
