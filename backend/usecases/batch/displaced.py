"""Finds text of ours beside other inputs or in other columns than its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from backend.domain import results
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.usecases.batch.comparing import holds
from backend.usecases.batch.intents import Sent
from backend.usecases.batch.seen import Seen

#: Fingerprint → results that belong beside it.
Belongs = Mapping[str, Collection[Result]]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A result that was not found where it was written: its text may stand elsewhere."""

    result: Result
    sent: Sent


@dataclass(slots=True)
class Texts:
    """Texts that one result writes, by output name; several rows may have the same."""

    by_name: Mapping[str, str]
    indexes: list[int] = field(default_factory=list)

    @property
    def all(self) -> set[str]:
        return set(self.by_name.values())

    @property
    def longest(self) -> str:
        return max(self.by_name.values(), key=len)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Columns of a row that may hold what does not belong there."""

    place: int
    row: Seen
    columns: tuple[int, ...]
    #: The suspect whose text it is; None where a repair may have missed.
    index: int | None = None
    #: Nobody knows what the row showed before: only where our own result belongs, it is put back.
    guessed: bool = False
    #: Columns whose text a repair was to replace.
    held: frozenset[int] = frozenset()


def texts_of(recipe: Recipe, suspects: Mapping[int, Suspect]) -> list[Texts]:
    found: dict[tuple[tuple[str, str], ...], Texts] = {}
    for index, suspect in suspects.items():
        by_name = {name: text for name, text in results.cells(recipe, suspect.result).items() if text}
        texts = found.setdefault(tuple(sorted(by_name.items())), Texts(by_name))
        texts.indexes.append(index)
    return list(found.values())


def displaced(
    recipe: Recipe, where: Layout, rows: Sequence[Seen], suspects: Mapping[int, Suspect], belongs: Belongs
) -> list[Wrong]:
    """Cells that hold a text of a suspect, but for rows that hold what `belongs` beside them.

    Two companies may well have the same category, and even the same question.
    """
    by_longest: dict[str, list[Texts]] = {}
    for texts in texts_of(recipe, suspects):
        by_longest.setdefault(texts.longest, []).append(texts)
    wrong: list[Wrong] = []
    for place, row in enumerate(rows):
        held = {cell for cell in row.cells.values() if isinstance(cell, str)}
        found = [texts for cell in held for texts in by_longest.get(cell, ())]
        if not found:
            continue
        texts = max(found, key=lambda texts: len(held & texts.all))
        if len(held & texts.all) < min(2, len(texts.all)) or _is_anothers(where, row, texts, held):
            continue
        own = [r for r in belongs.get(row.fingerprint, ()) if holds(recipe, row, r, where)]
        rightly = set(where.columns.outputs.values()) if own else set()
        columns = tuple(c for c, cell in row.cells.items() if cell in texts.all and c not in rightly)
        if columns:
            here = (i for i in texts.indexes if suspects[i].sent.places[i] == place)
            wrong.append(Wrong(place, row, columns, next(here, texts.indexes[0])))
    return wrong


def _is_anothers(where: Layout, row: Seen, texts: Texts, held: set[str]) -> bool:
    """Whether another text stands where one of these would: two companies may share all but their names."""
    missing = [name for name, text in texts.by_name.items() if text not in held]
    shown = {row.cell(where.columns.outputs.get(name)) for name in missing}
    return bool(shown - texts.all - {""})
