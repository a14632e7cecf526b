"""Looks through the whole tab for rows that are not where they were expected, and for displaced text."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from backend.domain import placement
from backend.domain.recipes import Recipe
from backend.domain.selection import Layout
from backend.usecases.batch.beside import Beside
from backend.usecases.batch.comparing import holds, typed_over
from backend.usecases.batch.displaced import Suspect
from backend.usecases.batch.fixes import confirmed
from backend.usecases.batch.intents import Fix, Note
from backend.usecases.batch.looking import TabView
from backend.usecases.batch.repairing import Repairs
from backend.usecases.batch.seen import Seen
from backend.usecases.batch.sending import Sender
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.batch.standing import Standing
from backend.usecases.batch.stillness import Stillness

#: A row that was looked for in vain so often is stale or gone.
LOOKS = 2
#: A row that so many acknowledged writes left unchanged cannot be written: merged cells, a formula's spill.
REFUSALS = 8


class Search:
    """The searches of one attempt."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        beside: Beside,
        view: TabView,
        standing: Standing,
        sender: Sender,
        repairs: Repairs,
    ) -> None:
        self._recipe, self._beside = recipe, beside
        self._view, self._standing, self._sender = view, standing, sender
        self._repairs = repairs
        self._stillness = Stillness()

    def run(self, indexes: set[int]) -> Generator[Call | Note, Any, None]:
        """Finds the places of `indexes`, and puts right what is displaced."""
        standing = self._standing
        standing.calm = False
        where, rows = yield from self._view.scan(self._repairs.keep(standing.suspects))
        placing = self._places(indexes, where, rows)
        standing.shifts = sorted(
            (standing.ready[index].place, place - standing.ready[index].place)
            for index, place in placing.placed.items()
        )
        lost = {*placing.stale, *placing.gone}
        fixes = self._repairs.find(
            where, rows, standing.suspects, lost, standing.note.placed(), standing.sent_results.values()
        )
        if fixes and self._stillness.holds(where, rows):
            yield from self._put_right(fixes, where, rows)
        elif not fixes and self._repairs.unverified:
            self._repairs.verified()
            standing.note.repairs = []
        self._follow(placing, where, rows, clean=not fixes)

    def _put_right(
        self, fixes: list[Fix], where: Layout, rows: Sequence[Seen]
    ) -> Generator[Call | Note, Any, None]:
        sure = yield from confirmed(self._sender.at_once(fixes, where), self._view, where, rows)
        if sure:
            self._repairs.announced(sure, rows)
            self._standing.note.repairs = sure
            yield from self._standing.tell()
            yield from self._sender.put_right(sure, where)

    def _places(self, indexes: set[int], where: Layout, rows: Sequence[Seen]) -> placement.Placing:
        standing = self._standing
        pending = standing.pending

        def avoid(row: placement.Waiting, place: int) -> bool:
            """Of equal rows all shall have the result: one that has it already is another's place."""
            taken = (place, row.fingerprint) in pending
            return taken or holds(self._recipe, rows[place], standing.ready[row.index], where)

        wanted = [standing.expected(standing.ready[index]) for index in sorted(indexes)]
        prints = [row.fingerprint for row in rows]
        return placement.anywhere(wanted, prints, 0, self._beside.accepted(), avoid)

    def _follow(
        self, placing: placement.Placing, where: Layout, rows: Sequence[Seen], *, clean: bool
    ) -> None:
        """Draws the conclusions of a search.

        Suspects stay until a whole search found nothing wrong, those that stand rightly as well: whoever
        takes over in between has to look for their text, too.
        """
        standing = self._standing
        for index, place in placing.placed.items():
            row, suspect = rows[place], standing.suspects.get(index)
            result = standing.ready[index]
            written = (suspect is not None or index in standing.alike) and holds(
                self._recipe, row, result, where
            )
            written = written or (suspect is not None and self._typed_over(row, place, suspect, where))
            if clean and written:
                standing.settle(index, result.status, place)
            elif clean and standing.refusals.get(index, 0) >= REFUSALS:
                standing.settle(index, "gone", None)
            else:
                standing.moved[index] = place
                standing.alike.discard(index)
                standing.looks.pop(index, None)
        if not clean:
            return
        standing.suspects.clear()
        if placing.stale or placing.gone:
            self._view.forget_size()  # the last look for them shall not miss the end of a longer tab
        for state, lost in (("stale", placing.stale), ("gone", placing.gone)):
            for index in lost:
                standing.looks[index] = standing.looks.get(index, 0) + 1
                if standing.looks[index] >= LOOKS:
                    standing.settle(index, state, None)

    def _typed_over(self, row: Seen, place: int, suspect: Suspect, where: Layout) -> bool:
        """Whether our write came here and a person has typed over some of it since: theirs stays.

        It may have come to an equal row: then only the one that stands where it was sent is told from that.
        """
        sent, result = suspect.sent, suspect.result
        equals = self._beside.accepted().get(result.fingerprint, ())
        if len(equals) > 1 and sent.places[result.index] != place:
            return False
        same_columns = all(where.columns.outputs.get(name) == c for name, c in sent.columns.items())
        before = sent.before_of(result.index)
        return sent.acknowledged and same_columns and typed_over(self._recipe, row, result, before, where)
