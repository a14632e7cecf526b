"""Marks the columns of the outputs with anchors, so that a write finds them wherever somebody has moved them.

A write by places hits the columns that stand there when it arrives, and somebody may have moved one since
our look: then our text lands in a column of theirs. Developer metadata that is tied to a column goes with
it, so a write that is addressed by such anchors cannot.

Where anchors are refused (a tab has room for so many), writes go by places, and what they displace is put
right.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.selection import HEADER_ROWS, Layout, frozen_layout
from backend.errors import Forbidden, Invalid, NotFound
from backend.ports import ALL_COLUMNS, Anchor, Area, Block, Cell, Sheets, Strip, Tab
from backend.usecases.batch.sheet_calls import CALL_TIMEOUT_S, Call

#: So often anchors are set anew before a look goes on without them, as somebody moves columns all the time.
TRIES = 6
#: So often they are refused, or taken and not there then (a column may just have been deleted), before all
#: writes go by places.
REFUSALS = 2
#: A write by anchors has this many cells at most, those that it passes over from the tab's first row on
#: included: Sheets advises payloads of at most 2 MB.
MOST_CELLS = 400_000
#: One with more than this that Sheets does not answer in time was the last: how long it takes over the cells
#: that are passed over, Google does not say.
TALL_CELLS = 40_000


class Anchors:
    """The anchors of one attempt's output columns."""

    def __init__(self, job: Job, recipe: Recipe, sheets: Sheets, *, trusted: bool = False) -> None:
        """`trusted`: whether an anchor tells of a renamed column that was not seen under its own header."""
        self._job, self._recipe, self._sheets = job, recipe, sheets
        self._trusted = trusted
        #: Metadata ids of anchors that stood under their outputs' headers, here or in an earlier process.
        self.seen: set[int] = set()
        #: Output name → metadata id, and the column that it stood at when it was last looked at.
        self._ids: dict[str, int] = {}
        self._columns: Mapping[str, int] | None = None
        #: Output name → metadata id of an anchor that may be trusted, wherever it was last seen.
        self._reliable: dict[str, int] = {}
        #: Output name → the header that somebody has given its column since.
        self._renamed: dict[str, str] = {}
        self._refused = False

    @property
    def known(self) -> bool:
        """Whether they were looked at, and nobody has moved a column since as far as is known."""
        return self._refused or self._columns is not None

    def layout(self, top: Sequence[Sequence[Cell]]) -> Layout | None:
        """The tab's header. An output whose own one is not there has the column that bears its anchor."""
        where = frozen_layout(self._recipe, top, self._job.columns)
        if where is None:
            return None
        renamed = {
            name: where.headers.index(header)
            for name, header in self._renamed.items()
            if name not in where.columns.outputs and where.headers.count(header) == 1
        }
        columns = replace(where.columns, outputs={**where.columns.outputs, **renamed})
        return replace(where, columns=columns) if renamed else where

    def fit(self, where: Layout) -> bool:
        """Whether every output's column bears its anchor, or none can."""
        return self._refused or self._columns == where.columns.outputs

    def take(self, values: Mapping[str, Mapping[int, Cell]]) -> bool:
        """Whether they serve to write these, by output name and place, once it is known where they stand."""
        return not self._refused and sum(max(one) + 1 for one in values.values()) <= MOST_CELLS

    def strips(self, values: Mapping[str, Mapping[int, Cell]], where: Layout) -> list[Strip] | None:
        """What is written, by output name and place; None where it has to go by places."""
        if not self.take(values) or not self.fit(where):
            return None
        spans = {name: range(min(one), max(one) + 1) for name, one in values.items()}
        return [
            Strip(self._ids[name], spans[name].start, [one.get(place) for place in spans[name]])
            for name, one in values.items()
        ]

    def headers(self, row: int, headers: Iterable[str]) -> list[Strip] | None:
        """What puts headers of outputs back into a row; None where that has to go by places."""
        known = [*self._recipe.written.items(), *self._renamed.items()]
        names = {header: name for name, header in known}
        ids = {header: self._reliable.get(names.get(header, "")) for header in headers}
        if self._refused or None in ids.values():
            return None
        return [Strip(metadata_id, row, [header]) for header, metadata_id in ids.items() if metadata_id]

    def not_answered(self, written: Sequence[Block | Strip]) -> None:
        """Sheets did not answer such a write in time, or with an error of its own."""
        cells = sum(one.first_row + len(one.values) for one in written if isinstance(one, Strip))
        if cells > TALL_CELLS:
            self.give_up()

    def forget(self) -> None:
        """They may be elsewhere, or nowhere: they are looked for before the next write."""
        self._columns = None

    def give_up(self) -> None:
        """From now on writes go by places."""
        self._refused = True

    def find(self, tab: Tab, ours: Collection[str]) -> Generator[Call, Any, None]:
        """Looks where they are, and sets them where they are not. Gives up when that is refused.

        `ours` are texts that may have been written into headers by mistake: no names that somebody gave.
        """
        area = Area(tab.id, 0, min(HEADER_ROWS, tab.rows), 0, ALL_COLUMNS)
        spreadsheet_id = self._job.spreadsheet_id
        refusals, were_set = 0, set[str]()
        for _ in range(TRIES):
            try:
                top, found = yield Call(
                    "reads", lambda: self._sheets.anchors(spreadsheet_id, area, timeout_s=CALL_TIMEOUT_S)
                )
            except (Invalid, NotFound):
                return  # the look that follows meets the same, and says so
            self._learn_names(top, found, ours)
            where = self.layout(top)
            if where is None:
                return
            wanted = where.columns.outputs
            anchors = {(anchor.name, anchor.column): anchor.metadata_id for anchor in found}
            self._ids = {
                name: anchors[name, column] for name, column in wanted.items() if (name, column) in anchors
            }
            if self._ids.keys() == wanted.keys():
                self._columns = wanted
                return
            refusals += not were_set <= {anchor.name for anchor in found}
            were_set = wanted.keys() - self._ids.keys()
            try:
                if refusals < REFUSALS:
                    yield self._set(tab, wanted, found)
            except (Invalid, Forbidden):
                refusals, were_set = refusals + 1, set()
            if refusals == REFUSALS:
                self.give_up()
                return

    def _learn_names(
        self, top: Sequence[Sequence[Cell]], found: Sequence[Anchor], ours: Collection[str]
    ) -> None:
        """Takes the headers of anchored columns whose own ones are not in the tab.

        An anchor that no look has seen under its output's header may have been set as columns moved, and be
        on a column of the person's own.
        """
        where = frozen_layout(self._recipe, top, self._job.columns)
        if where is None:
            return
        outputs, headers = where.columns.outputs, dict(enumerate(where.headers))
        taken = {*where.columns.inputs.values(), *outputs.values()}
        self.seen |= {one.metadata_id for one in found if outputs.get(one.name) == one.column}
        trusted = [one for one in found if self._trusted or one.metadata_id in self.seen]
        self._reliable = {one.name: one.metadata_id for one in trusted}
        self._renamed |= {
            one.name: headers[one.column]
            for one in trusted
            if one.column not in taken
            and headers.get(one.column, "").strip()
            and headers[one.column] not in ours
        }

    def _set(self, tab: Tab, wanted: Mapping[str, int], found: Sequence[Anchor]) -> Call:
        missing = {name: column for name, column in wanted.items() if name not in self._ids}
        stale = [anchor.metadata_id for anchor in found if anchor.name in missing]
        return Call(
            "writes",
            partial(
                self._sheets.set_anchors,
                self._job.spreadsheet_id,
                tab.id,
                missing,
                stale,
                timeout_s=CALL_TIMEOUT_S,
            ),
        )
