"""A row as it stands, held against a result of ours."""

from __future__ import annotations

from collections.abc import Mapping

from backend.domain import results
from backend.domain.cells import as_text
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.ports import Entered
from backend.usecases.batch.looking import Seen


def holds(recipe: Recipe, row: Seen, result: Result, where: Layout) -> bool:
    """Whether the row's output cells are exactly what this result writes."""
    return all(
        row.cell(where.columns.outputs.get(name)) == text
        for name, text in results.cells(recipe, result).items()
    )


def as_before(
    recipe: Recipe, row: Seen, result: Result, before: Mapping[str, Entered], where: Layout
) -> bool:
    """Whether the row's cells show what they showed before our write (a formula may show anything)."""
    names = results.cells(recipe, result)
    return all(
        "formulaValue" in value or row.cell(column) == as_text(next(iter(value.values()), None))
        for name, column in where.columns.outputs.items()
        if name in names
        for value in [before.get(name) or {}]
    )
