"""A spreadsheet as a value: its tabs, its developer metadata, who may open it. No I/O.

A write works on `draft()` and the draft replaces the workbook only when everything in it went well: that is
how `spreadsheets.batchUpdate` is atomic.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from backend.local.sheets.a1 import Bounds, Rect, parse, unparsable, written
from backend.local.sheets.errors import GoogleError, invalid
from backend.local.sheets.grid import Grid
from backend.local.sheets.metadata import Location, Metadata
from backend.local.sheets.shifting import Shift, side

#: Cells of a workbook, blank ones included (Google's limit).
MAX_CELLS = 10_000_000
#: The size of a tab that is added without one.
NEW_SHEET_ROWS, NEW_SHEET_COLUMNS = 1_000, 26


@dataclass(frozen=True, slots=True)
class User:
    """Who asks: `email` is None when nobody checks; `everything` is the document's owner at the workbench."""

    email: str | None = None
    everything: bool = False
    project: str = "api"


@dataclass(slots=True)
class Sheet:
    """One tab. `settings` holds the properties that change nothing here (colours, frozen rows, …)."""

    id: int
    title: str
    grid: Grid
    hidden: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    grid_settings: dict[str, Any] = field(default_factory=dict)
    protected: list[dict[str, Any]] = field(default_factory=list)
    #: The basic filter and filter views, which hide rows from people alone.
    view: dict[str, Any] = field(default_factory=dict)

    def draft(self) -> Sheet:
        return replace(self, grid=self.grid.copy(), protected=list(self.protected), view=dict(self.view))

    def rect(self, bounds: Bounds, *, whole: bool = False) -> Rect:
        """The bounds inside this grid; sides that reach past it are cut, unless it must fit (`whole`).

        A range that begins past the grid is refused, as Google does for reading and clearing; one that ends
        past it is refused for writing.
        """
        grid = self.grid
        too_far = (bounds.top or 0) >= grid.row_count or (bounds.left or 0) >= grid.column_count
        too_big = (bounds.bottom or 0) > grid.row_count or (bounds.right or 0) > grid.column_count
        if too_far or (whole and too_big):
            raise invalid(
                f"Range ({written(self.title, bounds)}) exceeds grid limits. "
                f"Max rows: {grid.row_count}, max columns: {grid.column_count}"
            )
        return Rect(
            bounds.top or 0,
            grid.row_count if bounds.bottom is None else min(bounds.bottom, grid.row_count),
            bounds.left or 0,
            grid.column_count if bounds.right is None else min(bounds.right, grid.column_count),
        )

    def written(self, rect: Rect) -> str:
        return written(self.title, Bounds(*rect))


@dataclass(slots=True)
class Workbook:
    id: str
    title: str
    sheets: list[Sheet]
    owner: str | None = None
    editors: list[str] = field(default_factory=list)
    viewers: list[str] = field(default_factory=list)
    metadata: dict[int, Metadata] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    #: Unix seconds of the last write.
    modified: float = 0.0
    #: A tab came, went, moved, or changed its name or size since the last commit.
    reshaped: bool = False

    def draft(self) -> Workbook:
        return replace(
            self,
            sheets=[sheet.draft() for sheet in self.sheets],
            editors=list(self.editors),
            viewers=list(self.viewers),
            metadata=dict(self.metadata),
            properties=dict(self.properties),
            revision=self.revision + 1,
            reshaped=False,
        )

    @property
    def chance(self) -> random.Random:
        """Ids that Google would draw: the same again when the write is replayed from the journal."""
        return random.Random(f"{self.id}:{self.revision}:{len(self.metadata)}:{len(self.sheets)}")

    def sheet(self, sheet_id: int) -> Sheet:
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def titled(self, title: str) -> Sheet | None:
        """Titles are found whatever their case, as in the real thing."""
        folded = title.casefold()
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == folded), None)

    def range(self, text: str) -> tuple[Sheet, Bounds]:
        """The tab and bounds that A1 notation names; an unknown tab is Google's "Unable to parse range"."""
        title, bounds = parse(text)
        sheet = self.sheets[0] if title is None else self.titled(title)
        if sheet is None:
            raise unparsable(text)
        return sheet, bounds

    def check_cells(self) -> None:
        """Raises Google's refusal when the grids together have become too big."""
        if sum(sheet.grid.row_count * sheet.grid.column_count for sheet in self.sheets) > MAX_CELLS:
            raise invalid(
                "This action would increase the number of cells in the workbook above the limit of "
                f"{MAX_CELLS} cells."
            )

    def shift(self, sheet_id: int, shift: Shift, *, rows: bool) -> None:
        """Lets metadata and protected ranges of a tab follow its rows or columns."""
        kind = "ROW" if rows else "COLUMN"
        for entry in list(self.metadata.values()):
            place = entry.location
            if place.sheet_id != sheet_id or place.kind != kind or place.index is None:
                continue
            index = shift(place.index)
            if index is None:
                del self.metadata[entry.id]
            elif index != place.index:
                self.metadata[entry.id] = replace(entry, location=Location(place.kind, sheet_id, index))
        sheet = self.sheet(sheet_id)
        start, end = ("startRowIndex", "endRowIndex") if rows else ("startColumnIndex", "endColumnIndex")
        kept = []
        for protected in sheet.protected:
            bounds = protected["range"]
            now = side(bounds.get(start), bounds.get(end), shift)
            if now is None:
                continue
            bounds = {name: value for name, value in bounds.items() if name not in (start, end)}
            bounds |= {
                name: value for name, value in zip((start, end), now, strict=True) if value is not None
            }
            kept.append({**protected, "range": bounds})
        sheet.protected = kept

    def found(self, metadata_id: int) -> Metadata:
        entry = self.metadata.get(metadata_id)
        if entry is None:
            raise GoogleError(404, "NOT_FOUND", f"No developer metadata with ID {metadata_id}.")
        return entry


def changes(draft: Workbook) -> dict[str, Any]:
    """What a commit changed, for pages that follow: the list of `tabs`, and by tab id row blocks or "all"."""
    blocks: dict[str, Any] = {}
    for sheet in draft.sheets:
        touched = sheet.grid.touched
        if touched is None:
            blocks[str(sheet.id)] = "all"
        elif touched:
            blocks[str(sheet.id)] = _joined(touched)
    return {"revision": draft.revision, "tabs": draft.reshaped, "rows": blocks}


def _joined(blocks: list[tuple[int, int]]) -> list[list[int]]:
    joined: list[list[int]] = []
    for top, bottom in sorted(blocks):
        if joined and top <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], bottom)
        else:
            joined.append([top, bottom])
    return joined
