"""Puts results on the rows they belong to: look, decide, note the intent, write, verify, repair.

Written as a generator of steps, so that the way of a flush reads in one piece while the control thread
goes on committing: a `Call` is made in the thread of Sheets, a `Note` is committed with the lease.

What is promised: at the end no result stands in another row's cells. Sheets has no compare-and-set, so
between our read and our write somebody may sort; the next look finds what was displaced, puts back what
belongs there, and places the result again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from typing import Any

from backend.domain import placement
from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.ports import Clock, Sheets, Tab
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.beside import Beside
from backend.usecases.batch.comparing import holds
from backend.usecases.batch.intents import Note, Sent
from backend.usecases.batch.looking import TabView
from backend.usecases.batch.recalling import Recalled
from backend.usecases.batch.repairing import Repairs
from backend.usecases.batch.searching import Search
from backend.usecases.batch.seen import Seen
from backend.usecases.batch.sending import Sender
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.batch.standing import Standing

#: Rows of one flush; more wait for the next. A look holds as many again, to verify the flush before: with
#: three jobs this is what memory peaks at. One every 5 s places 30,000 rows a minute.
FLUSH_ROWS = 2_500
#: Characters of one write; the API advises payloads of at most 2 MB.
FLUSH_CHARS = 1_200_000
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
        self._recipe, self._beside, self._clock, self._times = recipe, beside, clock, times
        anchors = Anchors(job, recipe, sheets)
        self._view = TabView(job, recipe, sheets, clock, tab, anchors)
        self._standing = Standing(next_write)
        self._anchors = anchors
        self._standing.anchors = anchors.seen
        self._sender = Sender(
            job=job,
            recipe=recipe,
            sheets=sheets,
            clock=clock,
            view=self._view,
            anchors=anchors,
            beside=beside,
            standing=self._standing,
            added=added,
            lease_left_s=lease_left_s,
            times=times,
        )
        self._view.sent_texts = self._sent_texts
        self._repairs = Repairs(recipe, beside)
        self._view.cleared = lambda: {column for fix in self._repairs.unverified for column in fix.cells}
        self._search = Search(
            recipe=recipe,
            beside=beside,
            view=self._view,
            standing=self._standing,
            sender=self._sender,
            repairs=self._repairs,
        )

    # ── what the control thread tells and asks ─────────────────────────────────────────────────────

    def add(self, found: Iterable[Result]) -> None:
        self._standing.ready.update((result.index, result) for result in found)

    def recall(self, recalled: Recalled) -> None:
        """What earlier holders left: their writes and repairs have to be verified before anything else."""
        standing = self._standing
        standing.calm = not recalled.moved and not recalled.sent
        self._anchors.seen.update(recalled.anchors)
        sent = {index for write in recalled.sent for index in write.places}
        self.add(result for index, result in recalled.unsettled.items() if index not in sent)
        latest = self._clock.now() + self._times.write_s
        for write in recalled.sent:
            write.deadline = min(write.deadline, latest)  # the clock may have been put back since
            standing.recall(write, recalled.unsettled)
        self._repairs.recall(recalled.repairs)

    def forget(self) -> None:
        """The batch is over: what waits is in the store, and shall not be held twice once it is recalled."""
        self._standing.forget()

    @property
    def waiting(self) -> int:
        """Results that wait for a place."""
        return len(self._standing.ready)

    @property
    def empty(self) -> bool:
        standing = self._standing
        return not (standing.ready or standing.sent or self._must_search or standing.note.says_something)

    @property
    def can_progress(self) -> bool:
        """Whether a flush now would do more than wait for a deadline."""
        if self._standing.ready or self._must_search or self._standing.note.says_something:
            return True
        return any(self._decided(sent) for sent in self._standing.sent)

    @property
    def _must_search(self) -> bool:
        return bool(self._standing.suspects or self._repairs.unverified)

    # ── one flush ──────────────────────────────────────────────────────────────────────────────────

    def flush(self) -> Steps:
        """One look, and a write where something has its place. May be ended by any error between steps."""
        standing = self._standing
        wanted = self._choose()
        decided = [sent for sent in standing.sent if self._decided(sent)]
        places = {standing.expected_place(result) for result in wanted}
        places.update(place for sent in decided for place in sent.places.values())
        where, seen = yield from self._view.look(places)
        looked_at = self._clock.monotonic()
        self._verify(decided, seen, where)
        wanted = [result for result in wanted if result.index in standing.ready]
        prints = {place: row.fingerprint for place, row in seen.items()}
        placing = placement.at_expected([standing.expected(result) for result in wanted], prints)
        for index in placing.gone:
            standing.settle(index, "gone", None)
        if self._must_search:
            # First of all the wrong cells are put right; what is placed next is looked at anew.
            yield from self._search.run({*placing.elsewhere, *(standing.suspects.keys() & standing.ready)})
            yield from standing.tell()
            return
        self._settle_standing(placing, seen, where)
        sent = yield from self._sender.announce(placing.placed, seen, where)
        yield from standing.tell(sent)
        if sent is not None:
            yield from self._sender.write(sent, where, looked_at)
        if placing.elsewhere or self._alike_are_due:
            yield from self._search.run({*placing.elsewhere, *standing.alike})
            yield from standing.tell()

    @property
    def _alike_are_due(self) -> bool:
        """One search serves many: the last thing of all, or when they are as many as a flush takes."""
        standing = self._standing
        alone = not standing.sent and standing.ready.keys() == standing.alike
        return bool(standing.alike) and (alone or len(standing.alike) >= FLUSH_ROWS)

    def _choose(self) -> list[Result]:
        """The ready rows that this flush takes: as many as fit, in the sheet's order."""
        chosen: list[Result] = []
        chars = 0
        for result in self._standing.in_order():
            chars += sum(map(len, result.outputs)) + 40
            if len(chosen) >= FLUSH_ROWS or (chosen and chars > FLUSH_CHARS):
                break
            chosen.append(result)
        return chosen

    def _decided(self, sent: Sent) -> bool:
        return sent.acknowledged or self._clock.now() > sent.deadline + self._times.margin_s

    def _verify(self, decided: Sequence[Sent], seen: Mapping[int, Seen], where: Layout) -> None:
        """Settles what stands where it belongs; the others become ready again, and suspects.

        A row that holds a part of its result is one of them: the part may be another row's, too. So is any
        row while repairs are not verified: they may have put there what stands there. And so is one of equal
        rows once rows have moved: its equal may stand there.
        """
        standing = self._standing
        stands: list[tuple[Result, Sent]] = []
        for sent in decided:
            standing.sent.remove(sent)
            for index, place in sent.places.items():
                result = standing.sent_results.get(index)
                if result is None:
                    continue
                row = seen.get(place)
                here = row is not None and row.fingerprint == result.fingerprint
                if row is not None and here and holds(self._recipe, row, result, where):
                    stands.append((result, sent))
                    continue
                standing.calm = False
                standing.suspect(index, sent)
                if here and sent.acknowledged:
                    standing.refusals[index] = standing.refusals.get(index, 0) + 1
        for result, sent in stands:
            if self._repairs.unverified or self._may_be_its_equal(result):
                standing.suspect(result.index, sent)
            else:
                standing.settle(result.index, result.status, sent.places[result.index])

    def _may_be_its_equal(self, result: Result) -> bool:
        """Whether the row that stands where it was expected may be another one with the same inputs."""
        return not self._standing.calm and len(self._beside.accepted().get(result.fingerprint, ())) > 1

    def _sent_texts(self) -> dict[str, str]:
        """Texts that may stand where they do not belong, with their outputs' headers."""
        headers = self._recipe.written
        return {text: headers[name] for name, text in self._standing.undecided(self._recipe)}

    def _settle_standing(self, placing: placement.Placing, seen: Mapping[int, Seen], where: Layout) -> None:
        """Cells that hold the result already need no write, which could only go wrong.

        Of equal rows one may have come to where another one was: such a row waits for a search.
        """
        standing = self._standing
        for index, place in list(placing.placed.items()):
            result = standing.ready[index]
            at_home = place in (result.place, standing.moved.get(index))
            if at_home and holds(self._recipe, seen[place], result, where):
                del placing.placed[index]
                if self._may_be_its_equal(result):
                    standing.alike.add(index)
                else:
                    standing.settle(index, result.status, place)
