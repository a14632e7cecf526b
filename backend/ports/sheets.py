"""Spreadsheets, as one service account sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.ports.json import Json

#: As read with UNFORMATTED_VALUE: numbers stay numbers, dates come as text, blanks as "".
Cell = str | int | float | bool
#: A `userEnteredValue` of the API (`{"formulaValue": "=A1"}`, …), or None for an empty cell.
Entered = dict[str, Json] | None
#: The developer-metadata key under which the sidebar's script writes a proof of edit.
NONCE_KEY = "rowmill_proof"
#: The developer-metadata key under which the column of an output is marked; the value is the output's name.
ANCHOR_KEY = "rowmill_output"


#: The most columns that a tab can have; an area that ends there is read as wide as the tab is.
ALL_COLUMNS = 18_278


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of one tab, zero-based and half-open, addressed by the tab's numeric id."""

    sheet_id: int
    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected range; `editable` says whether our service account may write into it."""

    area: Area
    description: str
    editable: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A sheet of a spreadsheet, with its grid's size."""

    id: int
    title: str
    rows: int
    columns: int
    protected: tuple[Protected, ...] = ()


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """What a spreadsheet says of itself."""

    id: str
    title: str
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Values to be written RAW from the area's upper left; None leaves a cell as it is."""

    area: Area
    values: Sequence[Sequence[Cell | None]]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A developer-metadata entry on a column, which Sheets moves along with it, whoever moves that."""

    metadata_id: int
    #: The output's name.
    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Strip:
    """Values to be written RAW into one column, wherever its anchor stands then; None leaves a cell alone."""

    metadata_id: int
    first_row: int
    values: Sequence[Cell | None]


@dataclass(frozen=True, slots=True)
class Nonce:
    """A developer-metadata entry that carries a proof of edit."""

    metadata_id: int
    value: str


class Sheets(Protocol):
    """One service account's view of spreadsheets. Every method is one call to the API, but where it says so.

    Raises `NotFound` (no such spreadsheet or tab), `Forbidden` (not shared with us, or protected),
    `TryLater` (429, 5xx, timeout; `maybe_applied` for writes) and `Invalid` (what was asked cannot be).
    May be called from any thread. `timeout_s` bounds the whole call.
    """

    def describe(self, spreadsheet_id: str) -> Spreadsheet: ...

    def read(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Cell]]]:
        """One grid per area, each padded with "" to the area's size clipped to the tab's grid."""
        ...

    def entered(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Entered]]]:
        """What was typed into the cells: formulas, numbers, text."""
        ...

    def write(self, spreadsheet_id: str, blocks: Sequence[Block | Strip], *, timeout_s: float = 30) -> None:
        """All or none; but a strip whose column was deleted is written nowhere."""
        ...

    def anchors(
        self, spreadsheet_id: str, area: Area, *, timeout_s: float = 30
    ) -> tuple[list[list[str]], list[Anchor]]:
        """An area as people see it, and the anchors of its columns, as of one moment."""
        ...

    def set_anchors(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        columns: Mapping[str, int],
        remove: Sequence[int],
        *,
        timeout_s: float = 30,
    ) -> None:
        """Ties each output's name to the column that stands there now, and takes anchors away. All or none.

        `Invalid` too where the tab or the spreadsheet has no room for more developer metadata.
        """
        ...

    def restore(
        self, spreadsheet_id: str, cells: Sequence[tuple[Area, Entered]], *, timeout_s: float = 30
    ) -> None:
        """Puts back what single cells held, as typed values (formulas live again). All or none."""
        ...

    def add_columns(
        self,
        spreadsheet_id: str,
        tab: Tab,
        header_row: int,
        at_column: int,
        headers: Sequence[str],
        *,
        timeout_s: float = 30,
    ) -> None:
        """Inserts columns at `at_column` and writes `headers` into a row (zero-based) of them.

        Atomic, and whoever moves columns at that moment, no cell that anybody has filled is written over.
        Where none may be inserted, a second call names those that stand there, if the grid has so many.
        """
        ...

    def add_tab(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        title: str,
        rows: int,
        columns: int,
        *,
        timeout_s: float = 30,
    ) -> None:
        """A new tab behind the others, of that id and size; `Invalid` when its id or its title is taken."""
        ...

    def remove_tab(self, spreadsheet_id: str, sheet_id: int, *, timeout_s: float = 30) -> None: ...

    def nonces(self, spreadsheet_id: str) -> list[Nonce]:
        """The proofs of edit (document metadata under `NONCE_KEY`) that stand in the spreadsheet."""
        ...

    def remove_nonces(self, spreadsheet_id: str, metadata_ids: Sequence[int]) -> None: ...
