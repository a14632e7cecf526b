"""Puts right what our text displaced: where it stands beside other inputs, what belongs there comes back.

A repair is a write like any other: somebody may sort at the same moment. So what was put back is looked at
again by the next search, until a whole search finds nothing wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend.domain import results
from backend.domain.cells import as_text
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.errors import TryLater
from backend.ports import Area, Entered
from backend.usecases.batch.intents import Sent
from backend.usecases.batch.looking import Call, Seen, TabView


class Beside:
    """What rightly stands beside a row; asked for only when something has to be found or put right."""

    def __init__(
        self,
        accepted: Callable[[], Mapping[str, tuple[int, ...]]],
        frozen_outputs: Callable[[str], Mapping[str, str]],
        placed: Callable[[set[int], set[int]], Mapping[int, Result]],
    ) -> None:
        #: The indexes of the job's rows, by fingerprint.
        self.accepted = accepted
        #: Output cells that stood beside a fingerprint when the rows were frozen.
        self.frozen_outputs = frozen_outputs
        #: Results of those of the given rows that were verified at a place, or are said to be now.
        self.placed = placed


@dataclass(frozen=True, slots=True)
class Suspect:
    """A result that was not found where it was written: its text may stand elsewhere."""

    result: Result
    sent: Sent


@dataclass(frozen=True, slots=True)
class Fix:
    """Cells of one row that are put back; `fingerprint` is the row's, whose text stood there wrongly."""

    place: int
    fingerprint: str
    cells: dict[int, Entered]
    #: The suspect whose text it was; None for a repair that missed.
    index: int | None = None
    #: The row by the last look before the repair, and the headers then: columns may move, too.
    headers: tuple[str, ...] = ()
    seen: Seen | None = None


class Repairs:
    """Finds what is displaced. Keeps the repairs that no search has verified yet."""

    def __init__(self, recipe: Recipe, beside: Beside) -> None:
        self._recipe, self._beside = recipe, beside
        self._unverified: list[Fix] = []

    @property
    def unverified(self) -> bool:
        return bool(self._unverified)

    @property
    def columns(self) -> set[int]:
        """Columns that unverified repairs wrote to."""
        return {column for fix in self._unverified for column in fix.cells}

    def made(self, fixes: list[Fix]) -> None:
        self._unverified = fixes

    def find(
        self,
        where: Layout,
        rows: Sequence[Seen],
        suspects: Mapping[int, Suspect],
        lost: set[int],
        settled: set[int],
    ) -> list[Fix]:
        """What is to be put back now.

        `lost` are suspects whose inputs stand nowhere: somebody edited them. `settled` are rows that were
        verified just now, which no document tells yet.
        """
        wrong = [*self._displaced(where, rows, suspects), *self._missed(where, rows)]
        owners = {
            index: fix.fingerprint
            for fix in wrong
            for index in self._beside.accepted().get(fix.fingerprint, ())
        }
        placed = self._beside.placed(set(owners), settled) if owners else {}
        own = {owners[index]: result for index, result in placed.items()}
        fixes: list[Fix] = []
        for fix in wrong:
            suspect = suspects.get(fix.index) if fix.index is not None else None
            right = self._right_cells(where, fix, suspect, own.get(fix.fingerprint), lost)
            row = rows[fix.place - where.first_row]
            if any(row.cell(column) != _text(value) for column, value in right.items()):
                fixes.append(Fix(fix.place, fix.fingerprint, right, fix.index))
        return fixes

    def _displaced(self, where: Layout, rows: Sequence[Seen], suspects: Mapping[int, Suspect]) -> list[Fix]:
        """Rows that hold a whole text of a suspect, beside other inputs or in columns that are not ours."""
        shapes: dict[tuple[tuple[str, int], ...], dict[tuple[str, ...], list[int]]] = {}
        for index, suspect in suspects.items():
            texts = results.cells(self._recipe, suspect.result)
            for at in (where.columns.outputs, suspect.sent.columns):
                if all(name in at for name in texts):
                    shape = tuple((name, at[name]) for name in sorted(texts))
                    key = tuple(texts[name] for name in sorted(texts))
                    shapes.setdefault(shape, {}).setdefault(key, []).append(index)
        wrong: list[Fix] = []
        for shape, texts_of in shapes.items():
            moved = [column for name, column in shape if where.columns.outputs.get(name) != column]
            for offset, row in enumerate(rows):
                indexes = texts_of.get(tuple(row.cell(column) for _, column in shape))
                if not indexes:
                    continue
                place = where.first_row + offset
                rightly = any(suspects[i].result.fingerprint == row.fingerprint for i in indexes)
                index = next((i for i in indexes if suspects[i].sent.places[i] == place), indexes[0])
                columns = moved if rightly else [column for _, column in shape]
                if columns:
                    wrong.append(Fix(place, row.fingerprint, dict.fromkeys(columns), index))
        return wrong

    def _missed(self, where: Layout, rows: Sequence[Seen]) -> list[Fix]:
        """Earlier repairs whose row moved away at that moment: they stand beside another one now."""
        missed: list[Fix] = []
        for fix in self._unverified:
            offset = fix.place - where.first_row
            row = rows[offset] if 0 <= offset < len(rows) else None
            if row is None:
                continue
            moved = [c for c in fix.cells if where.headers[c : c + 1] != fix.headers[c : c + 1]]
            hit = moved if row.fingerprint == fix.fingerprint else list(fix.cells)
            if hit and all(row.cell(column) == _text(fix.cells[column]) for column in hit):
                cells: dict[int, Entered] = dict.fromkeys(hit)
                missed.append(Fix(fix.place, row.fingerprint, cells, None, fix.headers, fix.seen))
        return missed

    def _right_cells(
        self, where: Layout, fix: Fix, suspect: Suspect | None, own: Result | None, lost: set[int]
    ) -> dict[int, Entered]:
        names = {column: name for name, column in where.columns.outputs.items()}
        outputs = self._outputs(fix.fingerprint, suspect, own, lost)
        return {
            column: outputs.get(names[column])
            if column in names
            else _before_in_column(where, column, fix, suspect)
            for column in fix.cells
        }

    def _outputs(
        self, fingerprint: str, suspect: Suspect | None, own: Result | None, lost: set[int]
    ) -> Mapping[str, Entered]:
        """Our own verified result for that row; else what stood beside it before we came."""
        if own is not None:
            before = self._beside.frozen_outputs(fingerprint)
            return _strings({**before, **results.cells(self._recipe, own)})
        if suspect is not None and (
            fingerprint == suspect.result.fingerprint
            or (suspect.result.index in lost and fingerprint not in self._beside.accepted())
        ):
            return dict(suspect.sent.before_of(suspect.result.index))
        return _strings(self._beside.frozen_outputs(fingerprint))


def confirmed(
    fixes: list[Fix], view: TabView, where: Layout, rows: Sequence[Seen]
) -> Generator[Call, Any, list[Fix]]:
    """Looks at the cells once more right before they are put right: a search takes its time.

    Gives those that stand as the search saw them. Raises `TryLater` when columns have moved.
    """
    now, seen = yield from view.look({fix.place for fix in fixes})
    if now != where:
        raise TryLater("The sheet's columns moved while it was looked through.", delay_s=1)
    return [
        replace(fix, headers=now.headers, seen=seen[fix.place])
        for fix in fixes
        if fix.place in seen
        and seen[fix.place].fingerprint == fix.fingerprint
        and all(seen[fix.place].cell(c) == rows[fix.place - where.first_row].cell(c) for c in fix.cells)
    ]


def cells_of(sheet_id: int, fixes: list[Fix]) -> list[tuple[Area, Entered]]:
    """The single cells of repairs, as they are restored."""
    return [
        (Area(sheet_id, fix.place, fix.place + 1, column, column + 1), value)
        for fix in fixes
        for column, value in fix.cells.items()
    ]


def _before_in_column(where: Layout, column: int, fix: Fix, suspect: Suspect | None) -> Entered:
    """What a person's own column held, by the look before a write that a moved column made miss."""
    header = where.headers[column] if column < len(where.headers) else ""
    headers, rows = fix.headers, [fix.seen] if fix.seen is not None else []
    if suspect is not None:
        headers, rows = suspect.sent.headers, list(suspect.sent.seen.values())
    if not header.strip() or header not in headers:
        return None  # the column is new, or the look was another process's: our text goes, nothing comes
    row = next((row for row in rows if row.fingerprint == fix.fingerprint), None)
    return row.entered(headers.index(header)) if row is not None else None


def _strings(texts: Mapping[str, str]) -> dict[str, Entered]:
    return {name: {"stringValue": text} for name, text in texts.items() if text}


def _text(entered: Entered) -> str:
    return "" if entered is None else as_text(next(iter(entered.values())))
