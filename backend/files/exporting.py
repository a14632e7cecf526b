"""Rows → a download, as a stream, inert: no cell of it is a formula anywhere it may be opened or pasted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from backend.domain.cells import FORMULA_STARTS, inert
from backend.files.csv_writing import csv_pieces
from backend.files.table import Cell, Dialect, Row
from backend.files.xlsx_writing import XlsxWriter

#: Bytes gathered before a piece is handed on.
_PIECE = 64 * 1024


def csv_download(rows: Iterable[Sequence[Cell]], *, like: Dialect | None = None) -> Iterator[bytes]:
    """`rows`, the header first, as UTF-8 CSV, with the delimiter, line ends and quoting of `like`.

    The byte order mark makes Excel read it as UTF-8.
    """
    like = like or Dialect()
    dialect = Dialect(
        delimiter=like.delimiter, line_ending=like.line_ending, quote_all=like.quote_all, bom=True
    )
    return csv_pieces(map(_inert_line, rows), dialect)


def xlsx_download(rows: Iterable[Sequence[Cell]], *, tab: str = "Results") -> Iterator[bytes]:
    """`rows`, the header first, as a workbook of one tab. Cells are cut at 32,767 characters."""
    buffer = _Buffer()
    writer = XlsxWriter(buffer, tab=tab)
    for row in rows:
        writer.row(_inert_row(row))
        if buffer.size > _PIECE:
            yield buffer.take()
    writer.close()
    yield buffer.take()


def _inert_row(row: Sequence[Cell]) -> Row:
    return [inert(cell) if isinstance(cell, str) else cell for cell in row]


#: Where a program that goes by another separator than the file's would see a cell begin, and a formula in it.
_BEGINS = re.compile(f"(?<=[,;|\t\r\n])(?=[{re.escape(''.join(FORMULA_STARTS))}])")


def _inert_line(row: Sequence[Cell]) -> Row:
    """Excel splits at the separator of its country, whatever the file's is: it would see two in `Co;=1`."""
    return [_BEGINS.sub("'", cell) if isinstance(cell, str) else cell for cell in _inert_row(row)]


class _Buffer:
    """Holds what the archive has written until it is taken."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing lies behind it."""

    def close(self) -> None:
        """Nothing to close."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        return taken
