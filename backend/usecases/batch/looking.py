"""The tab as it stands now: its layout by headers, and its rows by place. Steps for the thread of Sheets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend.domain import heading, placement
from backend.domain.cells import as_text
from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.rows import fingerprint
from backend.domain.selection import HEADER_ROWS, Layout, frozen_layout
from backend.errors import Invalid, NotFound, TryLater
from backend.ports import ALL_COLUMNS, Area, Cell, Clock, Entered, Sheets, Tab
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.sheet_calls import CALL_TIMEOUT_S, Call

#: Rows read by one call of a search.
SEARCH_ROWS = 5_000
#: An output column that is missing for so long was removed, and is added again.
RENAMING_S = 10.0
#: Rows read beyond those known, by a search.
SPARE_ROWS = 2_000
#: Looks in a row whose columns were not where the anchors had just been seen; then writes go by places.
UNFIT = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """A row as it stands now: its fingerprint, and its cells that are not empty, by column."""

    fingerprint: str
    cells: Mapping[int, Cell]
    #: A hash of the row with its headers, whatever of it is remembered; 0 where nobody asked for one.
    picture: int = 0
    #: A hash of its cells outside the run's columns; 0 where nobody asked for one, or all are empty.
    rest: int = 0

    def cell(self, column: int | None) -> str:
        """A cell as text."""
        return as_text(self.cells.get(column)) if column is not None else ""

    def entered(self, column: int) -> Entered:
        """A cell as it would be typed again; of a formula, what it showed."""
        value = self.cells.get(column)
        if value is None:
            return None
        kind = (
            "boolValue"
            if isinstance(value, bool)
            else "stringValue"
            if isinstance(value, str)
            else "numberValue"
        )
        return {kind: value}


@dataclass(frozen=True, slots=True)
class Keep:
    """Rows of which a scan remembers every cell; of the others, the output columns' alone."""

    #: Rows that hold one of these texts in any column.
    texts: Collection[str] = ()
    #: Rows with these fingerprints.
    fingerprints: Collection[str] = ()
    #: Rows with other fingerprints than these.
    strangers_to: Collection[str] | None = None
    #: Rows with other pictures than these.
    other_than: Collection[int] | None = None
    #: Whether a hash of every row's rest is remembered.
    rests: bool = False

    def whole(self, fingerprint: str, row: Sequence[Cell], picture: int) -> bool:
        """Whether every cell of a row is to be remembered."""
        return (
            fingerprint in self.fingerprints
            or (self.strangers_to is not None and fingerprint not in self.strangers_to)
            or (self.other_than is not None and picture not in self.other_than)
            or any(cell in self.texts for cell in row)
        )


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
            return where, {place: self._seen(row, where, place) for place, row in rows}

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

    def scan(self, keep: Keep = Keep()) -> Generator[Call, Any, tuple[Layout, list[Seen]]]:
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
            rows += [self._seen(row, where, place, keep) for place, row in enumerate(cells, first)]
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

    def _seen(self, row: Sequence[Cell], where: Layout, place: int, keep: Keep | None = None) -> Seen:
        inputs: Mapping[str, int] = where.columns.inputs
        cells = [
            as_text(row[inputs[column.name]])
            if column.name in inputs and inputs[column.name] < len(row)
            else ""
            for column in self._recipe.inputs
        ]
        known = fingerprint(cells) if place >= where.first_row else ""
        if keep is None:
            return Seen(known, {c: cell for c, cell in enumerate(row) if cell != ""})
        picture = _picture(row, where.headers)
        rest = rest_of(dict(enumerate(row)), where) if keep.rests else 0
        if keep.whole(known, row, picture):
            return Seen(known, {c: cell for c, cell in enumerate(row) if cell != ""}, picture, rest)
        outputs = (c for c in where.columns.outputs.values() if c < len(row))
        return Seen(known, {c: row[c] for c in outputs if row[c] != ""}, picture, rest)


def _picture(row: Sequence[Cell], headers: Sequence[str]) -> int:
    """The same for a row whose columns have been moved."""
    return hash(frozenset((header, cell) for header, cell in zip(headers, row, strict=False) if cell != ""))


def rest_of(cells: Mapping[int, Cell], where: Layout) -> int:
    """64 bits that stand for a row's cells outside the run's columns, in any process."""
    run = {*where.columns.inputs.values(), *where.columns.outputs.values()}
    rest = sorted(
        (where.headers[column], as_text(cell))
        for column, cell in cells.items()
        if cell != "" and column not in run and where.headers[column : column + 1] > ("",)
    )
    told = json.dumps(rest).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), signed=True) if rest else 0


def missing_outputs(recipe: Recipe, where: Layout) -> list[str]:
    """Headers of output columns that the tab does not have (any more)."""
    return [header for name, header in recipe.written.items() if name not in where.columns.outputs]


def add_outputs(
    job: Job, sheets: Sheets, tab: Tab, where: Layout, headers: Sequence[str]
) -> Generator[Call, Any, Tab]:
    """Inserts output columns behind the last header; gives the tab's new size."""
    used = max((i + 1 for i, header in enumerate(where.headers) if header.strip()), default=0)
    yield Call(
        "writes",
        lambda: sheets.add_columns(
            job.spreadsheet_id, tab, where.header_row, used, headers, timeout_s=CALL_TIMEOUT_S
        ),
    )
    return replace(tab, columns=tab.columns + len(headers))
