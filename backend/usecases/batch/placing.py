"""Puts results on the rows they belong to: look, decide, note the intent, write, verify, repair.

Written as a generator of steps, so that the way of a flush reads in one piece while the control thread
goes on committing: a `Call` is made in the thread of Sheets, a `Note` is committed with the lease.

What is promised: at the end no result stands in another row's cells. Sheets has no compare-and-set, so
between our read and our write somebody may sort; the next look finds what was displaced, puts back what
belongs there, and places the result again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.domain import placement, results
from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import Area, Block, Cell, Clock, Entered, Sheets, Tab
from backend.usecases.batch.looking import CALL_TIMEOUT_S, Call, Seen, TabView

DEFAULT_TIMES = LeaseTimes()
#: Rows of one flush; more wait for the next.
FLUSH_ROWS = 4_000
#: Characters of one write; the API advises payloads of at most 2 MB.
FLUSH_CHARS = 1_200_000
#: A row that was looked for in vain so often is stale or gone.
LOOKS = 2


@dataclass(slots=True)
class Sent:
    """A write that was announced. Its rows are neither ready nor settled until a later look."""

    n: int
    #: Index → place.
    places: dict[int, int]
    #: (place, output name) → what the cell held; cells that were empty are absent. For undo.
    before: dict[tuple[int, str], dict[str, Any]]
    #: After this time (plus a margin) a write that was not acknowledged has happened or never will.
    deadline: float
    acknowledged: bool = False


@dataclass(slots=True)
class Note:
    """To be committed: what was settled since the last note, and what is about to be written."""

    #: State → index → place (None: nowhere).
    settled: dict[str, dict[int, int | None]] = field(default_factory=dict)
    #: Numbers of earlier writes that Sheets confirmed, and of those that surely did not happen.
    acknowledged: list[int] = field(default_factory=list)
    void: list[int] = field(default_factory=list)
    sent: Sent | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.settled or self.acknowledged or self.void or self.sent)


class Beside:
    """What rightly stands beside a row that our text displaced; asked for only when repairing."""

    def __init__(
        self,
        accepted: Callable[[], frozenset[str]],
        frozen_outputs: Callable[[str], Mapping[str, str]],
        result_of: Callable[[int], Result],
    ) -> None:
        #: Fingerprints of every row of the job.
        self.accepted = accepted
        #: Output cells that stood beside a fingerprint when the rows were frozen.
        self.frozen_outputs = frozen_outputs
        #: A committed result by its row's index.
        self.result_of = result_of


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
        lease_left_s: Callable[[], float],
        next_write: int,
        tab: Tab | None,
        times: LeaseTimes = DEFAULT_TIMES,
    ) -> None:
        self._job, self._recipe, self._sheets, self._clock = job, recipe, sheets, clock
        self._times = times
        self._view = TabView(job, recipe, sheets, tab)
        self._beside = beside
        self._lease_left_s = lease_left_s
        self._next_write = next_write
        #: Results that wait for a place, by index.
        self.ready: dict[int, Result] = {}
        #: Announced writes that no look has verified yet, and their results.
        self.sent: list[Sent] = []
        self._sent_results: dict[int, Result] = {}
        #: Rows that were not where they were written: our text may stand beside another row.
        self._suspects: dict[int, Sent] = {}
        self._note = Note()
        #: Where rows are expected now, when not where they were frozen.
        self._moved: dict[int, int] = {}
        self._shifts: list[tuple[int, int]] = []
        self._looks: dict[int, int] = {}
        #: Fingerprint → index of the settled result that rightly stands beside it.
        self._rightful: dict[str, int] = {}

    # ── what the control thread tells and asks ─────────────────────────────────────────────────────

    def add(self, found: Iterable[Result]) -> None:
        self.ready.update((result.index, result) for result in found)

    def recall(self, sent: Sent, found: Mapping[int, Result]) -> None:
        """A write that an earlier holder announced: it has to be verified before anything else of it."""
        self.sent.append(sent)
        self._sent_results.update((index, found[index]) for index in sent.places)

    @property
    def empty(self) -> bool:
        return not (self.ready or self.sent or self._suspects or self._note.says_something)

    @property
    def can_progress(self) -> bool:
        """Whether a flush now would do more than wait for a deadline."""
        return bool(self.ready or self._suspects) or any(self._decided(sent) for sent in self.sent)

    @property
    def waits_for(self) -> float:
        """The time at which the next unacknowledged write may be looked at."""
        return min((sent.deadline + self._times.margin_s for sent in self.sent), default=0.0)

    # ── one flush ──────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> Steps:
        """One look, and a write where something has its place. May be ended by any error between steps."""
        wanted = self._choose()
        decided = [sent for sent in self.sent if self._decided(sent)]
        places = {self._expected(result) for result in wanted}
        places.update(place for sent in decided for place in sent.places.values())
        where, seen = yield from self._view.look(places)
        self._verify(decided, seen, where)
        wanted = [result for result in wanted if result.index in self.ready]
        prints = {place: row.fingerprint for place, row in seen.items()}
        placing = placement.at_expected([self._at(result) for result in wanted], prints)
        for index in placing.gone:
            self._settle(index, "gone", None)
        if self._suspects:
            # First of all the wrong cells are put right; what is placed next is looked at anew.
            yield from self._search({*placing.elsewhere, *self._suspects})
            placing = placement.Placing()
        elif placing.elsewhere:
            yield from self._search(set(placing.elsewhere))
        sent = yield from self._announce(placing.placed, seen, where)
        if self._note.says_something or sent is not None:
            self._note.sent = sent
            yield self._note
            self._note = Note()
        if sent is not None:
            yield from self._write(sent, where)

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
        """Settles what stands where it belongs; the others become ready again, or suspects."""
        for sent in decided:
            self.sent.remove(sent)
            for index, place in sent.places.items():
                result = self._sent_results.get(index)
                if result is None:
                    continue
                row = seen.get(place)
                if row is None or row.fingerprint != result.fingerprint:
                    self._again(index)
                    self._suspects[index] = sent
                elif not sent.acknowledged and self._untouched(row, place, sent, where):
                    self._again(index)  # it never happened
                else:
                    self._settle(index, result.status, place)  # ours, or what a person typed over it

    def _untouched(self, row: Seen, place: int, sent: Sent, where: Layout) -> bool:
        """Whether none of the result's cells hold what was to be written."""
        result = self._sent_results[next(i for i, p in sent.places.items() if p == place)]
        return not any(
            row.cell(where.columns.outputs.get(name)) == text
            for name, text in results.cells(self._recipe, result).items()
        )

    def _holds(self, row: Seen, result: Result, where: Layout) -> bool:
        """Whether the row's output cells are exactly what this result writes."""
        return all(
            row.cell(where.columns.outputs.get(name)) == text
            for name, text in results.cells(self._recipe, result).items()
        )

    def _again(self, index: int) -> None:
        self.ready[index] = self._sent_results.pop(index)

    def _settle(self, index: int, state: str, place: int | None) -> None:
        result = self._sent_results.pop(index, None) or self.ready.pop(index)
        if place is None and result.status != "done":
            state = result.status  # a failed or skipped row stays that, wherever its row went
        self._note.settled.setdefault(state, {})[index] = place
        if place is not None and result.fingerprint:
            self._rightful[result.fingerprint] = index
        self._looks.pop(index, None)
        self._moved.pop(index, None)

    # ── rows that moved ────────────────────────────────────────────────────────────────────────────

    def _search(self, indexes: set[int]) -> Generator[Call, Any, None]:
        """Looks through the whole tab for rows that are not where they were expected."""
        where, rows = yield from self._view.scan()
        wanted = [self._at(self.ready[index]) for index in indexes]
        prints = [row.fingerprint for row in rows]
        placing = placement.anywhere(wanted, prints, where.first_row, self._beside.accepted())
        self._shifts = sorted(
            (self.ready[index].place, place - self.ready[index].place)
            for index, place in placing.placed.items()
        )
        yield from self._repair(where, rows)
        for index, place in placing.placed.items():
            row = rows[place - where.first_row]
            if index in self._suspects and self._holds(row, self.ready[index], where):
                self._settle(index, self.ready[index].status, place)  # it moved after it was written
            else:
                self._moved[index] = place
        self._suspects.clear()
        for state, lost in (("stale", placing.stale), ("gone", placing.gone)):
            for index in lost:
                self._looks[index] = self._looks.get(index, 0) + 1
                if self._looks[index] >= LOOKS:
                    self._settle(index, state, None)

    def _repair(self, where: Layout, rows: Sequence[Seen]) -> Generator[Call, Any, None]:
        """Where a suspect's text stands beside other inputs, puts back what belongs there."""
        texts = {self._cells_of(self.ready[index]): index for index in self._suspects}
        if not texts:
            return
        cells: list[tuple[Area, Entered]] = []
        for offset, row in enumerate(rows):
            place = where.first_row + offset
            index = next((texts[key] for key in self._cells_at(row, where) if key in texts), None)
            if index is None or row.fingerprint == self.ready[index].fingerprint:
                continue
            rightful = self._rightful_cells(row.fingerprint, place, self._suspects[index])
            ours = results.cells(self._recipe, self.ready[index])
            if all(rightful.get(name) == {"stringValue": text} for name, text in ours.items()):
                continue
            for name in ours:
                column = where.columns.outputs[name]
                cells.append(
                    (Area(self._job.sheet_id, place, place + 1, column, column + 1), rightful.get(name))
                )
        if cells:
            spreadsheet_id = self._job.spreadsheet_id
            yield Call(
                "writes", lambda: self._sheets.restore(spreadsheet_id, cells, timeout_s=CALL_TIMEOUT_S)
            )

    def _rightful_cells(self, fingerprint: str, place: int, sent: Sent) -> dict[str, Entered]:
        """Our own result for that row; else what stood there at the freeze; else what we saw there."""
        if fingerprint in self._rightful:
            own = results.cells(self._recipe, self._beside.result_of(self._rightful[fingerprint]))
        elif fingerprint in self._beside.accepted():
            own = dict(self._beside.frozen_outputs(fingerprint))
        elif frozen := self._beside.frozen_outputs(fingerprint):
            own = dict(frozen)
        else:
            return {name: value for (at, name), value in sent.before.items() if at == place}
        return {name: {"stringValue": text} for name, text in own.items() if text}

    def _cells_of(self, result: Result) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(results.cells(self._recipe, result).items()))

    def _cells_at(self, row: Seen, where: Layout) -> list[tuple[tuple[str, str], ...]]:
        """What a row's output cells could be ours as: a whole answer, or a Status alone."""
        outputs = {name: row.cell(column) for name, column in where.columns.outputs.items()}
        return [tuple(sorted(outputs.items())), (("status", outputs.get("status", "")),)]

    # ── writing ────────────────────────────────────────────────────────────────────────────────────

    def _announce(
        self, placed: Mapping[int, int], seen: Mapping[int, Seen], where: Layout
    ) -> Generator[Call, Any, Sent | None]:
        """Reads what the cells hold that will be overwritten, and makes the intent."""
        places = {index: place for index, place in placed.items() if index in self.ready}
        if not places:
            return None
        occupied = {
            (place, name)
            for index, place in places.items()
            for name in results.cells(self._recipe, self.ready[index])
            if seen[place].cell(where.columns.outputs.get(name))
        }
        before = (yield from self._view.entered(occupied, where)) if occupied else {}
        return Sent(self._next_write, places, before, self._clock.now() + self._times.write_s)

    def _write(self, sent: Sent, where: Layout) -> Generator[Call, Any, None]:
        for index in sent.places:
            self._sent_results[index] = self.ready.pop(index)
        self._next_write += 1
        self.sent.append(sent)
        blocks = self._blocks(sent, where)
        try:
            yield Call("writes", lambda: self._send(blocks))
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

    def _send(self, blocks: Sequence[Block]) -> None:
        """Runs in the thread of Sheets: the look at the lease is the last thing before sending."""
        if self._lease_left_s() <= self._times.write_s:
            raise TryLater("Too little of the lease is left to write.", delay_s=1)
        self._sheets.write(self._job.spreadsheet_id, blocks, timeout_s=self._times.write_s)

    def _not_sent(self, sent: Sent) -> None:
        """Nothing of it was applied: its rows are ready again, and there is nothing to verify."""
        for index in sent.places:
            self._again(index)
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
