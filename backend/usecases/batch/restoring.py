"""Puts back what cells held before a job wrote into them: look, decide, note, restore, verify.

A cell is put back only where it still holds what the job wrote, on whatever row its inputs stand now. As
in placing, somebody may sort between our look and our write: the next look sees that something moved, and
a search puts right what was hit (`mending.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from backend.domain import placement
from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.recipes import Recipe
from backend.domain.selection import Layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import Clock, Entered, Sheets
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.cells_back import CellsBack
from backend.usecases.batch.entered import as_shown, is_plain
from backend.usecases.batch.fixes import confirmed, that_fit
from backend.usecases.batch.intents import Fix, Note, Sent
from backend.usecases.batch.last_moment import LastMoment
from backend.usecases.batch.looking import TabView
from backend.usecases.batch.mending import Mending
from backend.usecases.batch.recalling import RecalledUndo
from backend.usecases.batch.seen import Keep, Seen, rest_of
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.batch.whereabouts import Whereabouts
from backend.usecases.batch.written import Touched

#: Rows of one flush.
FLUSH_ROWS = 2_000
#: Restores of one row: a formula that shows what we wrote would look undone for ever.
TRIES = 3
#: A row that was looked for in vain so often is gone.
LOOKS = 2
#: Searches in a row that found something to put right; more would be about cells that do not take it.
ROUNDS = 12


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
        recalled: RecalledUndo,
        frozen_outputs: Callable[[str], Mapping[str, str]],
        frozen_inputs: Callable[[int], Mapping[str, str]],
        next_write: int,
        lease_left_s: Callable[[], float],
        times: LeaseTimes,
    ) -> None:
        self._clock = clock
        anchors = Anchors(undo, recipe, sheets, trusted=True)  # what it changes holds our text
        self._view = TabView(undo, recipe, sheets, clock, None, anchors, adds=False)
        last_moment = LastMoment(clock, lease_left_s, times)
        self._cells = CellsBack(undo, sheets, anchors, last_moment, times)
        self._touched = touched
        self._whereabouts = Whereabouts(touched, recalled.rests)
        self._mending = Mending(recipe, touched, self._whereabouts, frozen_outputs, frozen_inputs)
        self._mending.mends(recalled.repairs)
        self._next_write, self._times = next_write, times
        self.open = {index for index in touched if index not in recalled.settled}
        self.sent = recalled.sent
        #: Whether a restore may have missed: a search has to tell.
        self._in_doubt = bool(recalled.repairs)
        #: Searches in a row that found something to put right.
        self._rounds = 0
        #: Whether the last flush has looked for rows, and those that a search has found.
        self._searched = False
        self._found: set[int] = set()
        self._looks: dict[int, int] = {}
        self._tries: dict[int, int] = {}
        self._note = Note()

    @property
    def empty(self) -> bool:
        return not (self.open or self.sent or self._in_doubt or self._note.says_something)

    @property
    def can_progress(self) -> bool:
        """Nothing is put back while an earlier restore may still arrive: no look could be relied on."""
        return all(map(self._decided, self.sent)) and not self.empty

    def flush(self) -> Generator[Call | Note, Any, None]:
        """One look, and a restore where something has its place. May be ended by any error between steps."""
        at = self._whereabouts.at
        pending = {index for sent in self.sent for index in sent.places}
        wanted = sorted(self.open - pending, key=lambda index: at[index])[:FLUSH_ROWS]
        places = {place for earlier in self.sent for place in earlier.places.values()}
        # Its neighbours stand there when a row is inserted or deleted meanwhile.
        near = {max(0, at[index] + step) for index in wanted for step in (-1, 0, 1)}
        where, seen = yield from self._view.look(places | near)
        looked_at = self._clock.monotonic()
        for earlier in [*self.sent]:
            self._verify(earlier, seen, where)
        if self._in_doubt:
            # First of all the wrong cells are put right; what is put back next is looked at anew.
            yield from self._put_right()
            yield from self._tell(None)
            return
        self._mending.verified()
        # What a verification found undone goes with the next flush.
        prints = {place: row.fingerprint for place, row in seen.items()}
        placing = placement.at_expected([self._whereabouts.expected(index) for index in wanted], prints)
        fixes, lost = self._decide(placing.placed, seen, where)
        lost |= {*placing.elsewhere, *placing.gone}
        if lost and not (fixes and self._searched):
            # What is known of a row is announced with its restore: so all are found before.
            known = {self._whereabouts.prints[index] for index in lost}
            yield from self._search(
                {i for i in wanted if i in self.open and self._whereabouts.prints[i] in known}
            )
            yield from self._tell(None)
            return
        self._searched = False
        now = set(map(id, self._cells.at_once(fixes.values(), where)))
        fixes = {index: fix for index, fix in fixes.items() if id(fix) in now}
        back = {index: fix.place for index, fix in fixes.items()}
        deadline = self._clock.now() + 2 * self._times.write_s
        columns = dict(where.columns.outputs)
        sent = Sent(self._next_write, back, {}, deadline, columns=columns) if back else None
        yield from self._tell(sent)
        if sent is not None:
            self._mending.saw(where, seen, back)
            self._mending.restores(fixes)
            yield from self._write(sent, list(fixes.values()), where, looked_at)

    def _tell(self, sent: Sent | None) -> Generator[Note, Any, None]:
        self._note.sent = sent
        if self._note.says_something:
            self._note.rests = self._whereabouts.learnt()
            yield self._note
            self._note = Note()
            self._next_write += 1

    # ── deciding ───────────────────────────────────────────────────────────────────────────────────

    def _decide(
        self, placed: Mapping[int, int], seen: Mapping[int, Seen], where: Layout
    ) -> tuple[dict[int, Fix], set[int]]:
        """What is put back, by index, and rows to be searched; the others are settled.

        Of equal rows, one that holds nothing of ours may be another one.
        """
        fixes: dict[int, Fix] = {}
        lost: set[int] = set()
        for index, place in placed.items():
            row = self._touched[index]
            if self._whereabouts.is_another(index, seen[place], where):
                lost.add(index)
                continue
            cells = row.still_ours(seen[place], where)
            if cells:
                self._saw(index, place, seen[place], where)
                fixes[index] = self._fix(index, place, cells)
            elif self._whereabouts.are_several(row.result.fingerprint) and index not in self._found:
                lost.add(index)
            else:
                self._saw(index, place, seen[place], where)
                self._settle(index, "skipped" if row.typed_over(seen[place], where) else "done", place)
        return fixes, lost

    def _saw(self, index: int, place: int, row: Seen, where: Layout) -> None:
        self._whereabouts.saw(index, place, row.fingerprint, rest_of(row.cells, where))

    def _settle(self, index: int, state: str, place: int | None) -> None:
        self.open.discard(index)
        self._note.settle(index, state, place)

    # ── verifying ──────────────────────────────────────────────────────────────────────────────────

    def _decided(self, sent: Sent) -> bool:
        return sent.acknowledged or self._clock.now() > sent.deadline + self._times.margin_s

    def _verify(self, sent: Sent, seen: Mapping[int, Seen], where: Layout) -> None:
        """Settles the rows that are back; where another row stands now, a search has to tell what was hit."""
        self.sent.remove(sent)
        if not sent.places.keys() <= self._mending.restored.keys():
            self._mending.restores(self._restored(sent))
        others = self._mending.values()
        for index, place in sent.places.items():
            row = seen.get(place)
            if index not in self.open:
                continue
            if row is None or not self._is(index, row, where, others):
                self._in_doubt = True
                continue
            self._whereabouts.moved(index, place, row.fingerprint)
            self._tries[index] = self._tries.get(index, 0) + 1
            same_columns = where.columns.outputs == sent.columns
            if (same_columns and self._is_back(index, row, where, others)) or self._tries[index] >= TRIES:
                self._settle(index, "done", place)
            else:
                self._in_doubt = True

    def _is(self, index: int, row: Seen, where: Layout, others: set[str]) -> bool:
        """Whether the row is the one that was restored, as far as can be told."""
        if self._whereabouts.is_another(index, row, where):
            return False
        same = self._mending.same(where, row, index, others)
        return row.fingerprint == self._whereabouts.prints[index] if same is None else same

    def _is_back(self, index: int, row: Seen, where: Layout, others: set[str]) -> bool:
        """Whether no cell holds what we wrote, or what another row got."""
        wrote = self._touched[index].wrote
        ours = {column: wrote.get(name) for name, column in where.columns.outputs.items()}
        return not any(
            row.cell(column) == ours[column]
            or (is_plain(value) and row.cell(column) != as_shown(value) and row.cell(column) in others)
            for column, value in self._mending.restored[index].cells.items()
        )

    def _restored(self, sent: Sent) -> dict[int, Fix]:
        """What an earlier holder sent, as far as is known: all that the run wrote in those rows."""
        return {
            index: self._fix(
                index,
                sent.places[index],
                {sent.columns[n]: v for n, v in self._touched[index].before.items() if n in sent.columns},
            )
            for index in sent.places
        }

    def _fix(self, index: int, place: int, cells: Mapping[int, Entered]) -> Fix:
        known = self._whereabouts.prints[index]
        return Fix(place, known, known, cells)

    # ── rows that moved ────────────────────────────────────────────────────────────────────────────

    def _search(self, indexes: set[int]) -> Generator[Call, Any, None]:
        """Finds the places of rows that are elsewhere; what was looked for in vain too often is gone."""
        where, rows = yield from self._view.scan(Keep(rests=True))
        self._searched = True
        found, missing = self._whereabouts.find(indexes, rows, where)
        self._found |= found
        for index in missing:
            self._looks[index] = self._looks.get(index, 0) + 1
            if self._looks[index] >= LOOKS:
                self._settle(index, "gone", None)
            else:
                self._view.forget_size()

    def _put_right(self) -> Generator[Call | Note, Any, None]:
        """Puts right what restores have hit by mistake."""
        where, rows = yield from self._view.scan(self._mending.keep())
        fixes, found = self._mending.find(where, rows)
        for index, (place, known) in found.items():
            self._whereabouts.moved(index, place, known)
        self._rounds += 1
        if not fixes or self._rounds > ROUNDS:
            self._in_doubt, self._rounds = False, 0
            self._mending.verified()
            self._note.repairs = []
            return
        sure = yield from confirmed(self._cells.at_once(that_fit(fixes), where), self._view, where, rows)
        if not sure:
            return
        self._mending.mends(sure)
        self._note.repairs = sure
        yield from self._tell(None)
        looked_at = self._clock.monotonic()
        try:
            yield from self._cells.restore(sure, where, looked_at)
        except (Invalid, NotFound) as error:
            self._view.forget_size()
            raise TryLater("The sheet became smaller while it was put right.", delay_s=1) from error
        self._mending.mended(sure)

    # ── writing ────────────────────────────────────────────────────────────────────────────────────

    def _write(
        self, sent: Sent, fixes: Sequence[Fix], where: Layout, looked_at: float
    ) -> Generator[Call, Any, None]:
        self.sent.append(sent)
        try:
            yield from self._cells.restore(fixes, where, looked_at)
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

    def _not_sent(self, sent: Sent) -> None:
        self.sent.remove(sent)
        self._note.void.append(sent.n)
