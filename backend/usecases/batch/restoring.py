"""Puts back what cells held before a job wrote into them: look, decide, note, restore, verify.

A cell is put back only where it still holds what the job wrote, on whatever row its inputs stand now. As
in placing, somebody may sort between our look and our write: the next look sees that something moved, and
a search puts right what was hit (`mending.py`).
"""

from __future__ import annotations

from collections import Counter
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
from backend.usecases.batch.entered import as_shown
from backend.usecases.batch.fixes import confirmed, that_fit
from backend.usecases.batch.intents import Fix, Note, Sent
from backend.usecases.batch.last_moment import LastMoment
from backend.usecases.batch.looking import Keep, Seen, TabView
from backend.usecases.batch.mending import Mending
from backend.usecases.batch.recalling import RecalledUndo
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.batch.standing import Expected
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
        anchors = Anchors(undo, recipe, sheets)
        self._view = TabView(undo, recipe, sheets, clock, None, anchors, adds=False)
        last_moment = LastMoment(clock, lease_left_s, times)
        self._cells = CellsBack(undo, sheets, anchors, last_moment, times)
        self._touched, self._settled = touched, recalled.settled
        self._mending = Mending(recipe, touched, frozen_outputs, frozen_inputs)
        self._mending.mends(recalled.repairs)
        self._next_write, self._times = next_write, times
        self.open = {index for index in touched if index not in recalled.settled}
        self.sent = recalled.sent
        self._at = {index: row.place for index, row in touched.items()}
        #: Rows whose inputs were edited since are known by what we wrote beside them.
        self._prints = {index: row.result.fingerprint for index, row in touched.items()}
        #: Whether a restore may have missed: a search has to tell.
        self._in_doubt = bool(recalled.repairs)
        #: Searches in a row that found something to put right.
        self._rounds = 0
        #: How many rows of the run have the same inputs, and which of those a search has told apart.
        self._equals = Counter(row.result.fingerprint for row in touched.values())
        self._searched: set[int] = set()
        self._looks: dict[int, int] = {}
        self._tries: dict[int, int] = {}
        self._note = Note()

    @property
    def empty(self) -> bool:
        return not (self.open or self.sent or self._in_doubt or self._note.says_something)

    @property
    def can_progress(self) -> bool:
        pending = {index for sent in self.sent for index in sent.places}
        return bool(self.open - pending or self._in_doubt or self._note.says_something) or any(
            map(self._decided, self.sent)
        )

    def flush(self) -> Generator[Call | Note, Any, None]:
        """One look, and a restore where something has its place. May be ended by any error between steps."""
        decided = [sent for sent in self.sent if self._decided(sent)]
        places = {place for earlier in decided for place in earlier.places.values()}
        pending = {index for sent in self.sent for index in sent.places}
        wanted = sorted(self.open - pending, key=lambda index: self._at[index])[:FLUSH_ROWS]
        where, seen = yield from self._view.look(places | {self._at[index] for index in wanted})
        looked_at = self._clock.monotonic()
        for earlier in decided:
            self._verify(earlier, seen, where)
        if self._in_doubt:
            # First of all the wrong cells are put right; what is put back next is looked at anew.
            yield from self._search(set())
            yield from self._tell(None)
            return
        if not self.sent:
            self._mending.verified()
        # What a verification found undone goes with the next flush.
        prints = {place: row.fingerprint for place, row in seen.items()}
        for place in [place for earlier in self.sent for place in earlier.places.values()]:
            prints.pop(place, None)  # another row's, until that is verified
        placing = placement.at_expected([self._expected(index) for index in wanted], prints)
        fixes, lost = self._decide(placing.placed, seen, where)
        now = set(map(id, self._cells.at_once(fixes.values(), where)))
        fixes = {index: fix for index, fix in fixes.items() if id(fix) in now}
        back = {index: fix.place for index, fix in fixes.items()}
        deadline = self._clock.now() + 2 * self._times.write_s
        sent = (
            Sent(self._next_write, back, {}, deadline, columns=dict(where.columns.outputs)) if back else None
        )
        yield from self._tell(sent)
        if sent is not None:
            self._mending.saw(where.headers, seen, back)
            self._mending.restores(fixes)
            yield from self._write(sent, list(fixes.values()), where, looked_at)
        if lost := {*lost, *placing.elsewhere, *placing.gone}:
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
    ) -> tuple[dict[int, Fix], set[int]]:
        """What is put back, by index, and rows to be searched; the others are settled.

        Of equal rows, one that holds nothing of ours may be another one that was put back already.
        """
        fixes: dict[int, Fix] = {}
        lost: set[int] = set()
        for index, place in placed.items():
            row = self._touched[index]
            cells = {
                where.columns.outputs[name]: row.before[name]
                for name in row.wrote
                if self._is_ours(index, name, seen[place], where)
            }
            if cells:
                fixes[index] = self._fix(index, place, cells)
            elif self._equals[row.result.fingerprint] > 1 and index not in self._searched:
                lost.add(index)
            else:
                self._settle(index, "skipped" if self._typed(row, seen[place], where) else "done", place)
        return fixes, lost

    def _is_ours(self, index: int, name: str, row: Seen, where: Layout) -> bool:
        """Whether a cell still holds what the run wrote, and held something else before."""
        column, wrote = where.columns.outputs.get(name), self._touched[index].wrote[name]
        held_the_same = self._touched[index].before[name] == {"stringValue": wrote}
        return column is not None and row.cell(column) == wrote and not held_the_same

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
        """Settles the rows that are back; where another row stands now, a search has to tell what was hit."""
        self.sent.remove(sent)
        if not sent.places.keys() <= self._mending.restored.keys():
            self._mending.restores(self._restored(sent))
        for index, place in sent.places.items():
            row = seen.get(place)
            if index not in self.open:
                continue
            same = row is not None and self._mending.same(where, row, index)
            if row is None or not (row.fingerprint == self._prints[index] if same is None else same):
                self._in_doubt = True
                continue
            self._prints[index] = row.fingerprint
            self._tries[index] = self._tries.get(index, 0) + 1
            wrote = self._touched[index].wrote
            left = any(
                row.cell(column) == wrote[name] and column in self._mending.restored[index].cells
                for name, column in where.columns.outputs.items()
                if name in wrote
            )
            same_columns = where.columns.outputs == sent.columns
            if (same_columns and not left) or self._tries[index] >= TRIES:
                self._settle(index, "done", place)
            else:
                self._in_doubt = True

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
        return Fix(place, self._prints[index], self._prints[index], cells)

    # ── rows that moved ────────────────────────────────────────────────────────────────────────────

    def _search(self, indexes: set[int]) -> Generator[Call | Note, Any, None]:
        """Puts right what restores have hit by mistake, and finds the places of `indexes`."""
        where, rows = yield from self._view.scan(self._mending.keep() if self._in_doubt else Keep())
        if self._in_doubt:
            fixes, found = self._mending.find(where, rows)
            self._at |= {index: place for index, (place, _) in found.items()}
            self._prints |= {index: known for index, (_, known) in found.items()}
            self._rounds += 1
            if fixes and self._rounds <= ROUNDS:
                yield from self._put_right(fixes, where, rows)
                return
            self._in_doubt, self._rounds = False, 0
            self._mending.verified()
            self._note.repairs = []
        wanted = [self._expected(index) for index in sorted(indexes)]

        pending = {place for sent in self.sent for place in sent.places.values()}

        def avoid(row: placement.Waiting, place: int) -> bool:
            return place in pending or not self._holds(rows[place], self._touched[row.index], where)

        prints = [row.fingerprint for row in rows]
        placing = placement.anywhere(wanted, prints, 0, set(self._prints.values()), avoid)
        self._at |= placing.placed
        self._searched |= placing.placed.keys()
        # Its inputs may have been edited, and the place be that of an equal row.
        doubtful = [i for i, place in placing.placed.items() if avoid(self._expected(i), place)]
        by_text = self._by_text([*doubtful, *placing.stale, *placing.gone], rows, where)
        for index in doubtful:
            if index in by_text:
                self._at[index], self._prints[index] = by_text[index]
        for index in (*placing.stale, *placing.gone):
            if index in by_text:
                self._at[index], self._prints[index] = by_text[index]
                continue
            self._looks[index] = self._looks.get(index, 0) + 1
            if self._looks[index] >= LOOKS:
                self._settle(index, "gone", None)
            else:
                self._view.forget_size()

    def _put_right(
        self, fixes: list[Fix], where: Layout, rows: Sequence[Seen]
    ) -> Generator[Call | Note, Any, None]:
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
            if waiting and row.fingerprint and row.fingerprint not in set(self._prints.values()):
                found[waiting.pop(0)] = (place, row.fingerprint)
        return found

    def _holds(self, seen: Seen, row: Touched, where: Layout) -> bool:
        return any(seen.cell(where.columns.outputs.get(name)) == text for name, text in row.wrote.items())

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
