"""Which rows of a tab a job takes, decided from the cells as they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.domain.cells import as_text, is_blank
from backend.domain.headers import Columns, folded, recognise
from backend.domain.job import Job
from backend.domain.recipes import RECIPES, Recipe
from backend.domain.rows import Row, fingerprint, inputs_of

#: The header is looked for in so many rows at the top.
HEADER_ROWS = 10
#: Characters of a cell that a filter goes by.
FILTER_CHARS = 500


@dataclass(frozen=True, slots=True)
class Layout:
    """A tab's header: its row, its texts, and the columns that serve the recipe."""

    header_row: int
    headers: tuple[str, ...]
    columns: Columns

    @property
    def first_row(self) -> int:
        """The first row of data, zero-based."""
        return self.header_row + 1


def layout(
    recipe: Recipe, top: Sequence[Sequence[object]], chosen: Mapping[str, str] | None = None
) -> Layout:
    """Finds the header among the top rows: the first that serves the recipe.

    Else the first of several cells, since no recipe makes do with one column: a title has one. Else the first
    that is not blank.
    """
    rows = [tuple(as_text(cell) for cell in row) for row in top[:HEADER_ROWS]]
    for number, headers in enumerate(rows):
        columns = recognise(recipe, headers, chosen)
        if columns.problem is None:
            return Layout(number, headers, columns)
    cells = [sum(not is_blank(cell) for cell in row) for row in rows]
    first = next((n for least in (2, 1) for n, filled in enumerate(cells) if filled >= least), 0)
    headers = rows[first] if rows else ()
    return Layout(first, headers, recognise(recipe, headers, chosen))


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the tab: its input cells as text by name, its fingerprint, and its output cells."""

    place: int
    cells: Mapping[str, str]
    fingerprint: str
    outputs: Mapping[str, str]
    filter_value: str | None
    blank: bool


def found(
    recipe: Recipe, where: Layout, place: int, row: Sequence[object], filter_column: int | None
) -> Found:
    """Reads one row of the tab by the layout."""
    texts = [as_text(cell) for cell in row]

    def at(column: int) -> str:
        return texts[column] if column < len(texts) else ""

    cells = {name: at(column) for name, column in where.columns.inputs.items()}
    return Found(
        place,
        cells,
        fingerprint([cells.get(column.name, "") for column in recipe.inputs]),
        {name: at(column) for name, column in where.columns.outputs.items()},
        at(filter_column) if filter_column is not None else None,
        all(is_blank(text) for text in texts),
    )


def filter_column(wanted: str, headers: Sequence[str]) -> int | None:
    """The leftmost column with this header; spaces alone are nobody's, though a column may have no header."""
    name = folded(wanted)
    return next((i for i, header in enumerate(headers) if name and folded(header) == name), None)


def filled(recipe: Recipe, row: Found) -> bool:
    """Whether every output has something in it."""
    return all(not is_blank(row.outputs.get(output.name, "")) for output in recipe.outputs)


def partly_filled(recipe: Recipe, row: Found) -> bool:
    """Whether some outputs have something in them, and others have not."""
    blank = [is_blank(row.outputs.get(output.name, "")) for output in recipe.outputs]
    return any(blank) and not all(blank)


def filter_text(text: str) -> str:
    """A cell's text as filters offer and compare it."""
    return text.strip()[:FILTER_CHARS].rstrip()


def passes_filter(job: Job, row: Found) -> bool:
    return job.filter is None or filter_text(row.filter_value or "") == filter_text(job.filter.value)


def takes(job: Job, row: Found, is_stale: Callable[[Found], bool]) -> bool:
    """Whether the job accepts this row. Start row, number of rows and trailing blanks are the caller's."""
    if not passes_filter(job, row):
        return False
    match job.mode:
        case "only_empty":
            return not filled(RECIPES[job.recipe], row)
        case "only_failed":
            return row.outputs.get("status", "").startswith("❌")
        case "stale":
            return is_stale(row)
    return True


def accepted(recipe: Recipe, index: int, row: Found) -> Row:
    return Row(index, row.place, row.fingerprint, inputs_of(recipe, row.cells))


def frozen_layout(
    recipe: Recipe, top: Sequence[Sequence[object]], columns: Mapping[str, str]
) -> Layout | None:
    """The layout by the headers that the job was frozen with, and no others; None when one is not there.

    A column that appeared since and would be recognised must not change the rows' fingerprints.
    """
    where = layout(recipe, top, columns)
    if where.columns.problem is not None:
        return None
    inputs = {name: column for name, column in where.columns.inputs.items() if name in columns}
    return Layout(where.header_row, where.headers, replace(where.columns, inputs=inputs))
