"""Finds what a restore of an undo has hit by mistake, and what shall stand there.

A restore hits the rows and columns that stand at its places when it arrives. What each row held before is
known from the look before it: so every cell that shows a restored value now and another one then was hit,
or put back rightly. Both are told alike: where the look saw our text, the state before the run belongs
there, and everywhere else what the look saw. After a takeover no look tells; then rows that were written
by the run go back to their state before it, and of other rows the restored texts are taken away again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from backend.domain.recipes import Recipe
from backend.domain.selection import Layout
from backend.ports import Entered
from backend.usecases.batch.entered import as_shown, strings
from backend.usecases.batch.intents import Fix
from backend.usecases.batch.looks import Look, Looks
from backend.usecases.batch.seen import Keep, Seen, rest_of
from backend.usecases.batch.whereabouts import Whereabouts
from backend.usecases.batch.written import Touched

#: What each restore wrote, without the cells that it emptied, by the longest text.
Texts = dict[str, list[set[str]]]


class Mending:
    """Keeps the restores until a look at their places, or a search, has verified them."""

    def __init__(
        self,
        recipe: Recipe,
        touched: Mapping[int, Touched],
        whereabouts: Whereabouts,
        frozen_outputs: Callable[[str], Mapping[str, str]],
        frozen_inputs: Callable[[int], Mapping[str, str]],
    ) -> None:
        self._recipe, self._touched, self._whereabouts = recipe, touched, whereabouts
        self._frozen_outputs, self._frozen_inputs = frozen_outputs, frozen_inputs
        #: Restores that may have missed.
        self.unverified: list[Fix] = []
        self._looks = Looks()
        #: Which row of the run a look shows, by the identity of what was seen.
        self._index_of: dict[int, int] = {}
        self._seen: set[int] = set()
        #: Those of them that put a row of the run back, by its index.
        self.restored: dict[int, Fix] = {}
        #: Places and columns of cells that were put right since the last verification.
        self._put_right: set[tuple[int, int]] = set()
        #: Rows of the run by their inputs without one; None where several have those.
        self._almost: dict[tuple[tuple[str, str], ...], int | None] = {}

    def saw(self, where: Layout, seen: Mapping[int, Seen], indexes: Mapping[int, int]) -> None:
        """What the look before a restore saw; `indexes` are the places of rows of the run."""
        index_at = {place: index for index, place in indexes.items()}
        for place, row in seen.items():
            if place >= where.first_row:
                row = replace(row, rest=rest_of(row.cells, where))
                self._looks.saw(where.headers, row)
                if place in index_at:
                    self._index_of[id(row)] = index_at[place]
        self._seen |= indexes.keys()

    def restores(self, fixes: Mapping[int, Fix]) -> None:
        """What is sent of rows of the run, by index."""
        self.unverified = [*self.unverified, *fixes.values()]
        self._almost.clear()
        self.restored.update(fixes)

    def mends(self, fixes: Iterable[Fix]) -> None:
        """What is sent to put right what restores have hit."""
        self.unverified = [*self.unverified, *fixes]
        self._almost.clear()

    def mended(self, fixes: Iterable[Fix]) -> None:
        """Sheets said that it has written these."""
        self._put_right |= {(fix.place, column) for fix in fixes for column in fix.cells}

    def verified(self) -> None:
        self.unverified = []
        self._looks.forget()
        self._index_of.clear()
        self._seen.clear()
        self.restored.clear()
        self._put_right.clear()
        self._almost.clear()

    def keep(self) -> Keep:
        """What a search has to remember of the tab."""
        known = self._looks.fingerprints
        return Keep(self._texts().keys(), known, known | self._whereabouts.fingerprints, rests=True)

    def same(self, where: Layout, row: Seen, index: int, values: set[str]) -> bool | None:
        """Whether the look took this row for `index`, its inputs edited since or not; None: no look tells."""
        if index not in self._seen:
            return None
        look = self._look_of(where, row, values)
        return look is not None and self._index_of.get(id(look[1])) == index

    def find(self, where: Layout, rows: Sequence[Seen]) -> tuple[list[Fix], dict[int, tuple[int, str]]]:
        """What is to be put right, and where rows of the run stand now: index → place and fingerprint."""
        values, texts = self.values(), self._texts()
        fixes: list[Fix] = []
        found: dict[int, tuple[int, str]] = {}
        recognised = self._whereabouts.recognised(rows)
        others, mended = set(recognised.values()), self._mended(values)
        for place, row in enumerate(rows[where.first_row :], where.first_row):
            look = self._look_of(where, row, values)
            if (
                look is not None
                and look[1].rest != row.rest
                and self._whereabouts.are_several(row.fingerprint)
            ):
                look = None  # it saw an equal row
            run = index = self._index_of.get(id(look[1])) if look is not None else None
            if look is None:
                index = recognised.get(place)
                run = index if index is not None else self._whereabouts.first_with(row.fingerprint)
                if run is None:
                    index = run = self._edited(where, row, others)
            if index is not None:
                found[index] = (place, row.fingerprint)
            if look is not None:
                right = self._by_look(where, row, look, run, values)
            elif run is not None:
                right = self._by_run(where, row, run, values)
            else:
                right = self._without(where, row, texts) | mended(row)
            right |= self._under_no_header(where, row, texts)
            cells = {column: value for column, value in right.items() if row.cell(column) != as_shown(value)}
            cells = {column: value for column, value in cells.items() if self._may(place, column, value)}
            if cells:
                held = {column: row.cell(column) for column in cells}
                fixes.append(Fix(place, row.fingerprint, row.fingerprint, cells, held))
        return fixes, found

    def _may(self, place: int, column: int, value: Entered) -> bool:
        """A formula is put back once: what it shows is not known, so it would look wrong for ever."""
        return (place, column) not in self._put_right or "formulaValue" not in (value or {})

    # ── which row it is ────────────────────────────────────────────────────────────────────────────

    def _look_of(self, where: Layout, row: Seen, values: set[str]) -> Look | None:
        if (look := self._looks.like(where, row)) is not None:
            return look
        inputs = where.columns.inputs
        hit = {column for column in range(len(where.headers)) if row.cell(column) in values}
        may_differ = {*hit, *where.columns.outputs.values()}
        # Its inputs were hit, or somebody has edited one of them.
        for unlike in [
            {name for name, column in inputs.items() if column in hit},
            *({name} for name in inputs),
        ]:
            same = {name: column for name, column in inputs.items() if name not in unlike}
            if look := self._looks.of(where, row, same, may_differ | {inputs[name] for name in unlike}):
                return look
        return None

    def _edited(self, where: Layout, row: Seen, others: Collection[int]) -> int | None:
        """Which row of the run it is by all inputs but one, which somebody has edited; no look knows it."""
        if not self._almost:
            mended = {self._whereabouts.first_with(fix.fingerprint) for fix in self.unverified}
            for index in [*sorted(self.restored), *sorted(i for i in mended if i is not None)]:
                asked = self._frozen_inputs(index)
                for unlike in where.columns.inputs:
                    key = tuple((n, asked.get(n, "")) for n in where.columns.inputs if n != unlike)
                    other = self._almost.setdefault(key, index)
                    if other is not None and self._asked(other) != self._asked(index):
                        self._almost[key] = None
        for unlike in where.columns.inputs:
            key = tuple((n, row.cell(c).strip()) for n, c in where.columns.inputs.items() if n != unlike)
            if any(text for _, text in key) and (found := self._almost.get(key)) is not None:
                return next((i for i in self._whereabouts.equals(found) if i not in others), None)
        return None

    def _asked(self, index: int) -> str:
        """The fingerprint at the time of the run."""
        return self._touched[index].result.fingerprint

    # ── what belongs there ─────────────────────────────────────────────────────────────────────────

    def _by_look(
        self, where: Layout, row: Seen, look: Look, index: int | None, values: set[str]
    ) -> dict[int, Entered]:
        headers, seen = look
        run = self._touched[index] if index is not None else None
        names = {column: name for name, column in where.columns.outputs.items()}
        right: dict[int, Entered] = {}
        for column, header in enumerate(where.headers):
            if not header.strip() or header not in headers or row.cell(column) not in values:
                continue
            then, name = headers.index(header), names.get(column)
            if run is not None and name in run.wrote and seen.cell(then) == run.wrote[name]:
                right[column] = run.before[name]
            elif seen.cell(then) != row.cell(column):
                right[column] = seen.entered(then)
        return right

    def _by_run(self, where: Layout, row: Seen, index: int, values: set[str]) -> dict[int, Entered]:
        run = self._touched[index]
        return {
            column: run.before[name]
            for name, column in where.columns.outputs.items()
            if name in run.wrote and row.cell(column) in values and row.cell(column) != run.wrote[name]
        }

    def _without(self, where: Layout, row: Seen, texts: Texts) -> dict[int, Entered]:
        put_in = _shown_in(row, texts)
        belongs = strings(self._frozen_outputs(row.fingerprint))
        return {
            column: belongs.get(name)
            for name, column in where.columns.outputs.items()
            if row.cell(column) in put_in
        }

    def _mended(self, values: set[str]) -> Callable[[Seen], dict[int, Entered]]:
        """What earlier repairs were to put there."""
        fixes: dict[str, list[Fix]] = {}
        for fix in self.unverified:
            fixes.setdefault(fix.showed, []).append(fix)
        return lambda row: {
            column: value
            for fix in (fixes.get(row.fingerprint, ()) if row.fingerprint else ())
            for column, value in fix.cells.items()
            if row.cell(column) in values
        }

    def _under_no_header(self, where: Layout, row: Seen, texts: Texts) -> dict[int, Entered]:
        put_in = _shown_in(row, texts)
        return {
            column: None
            for column in row.cells
            if row.cell(column) in put_in and not (where.headers[column : column + 1] or [""])[0].strip()
        }

    def values(self) -> set[str]:
        """What every restore that may have missed has put somewhere."""
        return {as_shown(value) for fix in self.unverified for value in fix.cells.values()}

    def _texts(self) -> Texts:
        found: Texts = {}
        for fix in self.unverified:
            if texts := {as_shown(value) for value in fix.cells.values() if value}:
                found.setdefault(max(texts, key=len), []).append(texts)
        return found


def _shown_in(row: Seen, texts: Texts) -> set[str]:
    """The texts of those restores of which a row shows every one."""
    shown = {row.cell(column) for column in row.cells}
    if shown and not row.fingerprint and any(shown <= one for ones in texts.values() for one in ones):
        return shown  # an empty row, of which a repair that missed has overwritten the others
    return set().union(*(one for cell in shown for one in texts.get(cell, ()) if one <= shown))
