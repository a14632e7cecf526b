"""Which column serves what: the exact header first, then aliases; case and spacing ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.domain.recipes import RECIPES, Recipe

_APART = re.compile(r"[\s_\-]+")


def folded(header: str) -> str:
    """A header as it is compared: case, spaces, underscores and hyphens do not matter."""
    return _APART.sub(" ", header).strip().casefold()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a recipe's columns stand in a header row (zero-based), and what is missing."""

    inputs: Mapping[str, int]
    #: Output name or "status" → column; absent names have to be added.
    outputs: Mapping[str, int]
    #: Names of required inputs without a column.
    missing: tuple[str, ...]
    #: One sentence that names what was found and what would be recognised; None when usable.
    problem: str | None


def recognise(recipe: Recipe, headers: Sequence[str], chosen: Mapping[str, str] | None = None) -> Columns:
    """Matches `headers` to the recipe. `chosen` (input name → header) goes before recognition; an input
    whose chosen header is empty is left out.

    A column is used once; of equal headers the leftmost free one serves.
    """
    names = [folded(header) for header in headers]
    taken: set[int] = set()
    outputs = _outputs(recipe, names, taken)
    inputs: dict[str, int] = {}
    unknown: list[str] = []

    def take(name: str, wanted: str) -> bool:
        column = next((i for i, have in enumerate(names) if have == wanted and i not in taken), None)
        if column is None or not wanted:
            return False
        taken.add(column)
        inputs[name] = column
        return True

    left_out = {name for name, header in (chosen or {}).items() if not header}
    for name, header in (chosen or {}).items():
        if name not in left_out and not take(name, folded(header)):
            unknown.append(header)
    waiting = [column for column in recipe.inputs if column.name not in inputs.keys() | left_out]
    for column in waiting:
        take(column.name, folded(column.header))
    for column in waiting:
        for alias in column.aliases:
            if column.name in inputs or take(column.name, folded(alias)):
                break
    missing = tuple(column.name for column in recipe.inputs if column.required and column.name not in inputs)
    return Columns(inputs, outputs, missing, _problem(recipe, headers, inputs, missing, unknown))


def _outputs(recipe: Recipe, names: Sequence[str], taken: set[int]) -> dict[str, int]:
    outputs: dict[str, int] = {}
    for name, header in recipe.written.items():
        column = next((i for i, have in enumerate(names) if have == folded(header)), None)
        if column is not None:
            outputs[name] = column
            taken.add(column)
    return outputs


def _problem(
    recipe: Recipe,
    headers: Sequence[str],
    inputs: Mapping[str, int],
    missing: Sequence[str],
    unknown: Sequence[str],
) -> str | None:
    found = ", ".join(f'"{header}"' for header in headers if header.strip()) or "no headers in the first row"
    if unknown:
        return f'There is no free column called "{unknown[0]}". Found: {found}.'
    if missing:
        column = recipe.input(missing[0])
        accepted = ", ".join(f'"{name}"' for name in (column.header, *column.aliases))
        return f'No column for "{column.header}" was found. Found: {found}. Recognised names: {accepted}.'
    if recipe.any_of and not any(name in inputs for name in recipe.any_of):
        wanted = [recipe.input(name) for name in recipe.any_of]
        either = " or ".join(f'"{column.header}"' for column in wanted)
        accepted = ", ".join(f'"{name}"' for column in wanted for name in (column.header, *column.aliases))
        return f"No column for {either} was found. Found: {found}. Recognised names: {accepted}."
    return None


def suggest(headers: Sequence[str]) -> str | None:
    """The recipe that fits a header row: the first usable one, in the order of `RECIPES`."""
    return next(
        (name for name, recipe in RECIPES.items() if recognise(recipe, headers).problem is None), None
    )


def known_headers() -> frozenset[str]:
    """Every header and alias that any recipe recognises, to find the header row of a file by."""
    return frozenset(
        name
        for recipe in RECIPES.values()
        for column in recipe.inputs
        for name in (column.header, *column.aliases)
    )


def letter(column: int) -> str:
    """A zero-based column as a sheet shows it: 0 → A, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
