"""Puts results on the rows they belong to: look, decide, note the intent, write, verify, repair.

Written as a generator of steps, so that the way of a flush reads in one piece while the control thread
goes on committing: a `Call` is made in the thread of Sheets, a `Note` is committed with the lease.

What is promised: at the end no result stands in another row's cells. Sheets has no compare-and-set, so
between our read and our write somebody may sort; the next look finds what was displaced, puts back what
belongs there, and places the result again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.domain import placement, results
from backend.domain.cells import as_text
from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import Area, Block, Cell, Clock, Sheets, Tab
from backend.usecases.batch.intents import Note, Sent
from backend.usecases.batch.looking import Call, Seen, TabView
from backend.usecases.batch.repairing import Beside, Fix, Repairs, Suspect, cells_of, confirmed

#: Rows of one flush; more wait for the next. A look holds as many again, to verify the flush before: with
#: three jobs this is what memory peaks at. One every 5 s places 30,000 rows a minute.
FLUSH_ROWS = 2_500
#: Characters of one write; the API advises payloads of at most 2 MB.
FLUSH_CHARS = 1_200_000
#: A row that was looked for in vain so often is stale or gone.
LOOKS = 2
DEFAULT_TIMES = LeaseTimes()

Steps = Generator[Call | Note, Any, None]


class Placer:
    """The results of one attempt on their way into the sheet. Used by the control thread alone."""

    def __init__(
        self,
        *,
        job: Job,
        recipe: Recipe,
        sheets: Sheets,
        clock: Clock,
        beside: Beside,
        added: Collection[str],
        lease_left_s: Callable[[], float],
        next_write: int,
        tab: Tab | None,
        times: LeaseTimes = DEFAULT_TIMES,
    ) -> None:
        """`added`: headers of columns that the job added; what stood in the others is kept for undo."""
        self._job, self._recipe, self._sheets, self._clock = job, recipe, sheets, clock
        self._view = TabView(job, recipe, sheets, clock, tab)
        self._beside, self._added = beside, added
        self._repairs = Repairs(recipe, beside)
        self._lease_left_s = lease_left_s
        self._next_write = next_write
        self._times = times
        #: Results that wait for a place, by index.
        self.ready: dict[int, Result] = {}
        #: Announced writes that no look has verified yet, and their results.
        self.sent: list[Sent] = []
        self._sent_results: dict[int, Result] = {}
        #: Rows that were not where they were written: our text may stand beside another row.
        self._suspects: dict[int, Suspect] = {}
        self._note = Note()
        #: Where rows are expected now, when not where they were frozen.
        self._moved: dict[int, int] = {}
        self._shifts: list[tuple[int, int]] = []
        self._looks: dict[int, int] = {}

    # ── what the control thread tells and asks ─────────────────────────────────────────────────────

    def add(self, found: Iterable[Result]) -> None:
        self.ready.update((result.index, result) for result in found)

    def recall(self, sent: Sent, found: Mapping[int, Result]) -> None:
        """A write that an earlier holder announced: it has to be verified before anything else of it."""
        self.sent.append(sent)
        self._sent_results.update((index, found[index]) for index in sent.places)

    @property
    def empty(self) -> bool:
        return not (self.ready or self.sent or self._must_search or self._note.says_something)

    @property
    def can_progress(self) -> bool:
        """Whether a flush now would do more than wait for a deadline."""
        if self.ready or self._must_search or self._note.says_something:
            return True
        return any(self._decided(sent) for sent in self.sent)

    @property
    def waits_for(self) -> float:
        """The time at which the next unacknowledged write may be looked at."""
        return min((sent.deadline + self._times.margin_s for sent in self.sent), default=0.0)

    @property
    def _must_search(self) -> bool:
        return bool(self._suspects) or self._repairs.unverified

    # ── one flush ──────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> Steps:
        """One look, and a write where something has its place. May be ended by any error between steps."""
        wanted = self._choose()
        decided = [sent for sent in self.sent if self._decided(sent)]
        places = {self._expected(result) for result in wanted}
        places.update(place for sent in decided for place in sent.places.values())
        where, seen = yield from self._view.look(places)
        looked_at = self._clock.monotonic()
        self._verify(decided, seen, where)
        wanted = [result for result in wanted if result.index in self.ready]
        prints = {place: row.fingerprint for place, row in seen.items()}
        placing = placement.at_expected([self._at(result) for result in wanted], prints)
        for index in placing.gone:
            self._settle(index, "gone", None)
        if self._must_search:
            # First of all the wrong cells are put right; what is placed next is looked at anew.
            yield from self._search({*placing.elsewhere, *self._suspects})
            yield from self._tell(None)
            return
        self._settle_standing(placing, seen, where)
        sent = yield from self._announce(placing.placed, seen, where)
        yield from self._tell(sent)
        if sent is not None:
            yield from self._write(sent, where, looked_at)
        if placing.elsewhere:
            yield from self._search(set(placing.elsewhere), set(placing.placed.values()))
            yield from self._tell(None)

    def _tell(self, sent: Sent | None) -> Generator[Note, Any, None]:
        self._note.sent = sent
        if self._note.says_something:
            yield self._note
            self._note = Note()

    def _choose(self) -> list[Result]:
        """The ready rows that this flush takes: as many as fit, in the sheet's order."""
        chosen: list[Result] = []
        chars = 0
        for result in sorted(self.ready.values(), key=self._expected):
            chars += sum(map(len, result.outputs)) + 40
            if len(chosen) >= FLUSH_ROWS or (chosen and chars > FLUSH_CHARS):
                break
            chosen.append(result)
        return chosen

    # ── verifying what was sent ────────────────────────────────────────────────────────────────────

    def _decided(self, sent: Sent) -> bool:
        return sent.acknowledged or self._clock.now() > sent.deadline + self._times.margin_s

    def _verify(self, decided: Sequence[Sent], seen: Mapping[int, Seen], where: Layout) -> None:
        """Settles what stands where it belongs; the others become ready again, and suspects.

        A row that holds a part of its result is one of them: the part may be another row's, too.
        """
        for sent in decided:
            self.sent.remove(sent)
            for index, place in sent.places.items():
                result = self._sent_results.get(index)
                if result is None:
                    continue
                row = seen.get(place)
                here = row is not None and row.fingerprint == result.fingerprint
                if row is not None and here and self._holds(row, result, where):
                    self._settle(index, result.status, place)
                else:
                    self.ready[index] = self._sent_results.pop(index)
                    self._suspects[index] = Suspect(result, sent)

    def _holds(self, row: Seen, result: Result, where: Layout) -> bool:
        """Whether the row's output cells are exactly what this result writes."""
        return all(
            row.cell(where.columns.outputs.get(name)) == text
            for name, text in results.cells(self._recipe, result).items()
        )

    def _landed(self, row: Seen, result: Result, sent: Sent, where: Layout) -> bool:
        """Whether some cell holds what we wrote that did not hold the same before."""
        before = sent.before_of(result.index)
        return any(
            row.cell(where.columns.outputs.get(name)) == text
            and before.get(name, {}).get("stringValue") != text
            for name, text in results.cells(self._recipe, result).items()
        )

    def _as_before(self, row: Seen, suspect: Suspect, where: Layout) -> bool:
        """Whether the row's cells show what they showed before our write (a formula may show anything)."""
        before = suspect.sent.before_of(suspect.result.index)
        return all(
            "formulaValue" in value or row.cell(column) == as_text(next(iter(value.values()), None))
            for name, column in where.columns.outputs.items()
            if name in results.cells(self._recipe, suspect.result)
            for value in [before.get(name, {})]
        )

    def _settle(self, index: int, state: str, place: int | None) -> None:
        result = self._sent_results.pop(index, None) or self.ready.pop(index)
        if place is None and result.status != "done":
            state = result.status  # a failed or skipped row stays that, wherever its row went
        self._note.settle(index, state, place)
        self._looks.pop(index, None)
        self._moved.pop(index, None)
        self._suspects.pop(index, None)

    def _settle_standing(self, placing: placement.Placing, seen: Mapping[int, Seen], where: Layout) -> None:
        """Cells that hold the result already need no write, which could only go wrong."""
        for index, place in list(placing.placed.items()):
            result = self.ready[index]
            if place in (result.place, self._moved.get(index)) and self._holds(seen[place], result, where):
                del placing.placed[index]
                self._settle(index, result.status, place)

    # ── rows that moved ────────────────────────────────────────────────────────────────────────────

    def _search(self, indexes: set[int], taken: Collection[int] = ()) -> Generator[Call, Any, None]:
        """Looks through the whole tab for rows that are not where they were expected."""
        columns = {c for suspect in self._suspects.values() for c in suspect.sent.columns.values()}
        columns |= self._repairs.columns
        where, rows = yield from self._view.scan(columns)
        wanted = [self._at(self.ready[index]) for index in sorted(indexes)]
        prints = [row.fingerprint for row in rows]

        def avoid(row: placement.Waiting, place: int) -> bool:
            """Of equal rows, one that moved with its text is where the text is; another is where none is."""
            cells = rows[place - where.first_row]
            if row.index in self._suspects:
                return not self._holds(cells, self.ready[row.index], where)
            outputs = (where.columns.outputs.get(output.name) for output in self._recipe.outputs)
            return place in taken or any(cells.cell(column) for column in outputs)

        placing = placement.anywhere(wanted, prints, where.first_row, self._beside.accepted(), avoid)
        self._shifts = sorted(
            (self.ready[index].place, place - self.ready[index].place)
            for index, place in placing.placed.items()
        )
        fixes = self._repairs.find(
            where, rows, self._suspects, {*placing.stale, *placing.gone}, self._note.placed()
        )
        if fixes:
            sure = yield from confirmed(fixes, self._view, where, rows)
            yield from self._put_right(sure)
            self._repairs.made(sure)
        else:
            self._repairs.made([])
        self._follow(placing, where, rows, clean=not fixes)

    def _put_right(self, fixes: list[Fix]) -> Generator[Call, Any, None]:
        cells = cells_of(self._job.sheet_id, fixes)
        if not cells:
            return
        try:
            yield Call("writes", lambda: self._restore(cells))
        except (Invalid, NotFound) as error:
            self._view.forget_size()
            raise TryLater("The sheet became smaller while it was put right.", delay_s=1) from error

    def _follow(
        self, placing: placement.Placing, where: Layout, rows: Sequence[Seen], *, clean: bool
    ) -> None:
        """Draws the conclusions of a search; suspects stay until a whole search found nothing wrong."""
        for index, place in placing.placed.items():
            row, suspect = rows[place - where.first_row], self._suspects.get(index)
            if suspect is not None and self._holds(row, self.ready[index], where):
                self._settle(index, self.ready[index].status, place)  # it moved after it was written
            elif suspect is not None and self._typed_over(row, suspect, where, clean=clean):
                self._settle(index, self.ready[index].status, place)
            else:
                self._moved[index] = place
                self._looks.pop(index, None)
        if not clean:
            return
        self._suspects.clear()
        if placing.stale or placing.gone:
            self._view.forget_size()  # the last look for them shall not miss the end of a longer tab
        for state, lost in (("stale", placing.stale), ("gone", placing.gone)):
            for index in lost:
                self._looks[index] = self._looks.get(index, 0) + 1
                if self._looks[index] >= LOOKS:
                    self._settle(index, state, None)

    def _typed_over(self, row: Seen, suspect: Suspect, where: Layout, *, clean: bool) -> bool:
        """Whether our write came here and a person has replaced all of it: theirs stays."""
        same_columns = all(where.columns.outputs.get(name) == c for name, c in suspect.sent.columns.items())
        return (
            clean and suspect.sent.acknowledged and same_columns and not self._as_before(row, suspect, where)
        )

    def _restore(self, cells: list[tuple[Area, Any]]) -> None:
        self._check_lease()
        self._sheets.restore(self._job.spreadsheet_id, cells, timeout_s=self._times.write_s)

    # ── writing ────────────────────────────────────────────────────────────────────────────────────

    def _announce(
        self, placed: Mapping[int, int], seen: Mapping[int, Seen], where: Layout
    ) -> Generator[Call, Any, Sent | None]:
        """Reads what the cells hold that will be overwritten, and makes the intent."""
        if not placed:
            return None
        occupied = {
            (place, name)
            for index, place in placed.items()
            for name in results.cells(self._recipe, self.ready[index])
            for column in [where.columns.outputs[name]]
            # A formula may show nothing; in a column that we added there is none.
            if where.headers[column] not in self._added or seen[place].cell(column)
        }
        before = (yield from self._view.entered(occupied, where)) if occupied else {}
        return Sent(
            self._next_write,
            dict(placed),
            before,
            self._clock.now() + 2 * self._times.write_s,
            columns=dict(where.columns.outputs),
            headers=where.headers,
            seen=seen,
        )

    def _write(self, sent: Sent, where: Layout, looked_at: float) -> Generator[Call, Any, None]:
        for index in sent.places:
            self._sent_results[index] = self.ready.pop(index)
        self._next_write += 1
        self.sent.append(sent)
        blocks = self._blocks(sent, where)
        try:
            yield Call("writes", lambda: self._send(blocks, looked_at))
        except TryLater as later:
            if not later.maybe_applied:
                self._not_sent(sent)
            raise
        except (Invalid, NotFound):
            self._view.forget_size()  # a row or a column that we had seen is not there any more
            self._not_sent(sent)
        else:
            sent.acknowledged = True
            self._note.acknowledged.append(sent.n)

    def _send(self, blocks: Sequence[Block], looked_at: float) -> None:
        """Runs in the thread of Sheets: lease and age are looked at last, right before sending."""
        self._check_lease()
        if self._clock.monotonic() - looked_at > self._times.write_s:
            raise TryLater("Too much time has passed since the look.", delay_s=1)
        self._sheets.write(self._job.spreadsheet_id, blocks, timeout_s=self._times.write_s)

    def _check_lease(self) -> None:
        if self._lease_left_s() <= self._times.write_s:
            raise TryLater("Too little of the lease is left to write.", delay_s=1)

    def _not_sent(self, sent: Sent) -> None:
        """Nothing of it was applied: its rows are ready again, and there is nothing to verify."""
        for index in sent.places:
            self.ready[index] = self._sent_results.pop(index)
        self.sent.remove(sent)
        self._note.void.append(sent.n)

    def _blocks(self, sent: Sent, where: Layout) -> list[Block]:
        """Column runs × row spans; cells between that are not ours stay None, which leaves them alone."""
        by_place = {
            place: results.cells(self._recipe, self._sent_results[index])
            for index, place in sent.places.items()
        }
        names = {column: name for name, column in where.columns.outputs.items()}
        blocks: list[Block] = []
        for first_column, last_column in placement.spans(names, gap=0):
            for first, last in placement.spans(by_place):
                values: list[list[Cell | None]] = [
                    [by_place.get(row, {}).get(names[column]) for column in range(first_column, last_column)]
                    for row in range(first, last)
                ]
                area = Area(self._job.sheet_id, first, last, first_column, last_column)
                blocks.append(Block(area, values))
        return blocks

    # ── expectations ───────────────────────────────────────────────────────────────────────────────

    def _expected(self, result: Result) -> int:
        if result.index in self._moved:
            return self._moved[result.index]
        return max(0, result.place + placement.shift_near(result.place, self._shifts))

    def _at(self, result: Result) -> _Expected:
        return _Expected(result.index, self._expected(result), result.fingerprint)


@dataclass(frozen=True, slots=True)
class _Expected:
    index: int
    place: int
    fingerprint: str
