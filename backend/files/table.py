"""A table as it stood in a file: the rows, where each came from, and what is needed to write it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal


class Dated(str):
    """A date, time or duration cell of a workbook, as ISO text.

    `2026-01-05`, `2026-01-05 13:45:00`, `13:45:00`, or `30:00:00` for a duration. It is text for
    everybody; only an XLSX writer turns it back into a date.
    """

    __slots__ = ()


#: A cell as read. A blank cell is None in a workbook and "" in a CSV file.
Cell = str | int | float | bool | None
Row = list[Cell]
Kind = Literal["csv", "xlsx"]

#: Called with the rows below the header read so far (about) and the share of the file behind us (0 to 1):
#: before any row first. In a workbook the share starts over when another tab is tried.
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file was written, as far as it is needed to write the same kind again."""

    delimiter: str = ","
    #: A Python codec without its byte order mark: utf-8, utf-16-le, cp1252, …
    encoding: str = "utf-8"
    bom: bool = False
    line_ending: str = "\r\n"
    #: Every cell stood in quotation marks, not only those that need them.
    quote_all: bool = False
    #: The file began with the line `sep=…` by which Excel is told the delimiter.
    sep_line: bool = False
    #: A space followed each delimiter and belongs to no cell: `"a", "b"`.
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of one file. Nothing of the file is left out: lead, headers, rows and tail are all of it."""

    #: The file's name, for sentences about it.
    name: str
    kind: Kind
    #: The header row verbatim, as text; blank and duplicate names stay where they are.
    headers: tuple[str, ...]
    #: Below the header, in order. Each is at least as long as `headers` (short rows are filled up with
    #: blanks); cells beyond the last header are kept.
    rows: list[Row]
    #: Above the header row: titles, blank lines.
    lead_rows: list[Row] = field(default_factory=list)
    #: Blank rows after the last row that holds anything.
    tail_rows: list[Row] = field(default_factory=list)
    sheet_name: str | None = None
    #: Every tab of the workbook, hidden ones included, in its order.
    sheet_names: tuple[str, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)
    #: The line of the file at which each row starts, from 1 (CSV; in a workbook, the row's number).
    lines: Sequence[int] = ()
    #: Sentences about what a person may want to look at, with row numbers as a spreadsheet shows them.
    notes: tuple[str, ...] = ()

    def row_number(self, index: int) -> int:
        """The number beside `rows[index]` when the file is opened in a spreadsheet program."""
        return len(self.lead_rows) + 2 + index

    @property
    def width(self) -> int:
        """Columns that hold anything, those without a header included."""
        return max(len(self.headers), max(map(len, self.rows), default=0))
