"""Where the rows of an ended run stand now, and what tells them from others.

A row is known by its inputs. Several rows may have the same, and somebody may edit them: so the rest of its
cells, those outside the run's columns, is remembered as a hash from the first look that saw the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from backend.domain import placement
from backend.domain.selection import Layout
from backend.usecases.batch.seen import Seen, rest_of
from backend.usecases.batch.standing import Expected
from backend.usecases.batch.written import Touched


class Whereabouts:
    """Of each row of the run: its place, its fingerprint now, and its rest."""

    def __init__(self, touched: Mapping[int, Touched], rests: Mapping[int, int]) -> None:
        self._touched = touched
        self.at = {index: row.place for index, row in touched.items()}
        self.prints = {index: row.result.fingerprint for index, row in touched.items()}
        self._rests: dict[int, int] = {}
        #: Of whom a rest was learnt since those were told.
        self._new: set[int] = set()
        #: Every fingerprint that a row had, the run's and those since.
        self._by_print: dict[str, list[int]] = {}
        #: How many rows are known by a fingerprint and a rest together.
        self._with_both: Counter[tuple[str, int]] = Counter()
        for index, known in self.prints.items():
            self._by_print.setdefault(known, []).append(index)
            self._remember(index, rests.get(index, 0))

    @property
    def fingerprints(self) -> set[str]:
        return set(self._by_print)

    def expected(self, index: int) -> Expected:
        return Expected(index, self.at[index], self.prints[index])

    def first_with(self, fingerprint: str) -> int | None:
        """The first row of the run that has or had these inputs."""
        return self._by_print.get(fingerprint, [None])[0]

    def equals(self, index: int) -> list[int]:
        return self._by_print[self._touched[index].result.fingerprint]

    def are_several(self, fingerprint: str) -> bool:
        """Whether several rows of the run have or had these inputs."""
        return len(self._by_print.get(fingerprint, ())) > 1

    def learnt(self) -> dict[int, int]:
        """Rests that were not told yet, by index."""
        new = {index: self._rests.get(index, 0) for index in self._new}
        self._new.clear()
        return new

    def saw(self, index: int, place: int, fingerprint: str, rest: int) -> None:
        """This row is `index`."""
        self.moved(index, place, fingerprint)
        if self._rests.get(index, 0) != rest:
            self._forget(index)
            self._remember(index, rest)
            self._new.add(index)

    def moved(self, index: int, place: int, fingerprint: str) -> None:
        self.at[index] = place
        if fingerprint != self.prints[index]:
            rest = self._forget(index)
            self.prints[index] = fingerprint
            self._remember(index, rest)
            if index not in (known := self._by_print.setdefault(fingerprint, [])):
                known.append(index)

    def is_another(self, index: int, row: Seen, where: Layout) -> bool:
        """Whether a row with the inputs of `index` is known as another row of the run."""
        rest = rest_of(row.cells, where)
        return self._rests.get(index) != rest and self._with_both[row.fingerprint, rest] > 0

    def recognised(self, rows: Sequence[Seen]) -> dict[int, int]:
        """Place → index of those rows of a scan that their rests tell."""
        found: dict[int, int] = {}
        owners = {(self.prints[index], rest): index for index, rest in self._rests.items()}
        both = Counter((row.fingerprint, row.rest) for row in rows)
        for place, row in enumerate(rows):
            key = (row.fingerprint, row.rest)
            if self._with_both.get(key) == both[key] == 1:
                found[place] = owners[key]
        # Somebody has edited its inputs: then nothing else in the tab has its rest.
        rests = Counter(row.rest for row in rows)
        taken = set(found.values())
        loose = {row.fingerprint for place, row in enumerate(rows) if place not in found}
        missing: dict[int, list[int]] = {}
        for index, rest in self._rests.items():
            if index not in taken and self.prints[index] not in loose:
                missing.setdefault(rest, []).append(index)
        for place, row in enumerate(rows):
            unknown = row.fingerprint and row.fingerprint not in self._by_print
            if unknown and rests[row.rest] == 1 and len(indexes := missing.get(row.rest, [])) == 1:
                found[place] = indexes[0]
        return found

    def find(self, indexes: Iterable[int], rows: Sequence[Seen], where: Layout) -> tuple[set[int], set[int]]:
        """Looks for rows in a scan: those found, and those that are nowhere."""
        recognised = self.recognised(rows)
        wanted = set(indexes)
        found: set[int] = set()
        for place, index in recognised.items():
            if index in wanted and self._may_be(index, rows[place], where):
                self.saw(index, place, rows[place].fingerprint, rows[place].rest)
                found.add(index)
        prints = ["" if place in recognised else row.fingerprint for place, row in enumerate(rows)]
        left = [self.expected(index) for index in sorted(wanted - found)]

        def avoid(row: placement.Waiting, place: int) -> bool:
            return not self._held(row.index, rows[place], where)

        placed = placement.anywhere(left, prints, 0, (), avoid).placed
        taken: set[int] = set()
        for index in sorted(placed, key=lambda index: abs(placed[index] - self.at[index])):
            if (place := placed[index]) not in taken:
                taken.add(place)
                self.saw(index, place, rows[place].fingerprint, rows[place].rest)
                found.add(index)
        found |= self._by_text(wanted - found, rows, where)
        # One whose place holds nothing of ours may be the edited one of several equal rows.
        empty = {i for i in placed.keys() & found if not self._held(i, rows[self.at[i]], where)}
        found |= self._by_text(empty, rows, where)
        return found, wanted - found

    def _may_be(self, index: int, row: Seen, where: Layout) -> bool:
        """An edited row has the answer or is back; with a cell of it, it may be a row of another run."""
        held, wrote = self._held(index, row, where), len(self._touched[index].wrote)
        return row.fingerprint in self._by_print or not held or 2 * held > wrote

    def _held(self, index: int, row: Seen, where: Layout) -> int:
        """How many cells hold what the run wrote."""
        wrote = self._touched[index].wrote
        return sum(row.cell(where.columns.outputs.get(name)) == text for name, text in wrote.items())

    def _by_text(self, indexes: Iterable[int], rows: Sequence[Seen], where: Layout) -> set[int]:
        """Rows whose inputs were edited since: where a whole answer of ours stands beside inputs unknown."""
        wanted: dict[tuple[str, ...], list[int]] = {}
        names = sorted(where.columns.outputs)
        for index in sorted(indexes):
            wrote = self._touched[index].wrote
            if names and all(name in wrote for name in names):
                wanted.setdefault(tuple(wrote[name] for name in names), []).append(index)
        found: set[int] = set()
        for place, row in enumerate(rows if wanted else ()):
            waiting = wanted.get(tuple(row.cell(where.columns.outputs[name]) for name in names))
            if waiting and row.fingerprint and row.fingerprint not in self._by_print:
                index = waiting.pop(0)
                self.saw(index, place, row.fingerprint, row.rest)
                found.add(index)
        return found

    def _remember(self, index: int, rest: int) -> None:
        if rest:
            self._rests[index] = rest
            self._with_both[self.prints[index], rest] += 1

    def _forget(self, index: int) -> int:
        if rest := self._rests.pop(index, 0):
            self._with_both[self.prints[index], rest] -= 1
        return rest
