"""The tab as it stands now: its layout by headers, and its rows by place. Steps for the thread of Sheets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from typing import Any

from backend.domain import heading, placement
from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.selection import HEADER_ROWS, Layout, frozen_layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import ALL_COLUMNS, Area, Cell, Clock, Entered, Sheets, Tab
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.output_columns import add_outputs, missing_outputs
from backend.usecases.batch.seen import OUTPUTS_ALONE, Keep, Seen, as_seen
from backend.usecases.batch.sheet_calls import CALL_TIMEOUT_S, Call

#: Rows read by one call of a search.
SEARCH_ROWS = 5_000
#: An output column that is missing for so long was removed, and is added again.
RENAMING_S = 10.0
#: Rows read beyond those known, by a search.
SPARE_ROWS = 2_000
#: Looks in a row whose columns were not where the anchors had just been seen; then writes go by places.
UNFIT = 3


class ColumnsGone(TryLater):
    """A header that the run reads is not there at this moment; somebody may be renaming it."""


class TabView:
    """Reads one tab. Whole rows are read, so that an answer tells its own columns and nothing is assumed."""

    def __init__(
        self,
        job: Job,
        recipe: Recipe,
        sheets: Sheets,
        clock: Clock,
        tab: Tab | None,
        anchors: Anchors,
        *,
        adds: bool = True,
    ) -> None:
        """`tab` is its size where that is known already; `adds`: whether missing output columns are added."""
        self._job, self._recipe, self._sheets = job, recipe, sheets
        self._clock = clock
        self._tab = tab
        self._missing_since: float | None = None
        #: The headers among which outputs were missing when the anchors were last asked for those.
        self._sought: tuple[str, ...] | None = None
        self._anchors, self._adds = anchors, adds
        #: The headers of the last look, and the texts that were sent and not seen since, with their headers.
        self._headers: tuple[str, ...] = ()
        self.sent_texts: Callable[[], Mapping[str, str]] = dict
        #: Columns in which cells may have been emptied since.
        self.cleared: Callable[[], Collection[int]] = tuple

    def forget_size(self) -> None:
        """The grid may have another size by now: ask before the next read."""
        self._tab = None

    def look(self, places: Iterable[int]) -> Generator[Call, Any, tuple[Layout, dict[int, Seen]]]:
        """The header and the rows at `places`, in one call; adds and anchors output columns before it."""
        wanted = sorted(places)
        mended, refused, unfit = False, False, 0
        while True:
            tab = yield from self._size()
            if not self._anchors.known:
                yield from self._anchors.find(tab, self.sent_texts())
            found = yield from self._read_rows(tab, wanted)
            if found is None:
                continue
            top, rows = found
            if self._adds and not mended and (mends := self._mends_header(tab, top)) is not None:
                mended = True
                yield mends
                continue
            where = self._layout(top)
            missing = missing_outputs(self._recipe, where)
            if missing and where.headers != self._sought:
                self._sought = where.headers
                self._anchors.forget()  # they tell whether somebody has renamed them
                continue
            if self._adds and missing:
                self._wait_for_headers(missing)
                try:
                    self._tab = yield from add_outputs(self._job, self._sheets, tab, where, missing)
                except Invalid:
                    if refused:
                        raise
                    refused = True
                    self.forget_size()  # columns were deleted since our look at it
                continue
            if not self._anchors.fit(where):
                unfit += 1
                self._anchors.forget()
                if unfit > UNFIT:
                    self._anchors.give_up()
                continue
            self._missing_since, self._headers = None, where.headers
            self._sought = where.headers if missing else None
            return where, {place: as_seen(self._recipe, row, where, place) for place, row in rows}

    def _read_rows(
        self, tab: Tab, places: Sequence[int]
    ) -> Generator[Call, Any, tuple[list[list[Cell]], list[tuple[int, list[Cell]]]] | None]:
        """The top rows, and those near `places` by place; None: the grid is not what it was."""
        spans = [(first, min(last, tab.rows)) for first, last in placement.spans(places) if first < tab.rows]
        areas = [Area(tab.id, first, last, 0, ALL_COLUMNS) for first, last in spans]
        try:
            top, *blocks = yield self._read([Area(tab.id, 0, HEADER_ROWS, 0, ALL_COLUMNS), *areas])
        except (Invalid, NotFound):
            self.forget_size()  # it shrank, or the tab was deleted, since our look at its size
            return None
        at = zip(spans, blocks, strict=True)
        return top, [row for (first, _), block in at for row in enumerate(block, first)]

    def _mends_header(self, tab: Tab, top: Sequence[Sequence[Cell]]) -> Call | None:
        """Puts headers back that our own write has hit: a row was inserted above them at that moment."""
        where = frozen_layout(self._recipe, top, self._job.columns)
        if where is not None and not missing_outputs(self._recipe, where):
            return None
        inputs = tuple(self._job.columns.values())
        found = heading.overwritten(top, self._headers, inputs, self.sent_texts(), self.cleared())
        if found is None:
            return None
        row, headers = found
        spreadsheet_id = self._job.spreadsheet_id
        strips = self._anchors.headers(row, headers.values())
        if strips is not None:
            return Call(
                "writes", lambda: self._sheets.write(spreadsheet_id, strips, timeout_s=CALL_TIMEOUT_S)
            )
        cells: list[tuple[Area, Entered]] = [
            (Area(tab.id, row, row + 1, column, column + 1), {"stringValue": header})
            for column, header in headers.items()
        ]
        return Call("writes", lambda: self._sheets.restore(spreadsheet_id, cells, timeout_s=CALL_TIMEOUT_S))

    def _wait_for_headers(self, missing: Sequence[str]) -> None:
        """A header may be gone for a moment, while somebody renames it; after that it is added again."""
        now = self._clock.monotonic()
        self._missing_since = self._missing_since or now
        if now - self._missing_since < RENAMING_S:
            names = ", ".join(f'"{header}"' for header in missing)
            raise TryLater(f"The output columns {names} are not there at this moment.", delay_s=3)

    def scan(self, keep: Keep = OUTPUTS_ALONE) -> Generator[Call, Any, tuple[Layout, list[Seen]]]:
        """Every row by its place, in blocks; the header and what is above it have no fingerprint.

        Raises `TryLater` when columns move while it is read.
        """
        self._anchors.forget()  # something is not where it was written: they may not be where they were
        tab = yield from self._size()
        header = Area(tab.id, 0, HEADER_ROWS, 0, ALL_COLUMNS)
        where: Layout | None = None
        rows: list[Seen] = []
        for first in range(0, tab.rows, SEARCH_ROWS):
            # The last block reaches further: rows may have been inserted since the size was asked for.
            last = first + SEARCH_ROWS
            block = Area(tab.id, first, last if last < tab.rows else tab.rows + SPARE_ROWS, 0, ALL_COLUMNS)
            try:
                top, cells = yield self._read([header, block])
            except (Invalid, NotFound) as error:
                self.forget_size()
                raise TryLater("The sheet became shorter while it was read.", delay_s=2) from error
            now = self._layout(top)
            if where is not None and now != where:
                raise TryLater("The sheet's columns moved while it was read.", delay_s=2)
            where = now
            rows += [as_seen(self._recipe, row, where, place, keep) for place, row in enumerate(cells, first)]
        if where is None:
            raise NotFound("The tab is empty.")
        if len(rows) > tab.rows:
            self.forget_size()  # rows were inserted: the next look shall reach them
        return where, rows

    def entered(
        self, cells: set[tuple[int, str]], where: Layout
    ) -> Generator[Call, Any, dict[tuple[int, str], dict[str, Any]]]:
        """What was typed into cells (place, output name); empty ones are absent."""
        names = {column: name for name, column in where.columns.outputs.items()}
        columns = sorted({where.columns.outputs[name] for _, name in cells})
        spans = placement.spans(place for place, _ in cells)
        areas = [Area(self._job.sheet_id, first, last, c, c + 1) for first, last in spans for c in columns]
        spreadsheet_id = self._job.spreadsheet_id
        try:
            grids: list[list[list[Entered]]] = yield Call(
                "reads", lambda: self._sheets.entered(spreadsheet_id, areas, timeout_s=CALL_TIMEOUT_S)
            )
        except (Invalid, NotFound) as error:
            self.forget_size()
            raise TryLater("The sheet became smaller while its cells were read.", delay_s=1) from error
        found: dict[tuple[int, str], dict[str, Any]] = {}
        for area, grid in zip(areas, grids, strict=True):
            for offset, row in enumerate(grid):
                at = (area.first_row + offset, names[area.first_column])
                if at in cells and row and row[0] is not None:
                    found[at] = row[0]
        return found

    def _size(self) -> Generator[Call, Any, Tab]:
        if self._tab is None:
            spreadsheet = yield Call("reads", lambda: self._sheets.describe(self._job.spreadsheet_id))
            self._tab = next((tab for tab in spreadsheet.tabs if tab.id == self._job.sheet_id), None)
            if self._tab is None:
                raise NotFound(f'The tab "{self._job.sheet_name}" was deleted.')
        return self._tab

    def _read(self, areas: Sequence[Area]) -> Call:
        spreadsheet_id = self._job.spreadsheet_id
        return Call("reads", lambda: self._sheets.read(spreadsheet_id, areas, timeout_s=CALL_TIMEOUT_S))

    def _layout(self, top: Sequence[Sequence[Cell]]) -> Layout:
        where = self._anchors.layout(top)
        if where is None:
            wanted = ", ".join(f'"{header}"' for header in self._job.columns.values())
            raise ColumnsGone(f"Not all of the columns that the run reads are there: {wanted}.", delay_s=5)
        return where
