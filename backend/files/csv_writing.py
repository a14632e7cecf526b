"""Rows → CSV bytes in a given dialect. Quoting is our own: Python's writer leaves a bare CR unquoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from backend.domain.cells import as_text
from backend.files.table import Cell, Dialect

#: Bytes are handed on in pieces of about this many characters.
_PIECE = 64 * 1024
_MARK = "\ufeff"


def csv_pieces(rows: Iterable[Sequence[Cell]], dialect: Dialect) -> Iterator[bytes]:
    """The file's bytes, piece by piece. What the encoding lacks becomes a question mark: see `fitting`."""
    # A first cell "sep=;" would be taken for Excel's hint, and a first U+FEFF for a byte order mark.
    special = re.compile(f'^[ \\t{_MARK}]|^sep=|["\\r\\n{re.escape(dialect.delimiter)}]', re.I)
    pending = [_MARK] if dialect.bom else []
    if dialect.sep_line:
        pending.append(f"sep={dialect.delimiter}{dialect.line_ending}")
    size = 0
    for row in rows:
        record = _record(row, dialect, special)
        pending.append(record)
        size += len(record)
        if size > _PIECE:
            yield "".join(pending).encode(dialect.encoding, "replace")
            pending.clear()
            size = 0
    yield "".join(pending).encode(dialect.encoding, "replace")


def fitting(dialect: Dialect, rows: Iterable[Sequence[Cell]]) -> tuple[Dialect, str | None]:
    """A dialect whose encoding has every character of `rows`, and a sentence when it is not the one asked."""
    if dialect.encoding.startswith("utf"):
        return dialect, None
    try:
        for row in rows:
            "".join(map(as_text, row)).encode(dialect.encoding)
    except UnicodeEncodeError:
        note = (
            f"The file was read as {dialect.encoding}, which lacks some characters of the results "
            "(such as ✅): it is written as UTF-8 with a byte order mark."
        )
        return replace(dialect, encoding="utf-8", bom=True), note
    return dialect, None


def _record(row: Sequence[Cell], dialect: Dialect, special: re.Pattern[str]) -> str:
    texts = [cell if type(cell) is str else as_text(cell) for cell in row]
    if len(texts) == 1 and not texts[0]:
        # A line with nothing on it is a row without cells; one blank cell needs its quotation marks.
        return f'""{dialect.line_ending}'
    quoted = [
        '"' + text.replace('"', '""') + '"' if special.search(text) or (dialect.quote_all and text) else text
        for text in texts
    ]
    return dialect.delimiter.join(quoted) + dialect.line_ending
