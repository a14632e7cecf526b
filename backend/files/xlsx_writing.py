"""Rows → XLSX, as a stream: one row at a time. Texts are written as texts, so none of them is a formula."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import IO, Protocol

from backend.domain.cells import capped, utf16_length
from backend.domain.headers import letter
from backend.files.table import Cell, Dated
from backend.files.xlsx_frame import SHEET_END, SHEET_PART, SHEET_START, STYLE_OF, escaped, frame
from backend.files.xlsx_values import DateForm

#: Limits of the format: https://support.microsoft.com/office/excel-specifications-and-limits
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_CELL_CHARS = 32_767
#: Integers beyond it lose digits as numbers, so they are written as text.
_EXACT_INTEGERS = 2**53

_DATED = re.compile(r"(\d{4}-\d\d-\d\d)?(?:(?:^| )(\d+):([0-5]\d):([0-5]\d))?")
#: Earlier dates mean different days to different programs (the 29 February 1900 that never was).
_FIRST_DAY = dt.date(1900, 3, 1)
_EPOCH = dt.date(1899, 12, 30)


class Sink(Protocol):
    """Where the bytes go; it need not be able to seek or tell."""

    def write(self, data: bytes, /) -> int:
        """Takes all of `data`."""

    def flush(self) -> None:
        """Hands on what it held back."""

    def close(self) -> None:
        """Never called by a writer."""


class XlsxWriter:
    """Writes one tab. `row()` for each row in order, then `close()`; `cut_cells` says what did not fit."""

    def __init__(self, sink: Sink, *, tab: str) -> None:
        #: Places (A1) of the cells that were cut to MAX_CELL_CHARS.
        self.cut_cells: list[str] = []
        self._number = 0
        self._letters: list[str] = []
        self._archive = zipfile.ZipFile(sink, "w")
        for name, text in frame(tab).items():
            self._archive.writestr(_entry(name), text)
        self._part: IO[bytes] = self._archive.open(_entry(SHEET_PART), "w")
        self._part.write(SHEET_START.encode())

    def row(self, cells: Sequence[Cell]) -> None:
        """Writes the next row; a blank one takes its place without a trace."""
        self._number += 1
        while len(self._letters) < len(cells):
            self._letters.append(letter(len(self._letters)))
        written = [
            self._cell(f"{column}{self._number}", value)
            for column, value in zip(self._letters, cells, strict=False)
            if value is not None and value != ""
        ]
        if written:
            self._part.write(f'<row r="{self._number}">{"".join(written)}</row>'.encode())

    def close(self) -> None:
        """Ends the file; without it no program opens it."""
        self._part.write(SHEET_END.encode())
        self._part.close()
        self._archive.close()

    def _cell(self, place: str, value: Cell) -> str:
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float):
            if abs(value) <= _EXACT_INTEGERS or (isinstance(value, float) and abs(value) < float("inf")):
                return f'<c r="{place}"><v>{value!r}</v></c>'
            value = str(value)
        serial = _serial(value) if isinstance(value, Dated) else None
        if serial:
            return f'<c r="{place}" s="{STYLE_OF[serial[1]]}"><v>{serial[0]!r}</v></c>'
        text = str(value)
        if utf16_length(text) > MAX_CELL_CHARS:
            self.cut_cells.append(place)
            text = capped(text, MAX_CELL_CHARS)
        safe = escaped(text)
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{safe}</t></is></c>'


def write_xlsx(rows: Iterable[Sequence[Cell]], sink: Sink, *, tab: str) -> list[str]:
    """Writes all rows; returns the places of the cells that were cut to MAX_CELL_CHARS."""
    writer = XlsxWriter(sink, tab=tab)
    for row in rows:
        writer.row(row)
    writer.close()
    return writer.cut_cells


def _serial(value: Dated) -> tuple[float, DateForm] | None:
    """A date's serial number and style; None when it is none that every program understands alike."""
    match = _DATED.fullmatch(value)
    if not match:
        return None
    day, hours, minutes, seconds = match.groups()
    clock = 0 if hours is None else int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    if day is None:
        return (clock / 86_400, "time" if clock < 86_400 else "duration") if hours else None
    try:
        date = dt.date.fromisoformat(day)
    except ValueError:
        return None
    if date < _FIRST_DAY:
        return None
    days = (date - _EPOCH).days
    return (days, "date") if hours is None else (days + clock / 86_400, "datetime")


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed time makes equal rows give equal files.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
