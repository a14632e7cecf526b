"""A row of the tab as it stands now, and how much of it is remembered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from backend.domain.cells import as_text
from backend.domain.recipes import Recipe
from backend.domain.rows import fingerprint
from backend.domain.selection import Layout
from backend.ports import Cell, Entered


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as it stands now: its fingerprint, and its cells that are not empty, by column."""

    fingerprint: str
    cells: Mapping[int, Cell]
    #: A hash of the row with its headers, whatever of it is remembered; 0 where nobody asked for one.
    picture: int = 0
    #: A hash of its cells outside the run's columns; 0 where nobody asked for one, or all are empty.
    rest: int = 0

    def cell(self, column: int | None) -> str:
        """A cell as text."""
        return as_text(self.cells.get(column)) if column is not None else ""

    def entered(self, column: int) -> Entered:
        """A cell as it would be typed again; of a formula, what it showed."""
        value = self.cells.get(column)
        if value is None:
            return None
        kind = (
            "boolValue"
            if isinstance(value, bool)
            else "stringValue"
            if isinstance(value, str)
            else "numberValue"
        )
        return {kind: value}


@dataclass(frozen=True, slots=True)
class Keep:
    """Rows of which a scan remembers every cell; of the others, the output columns' alone."""

    #: Rows that hold one of these texts in any column.
    texts: Collection[str] = ()
    #: Rows with these fingerprints.
    fingerprints: Collection[str] = ()
    #: Rows with other fingerprints than these.
    strangers_to: Collection[str] | None = None
    #: Rows with other pictures than these.
    other_than: Collection[int] | None = None
    #: Whether a hash of every row's rest is remembered.
    rests: bool = False

    def whole(self, fingerprint: str, row: Sequence[Cell], picture: int) -> bool:
        """Whether every cell of a row is to be remembered."""
        return (
            fingerprint in self.fingerprints
            or (self.strangers_to is not None and fingerprint not in self.strangers_to)
            or (self.other_than is not None and picture not in self.other_than)
            or any(cell in self.texts for cell in row)
        )


#: Of no row more than the cells of the outputs' columns.
OUTPUTS_ALONE = Keep()


def as_seen(recipe: Recipe, row: Sequence[Cell], where: Layout, place: int, keep: Keep | None = None) -> Seen:
    """A row as it was read; without `keep` every cell of it is remembered, and no hash."""
    inputs: Mapping[str, int] = where.columns.inputs
    cells = [
        as_text(row[inputs[column.name]]) if column.name in inputs and inputs[column.name] < len(row) else ""
        for column in recipe.inputs
    ]
    known = fingerprint(cells) if place >= where.first_row else ""
    if keep is None:
        return Seen(known, {c: cell for c, cell in enumerate(row) if cell != ""})
    picture = _picture(row, where.headers)
    rest = rest_of(dict(enumerate(row)), where) if keep.rests else 0
    if keep.whole(known, row, picture):
        return Seen(known, {c: cell for c, cell in enumerate(row) if cell != ""}, picture, rest)
    outputs = (c for c in where.columns.outputs.values() if c < len(row))
    return Seen(known, {c: row[c] for c in outputs if row[c] != ""}, picture, rest)


def _picture(row: Sequence[Cell], headers: Sequence[str]) -> int:
    """The same for a row whose columns have been moved."""
    return hash(frozenset((header, cell) for header, cell in zip(headers, row, strict=False) if cell != ""))


def rest_of(cells: Mapping[int, Cell], where: Layout) -> int:
    """64 bits that stand for a row's cells outside the run's columns, in any process."""
    run = {*where.columns.inputs.values(), *where.columns.outputs.values()}
    rest = sorted(
        (where.headers[column], as_text(cell))
        for column, cell in cells.items()
        if cell != "" and column not in run and where.headers[column : column + 1] > ("",)
    )
    told = json.dumps(rest).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), signed=True) if rest else 0
