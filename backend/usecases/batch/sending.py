"""Sends results into the sheet: what the cells hold is noted first, then the write goes out once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from typing import Any

from backend.domain import placement, results
from backend.domain.cells import as_text
from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import Area, Block, Cell, Clock, Entered, Sheets, Strip
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.beside import Beside
from backend.usecases.batch.cells_back import CellsBack
from backend.usecases.batch.entered import as_shown, strings
from backend.usecases.batch.intents import Fix, Sent
from backend.usecases.batch.last_moment import LastMoment
from backend.usecases.batch.looking import TabView
from backend.usecases.batch.packing import pack
from backend.usecases.batch.seen import Seen
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.batch.standing import Standing

#: Bytes of before-images in one intent; a document holds a MiB. A single row's stay below in any case.
BEFORE_BYTES = 700_000
#: A write that misses may hit rows so far from its own. Of those the look is kept until it is verified; of
#: the rows that the look verified besides it is not, for that is what a worker's memory peaks at.
NEAR_ROWS = 200

Befores = dict[tuple[int, str], dict[str, Any]]


class Sender:
    """The writes of one attempt."""

    def __init__(
        self,
        *,
        job: Job,
        recipe: Recipe,
        sheets: Sheets,
        clock: Clock,
        view: TabView,
        anchors: Anchors,
        beside: Beside,
        standing: Standing,
        added: Collection[str],
        lease_left_s: Callable[[], float],
        times: LeaseTimes,
    ) -> None:
        """`added`: headers of columns that the job added; what stood in the others is kept for undo."""
        self._job, self._recipe, self._sheets, self._clock = job, recipe, sheets, clock
        self._view, self._anchors, self._beside = view, anchors, beside
        self._standing, self._added = standing, added
        self._times = times
        self._last_moment = LastMoment(clock, lease_left_s, times)
        self._cells = CellsBack(job, sheets, anchors, self._last_moment, times)

    def announce(
        self, placed: Mapping[int, int], seen: Mapping[int, Seen], where: Layout
    ) -> Generator[Call, Any, Sent | None]:
        """Reads what the cells hold that will be overwritten, and makes the intent."""
        if not placed:
            return None
        occupied = {
            (place, name)
            for index, place in placed.items()
            for name in results.cells(self._recipe, self._standing.ready[index])
            for column in [where.columns.outputs[name]]
            # A formula may show nothing; in a column that we added there is none.
            if where.headers[column] not in self._added or seen[place].cell(column)
        }
        before = (yield from self._view.entered(occupied, where)) if occupied else {}
        if not all(
            _agrees(seen[at[0]].cell(where.columns.outputs[at[1]]), before.get(at)) for at in occupied
        ):
            raise TryLater("The sheet's rows moved while their cells were read.", delay_s=1)
        before = self._without_strays(before, placed)
        placed = _that_fit(placed, before)
        return Sent(
            self._standing.next_note,
            placed,
            {at: value for at, value in before.items() if at[0] in placed.values()},
            self._clock.now() + 2 * self._times.write_s,
            columns=dict(where.columns.outputs),
            headers=where.headers,
            seen=pack(_near(seen, placed.values())),
        )

    def _without_strays(self, before: Befores, placed: Mapping[int, int]) -> Befores:
        """Of a cell that may hold a result of ours by mistake at this moment, what it held at the freeze."""
        strays = self._standing.undecided(self._recipe) if before else set()
        indexes = {place: index for index, place in placed.items()}
        kept: Befores = {}
        for (place, name), value in before.items():
            if (name, as_shown(value)) in strays:
                fingerprint = self._standing.ready[indexes[place]].fingerprint
                frozen = strings(self._beside.frozen_outputs(fingerprint)).get(name)
                if frozen is not None:
                    kept[place, name] = frozen
            else:
                kept[place, name] = value
        return kept

    def write(self, sent: Sent, where: Layout, looked_at: float) -> Generator[Call, Any, None]:
        self._standing.announced(sent)
        blocks = self._values(sent, where, self._standing.sent_results)
        try:
            yield Call("writes", lambda: self._send(blocks, looked_at))
        except TryLater as later:
            if later.maybe_applied:
                self._anchors.not_answered(blocks)
            else:
                self._standing.not_sent(sent)
            raise
        except (Invalid, NotFound):
            self._view.forget_size()  # a row or a column that we had seen is not there any more
            self._standing.not_sent(sent)
        else:
            sent.acknowledged = True
            self._standing.note.acknowledged.append(sent.n)

    def at_once(self, fixes: Sequence[Fix], where: Layout) -> list[Fix]:
        """Those that one write can put right; the others are found again by the next search."""
        return self._cells.at_once(fixes, where)

    def put_right(self, fixes: Sequence[Fix], where: Layout) -> Generator[Call, Any, None]:
        """Restores single cells that were looked at just now."""
        try:
            yield from self._cells.restore(fixes, where, self._clock.monotonic())
        except (Invalid, NotFound) as error:
            self._view.forget_size()
            raise TryLater("The sheet became smaller while it was put right.", delay_s=1) from error

    def _send(self, blocks: Sequence[Block | Strip], looked_at: float) -> None:
        self._last_moment.check(looked_at)
        self._sheets.write(self._job.spreadsheet_id, blocks, timeout_s=self._times.write_s)

    def _values(self, sent: Sent, where: Layout, found: Mapping[int, Result]) -> Sequence[Block | Strip]:
        by_name: dict[str, dict[int, Cell]] = {}
        for index, place in sent.places.items():
            for name, text in results.cells(self._recipe, found[index]).items():
                by_name.setdefault(name, {})[place] = text
        strips = self._anchors.strips(by_name, where)
        return self._blocks(by_name, where) if strips is None else strips

    def _blocks(self, by_name: Mapping[str, Mapping[int, Cell]], where: Layout) -> list[Block]:
        """Column runs × row spans; cells between that are not ours stay None, which leaves them alone."""
        by_column = {where.columns.outputs[name]: values for name, values in by_name.items()}
        blocks: list[Block] = []
        for first_column, last_column in placement.spans(by_column, gap=0):
            for first, last in placement.spans(place for values in by_column.values() for place in values):
                grid: list[list[Cell | None]] = [
                    [by_column[column].get(row) for column in range(first_column, last_column)]
                    for row in range(first, last)
                ]
                area = Area(self._job.sheet_id, first, last, first_column, last_column)
                blocks.append(Block(area, grid))
        return blocks


def _agrees(shown: str, entered: Entered) -> bool:
    """Whether a cell that showed this may have been entered so; else another row is there by now."""
    if entered is None:
        return shown == ""
    kind, value = next(iter(entered.items()))
    return kind in ("formulaValue", "numberValue", "errorValue") or as_text(value) == shown


def _that_fit(placed: Mapping[int, int], before: Befores) -> dict[int, int]:
    """As many rows as one intent holds the before-images of; the others go with the next flush."""
    sizes: dict[int, int] = {}
    for (place, _), value in before.items():
        sizes[place] = sizes.get(place, 0) + len(json.dumps(value, ensure_ascii=False).encode())
    fit: dict[int, int] = {}
    left = BEFORE_BYTES
    for index, place in placed.items():
        left -= sizes.get(place, 0)
        if left < 0 and fit:
            break
        fit[index] = place
    return fit


def _near(seen: Mapping[int, Seen], places: Collection[int]) -> Iterator[Seen]:
    """The rows that were seen at these places, or near them."""
    reach = placement.spans(places, gap=2 * NEAR_ROWS)
    for place, row in seen.items():
        if any(first - NEAR_ROWS <= place < last + NEAR_ROWS for first, last in reach):
            yield row
