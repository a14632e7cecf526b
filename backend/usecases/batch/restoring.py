"""Puts back what cells held before a job wrote into them: look, decide, note, restore, verify.

A cell is put back only where it still holds what the job wrote, on whatever row its inputs stand now. As
in placing, somebody may sort between our look and our write: the next look finds it and mends it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.domain import placement
from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.recipes import Recipe
from backend.domain.selection import Layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import Area, Clock, Entered, Sheets
from backend.usecases.batch.entered import as_shown
from backend.usecases.batch.intents import Note, Sent
from backend.usecases.batch.looking import Call, Seen, TabView
from backend.usecases.batch.standing import Expected
from backend.usecases.batch.written import Touched

#: Rows of one flush.
FLUSH_ROWS = 2_000
#: Restores of one row: a formula that shows what we wrote would look undone for ever.
TRIES = 3
#: A row that was looked for in vain so often is gone.
LOOKS = 2

Cells = list[tuple[Area, Entered]]


@dataclass(frozen=True, slots=True)
class _Mend:
    """Cells of a row that a restore of ours hit by mistake."""

    place: int
    fingerprint: str
    cells: Mapping[str, Entered]


class Restorer:
    """The rows of an ended job on their way back. Used by the control thread alone."""

    def __init__(
        self,
        *,
        undo: Job,
        recipe: Recipe,
        sheets: Sheets,
        clock: Clock,
        touched: dict[int, Touched],
        settled: dict[int, str],
        sent: list[Sent],
        frozen_outputs: Callable[[str], Mapping[str, str]],
        next_write: int,
        lease_left_s: Callable[[], float],
        times: LeaseTimes,
    ) -> None:
        """`settled` and `sent` are what earlier holders of the undo came to."""
        self._undo, self._sheets, self._clock = undo, sheets, clock
        self._view = TabView(undo, recipe, sheets, clock, None, adds=False)
        self._touched, self._settled = touched, settled
        self._frozen_outputs = frozen_outputs
        self._next_write, self._lease_left_s, self._times = next_write, lease_left_s, times
        self.open = {index for index in touched if index not in settled}
        self.sent = sent
        self._at = {index: row.place for index, row in touched.items()}
        #: Rows whose inputs were edited since are known by what we wrote beside them.
        self._prints = {index: row.result.fingerprint for index, row in touched.items()}
        self._by_print: dict[str, int] = {}
        for index, row in touched.items():
            self._by_print.setdefault(row.result.fingerprint, index)
        #: Rows whose cells a displaced restore has changed: they go back whatever they hold.
        self._forced: set[int] = set()
        self._mends: list[_Mend] = []
        self._looks: dict[int, int] = {}
        self._tries: dict[int, int] = {}
        self._note = Note()

    @property
    def empty(self) -> bool:
        return not (self.open or self.sent or self._mends or self._note.says_something)

    @property
    def can_progress(self) -> bool:
        pending = {index for sent in self.sent for index in sent.places}
        return bool(self.open - pending or self._mends or self._note.says_something) or any(
            map(self._decided, self.sent)
        )

    def flush(self) -> Generator[Call | Note, Any, None]:
        """One look, and a restore where something has its place. May be ended by any error between steps."""
        decided = [sent for sent in self.sent if self._decided(sent)]
        places = {place for earlier in decided for place in earlier.places.values()}
        places |= {mend.place for mend in self._mends}
        pending = {index for sent in self.sent for index in sent.places}
        wanted = sorted(self.open - pending, key=lambda index: self._at[index])[:FLUSH_ROWS]
        where, seen = yield from self._view.look(places | {self._at[index] for index in wanted})
        looked_at = self._clock.monotonic()
        for earlier in decided:
            self._verify(earlier, seen, where)
        # What a verification found undone goes with the next flush.
        prints = {place: row.fingerprint for place, row in seen.items()}
        placing = placement.at_expected([self._expected(index) for index in wanted], prints)
        cells, back = self._decide(placing.placed, seen, where)
        mended = [mend for mend in self._mends if prints.get(mend.place) == mend.fingerprint]
        cells += [cell for mend in mended for cell in self._areas(mend.place, mend.cells, where)]
        deadline = self._clock.now() + 2 * self._times.write_s
        sent = Sent(self._next_write, back, {}, deadline) if cells else None
        yield from self._tell(sent)
        if sent is not None:
            yield from self._write(sent, cells, looked_at)
        self._mends = []
        if lost := {*placing.elsewhere, *placing.gone}:
            yield from self._search(lost)
            yield from self._tell(None)

    def _tell(self, sent: Sent | None) -> Generator[Note, Any, None]:
        self._note.sent = sent
        if self._note.says_something:
            yield self._note
            self._note = Note()
            self._next_write += 1

    def _expected(self, index: int) -> Expected:
        return Expected(index, self._at[index], self._prints[index])

    # ── deciding ───────────────────────────────────────────────────────────────────────────────────

    def _decide(
        self, placed: Mapping[int, int], seen: Mapping[int, Seen], where: Layout
    ) -> tuple[Cells, dict[int, int]]:
        """Cells to put back, and the rows they belong to; the other rows of `placed` are settled."""
        cells: Cells = []
        back: dict[int, int] = {}
        for index, place in placed.items():
            row = self._touched[index]
            ours = {
                name: row.before[name]
                for name in row.wrote
                if name in where.columns.outputs and self._is_ours(index, name, seen[place], where)
            }
            if ours:
                cells += self._areas(place, ours, where)
                back[index] = place
            else:
                self._settle(index, "skipped" if self._typed(row, seen[place], where) else "done", place)
        return cells, back

    def _is_ours(self, index: int, name: str, row: Seen, where: Layout) -> bool:
        text, wrote = row.cell(where.columns.outputs.get(name)), self._touched[index].wrote[name]
        before = self._touched[index].before[name]
        if before == {"stringValue": wrote}:
            return False  # it held the same before
        return text == wrote or (index in self._forced and text != as_shown(before))

    def _typed(self, row: Touched, seen: Seen, where: Layout) -> bool:
        """Whether some cell holds neither ours nor what stood there before."""
        return any(
            name in where.columns.outputs
            and "formulaValue" not in (row.before[name] or {})
            and seen.cell(where.columns.outputs[name]) != as_shown(row.before[name])
            for name in row.wrote
        )

    def _settle(self, index: int, state: str, place: int | None) -> None:
        self.open.discard(index)
        self._settled[index] = state
        self._note.settle(index, state, place)

    # ── verifying ──────────────────────────────────────────────────────────────────────────────────

    def _decided(self, sent: Sent) -> bool:
        return sent.acknowledged or self._clock.now() > sent.deadline + self._times.margin_s

    def _verify(self, sent: Sent, seen: Mapping[int, Seen], where: Layout) -> None:
        """Settles the rows that are back; a restore that hit another row is mended, and its own row waits."""
        self.sent.remove(sent)
        for index, place in sent.places.items():
            row = seen.get(place)
            if index not in self.open or row is None:
                continue
            if row.fingerprint == self._prints[index]:
                names = self._touched[index].wrote
                self._tries[index] = self._tries.get(index, 0) + 1
                left = any(self._is_ours(index, name, row, where) for name in names)
                if not left or self._tries[index] >= TRIES:
                    self._settle(index, "done", place)
                continue
            restored = self._touched[index].before
            columns = where.columns.outputs
            if all(row.cell(columns.get(name)) == as_shown(value) for name, value in restored.items()):
                self._mend(row.fingerprint, place, restored)

    def _mend(self, fingerprint: str, place: int, restored: Mapping[str, Entered]) -> None:
        other = self._by_print.get(fingerprint)
        if other is not None and other in self.open:
            self._forced.add(other)
        elif other is not None and self._settled.get(other) == "done":
            self._mends.append(_Mend(place, fingerprint, self._touched[other].before))
        else:
            texts = self._frozen_outputs(fingerprint)
            cells: dict[str, Entered] = {
                name: {"stringValue": texts[name]} if texts.get(name) else None for name in restored
            }
            self._mends.append(_Mend(place, fingerprint, cells))

    # ── rows that moved ────────────────────────────────────────────────────────────────────────────

    def _search(self, indexes: set[int]) -> Generator[Call, Any, None]:
        where, rows = yield from self._view.scan()
        wanted = [self._expected(index) for index in sorted(indexes)]

        def avoid(row: placement.Waiting, place: int) -> bool:
            return not self._holds(rows[place], self._touched[row.index], where)

        prints = [row.fingerprint for row in rows]
        placing = placement.anywhere(wanted, prints, 0, self._by_print, avoid)
        self._at |= placing.placed
        by_text = self._by_text([*placing.stale, *placing.gone], rows, where)
        for index in (*placing.stale, *placing.gone):
            if index in by_text:
                self._at[index], self._prints[index] = by_text[index]
                continue
            self._looks[index] = self._looks.get(index, 0) + 1
            if self._looks[index] >= LOOKS:
                self._settle(index, "gone", None)
            else:
                self._view.forget_size()

    def _by_text(
        self, indexes: Sequence[int], rows: Sequence[Seen], where: Layout
    ) -> dict[int, tuple[int, str]]:
        """Rows whose inputs were edited since: where a whole answer of ours stands beside inputs unknown."""
        wanted: dict[tuple[str, ...], list[int]] = {}
        names = sorted(where.columns.outputs)
        for index in indexes:
            wrote = self._touched[index].wrote
            if all(name in wrote for name in names):
                wanted.setdefault(tuple(wrote[name] for name in names), []).append(index)
        found: dict[int, tuple[int, str]] = {}
        for place, row in enumerate(rows if wanted else ()):
            waiting = wanted.get(tuple(row.cell(where.columns.outputs[name]) for name in names))
            if waiting and row.fingerprint and row.fingerprint not in self._by_print:
                found[waiting.pop(0)] = (place, row.fingerprint)
        return found

    def _holds(self, seen: Seen, row: Touched, where: Layout) -> bool:
        return any(seen.cell(where.columns.outputs.get(name)) == text for name, text in row.wrote.items())

    # ── writing ────────────────────────────────────────────────────────────────────────────────────

    def _areas(self, place: int, cells: Mapping[str, Entered], where: Layout) -> Cells:
        return [
            (Area(self._undo.sheet_id, place, place + 1, column, column + 1), value)
            for name, value in cells.items()
            if (column := where.columns.outputs.get(name)) is not None
        ]

    def _write(self, sent: Sent, cells: Cells, looked_at: float) -> Generator[Call, Any, None]:
        self.sent.append(sent)
        try:
            yield Call("writes", lambda: self._send(cells, looked_at))
        except TryLater as later:
            if not later.maybe_applied:
                self._not_sent(sent)
            raise
        except (Invalid, NotFound):
            self._view.forget_size()
            self._not_sent(sent)
        else:
            sent.acknowledged = True
            self._note.acknowledged.append(sent.n)

    def _send(self, cells: Cells, looked_at: float) -> None:
        if self._lease_left_s() <= self._times.write_s:
            raise TryLater("Too little of the lease is left to write.", delay_s=1)
        if self._clock.monotonic() - looked_at > self._times.write_s:
            raise TryLater("Too much time has passed since the look.", delay_s=1)
        self._sheets.restore(self._undo.spreadsheet_id, cells, timeout_s=self._times.write_s)

    def _not_sent(self, sent: Sent) -> None:
        self.sent.remove(sent)
        self._note.void.append(sent.n)
