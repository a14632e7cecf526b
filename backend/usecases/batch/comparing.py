"""A row as it stands, held against a result of ours."""

from __future__ import annotations

from collections.abc import Mapping

from backend.domain import results
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.ports import Entered
from backend.usecases.batch.entered import as_shown
from backend.usecases.batch.seen import Seen


def holds(recipe: Recipe, row: Seen, result: Result, where: Layout) -> bool:
    """Whether the row's output cells are exactly what this result writes."""
    return all(
        row.cell(where.columns.outputs.get(name)) == text
        for name, text in results.cells(recipe, result).items()
    )


def typed_over(
    recipe: Recipe, row: Seen, result: Result, before: Mapping[str, Entered], where: Layout
) -> bool:
    """Whether some cell shows neither what this result writes nor what it showed before that.

    What a formula showed before is not known: such a cell tells nothing.
    """
    for name, text in results.cells(recipe, result).items():
        value = before.get(name)
        shown = row.cell(where.columns.outputs.get(name))
        known = (text, as_shown(value))
        if "formulaValue" not in (value or {}) and shown not in known:
            return True
    return False
