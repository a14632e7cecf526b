"""CSV text → rows. Python's reader parses; here is what it leaves out: limits, and where things are wrong."""

from __future__ import annotations

import csv
import io
import itertools
import re
import sys
from array import array
from collections.abc import Collection

from backend.errors import Invalid, TooLarge
from backend.files import csv_dialect, encoding
from backend.files.header_row import lay_out
from backend.files.limits import Limits
from backend.files.table import Progress, Row, Table

#: Rows between two calls of the progress callback.
PROGRESS_ROWS = 2_000
#: A record of more lines is pointed at: most often a quotation mark is missing.
_MANY_LINES = 100
#: Handed to the parser after the last line. Inside a quoted cell it is swallowed by that cell, which is how
#: an open quotation mark is found: the parser itself takes the end of the file for the end of the quote.
_END = "\x1eend of file\x1e"

_LINE_END = re.compile(r"\r\n|\r|\n")


def read_csv(
    data: bytes, *, name: str, limits: Limits, known: Collection[str], on_progress: Progress
) -> Table:
    """The table of a text file; `known` holds folded header names.

    Raises Invalid for what cannot be read as one, TooLarge beyond the limits.
    """
    found = encoding.detect(data, name=name)
    dialect = csv_dialect.guess(data, found, known)
    raw = io.BytesIO(data)
    raw.seek(found.mark)
    text = io.TextIOWrapper(raw, encoding=found.codec, errors=found.errors, newline="")
    skipped_lines = 0
    if dialect.sep_line:
        text.readline()
        skipped_lines = 1
    # The limit is one of the whole process and 131,072 by default; a cell here may be as long as the file.
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(
        itertools.chain(text, [_END]), delimiter=dialect.delimiter, skipinitialspace=dialect.spaced
    )
    rows: list[Row] = []
    lines = array("L")
    spread: list[str] = []
    cells = 0
    line = 0
    try:
        for record in reader:
            rows.append(record)  # type: ignore[arg-type]  # a list of str serves as a row: cells only widen it
            lines.append(line + 1 + skipped_lines)
            if reader.line_num - line > _MANY_LINES:
                spread.append(_spread_note(len(rows), line + 1 + skipped_lines, reader.line_num - line))
            line = reader.line_num
            cells += len(record)
            if len(rows) % PROGRESS_ROWS == 0:
                on_progress(len(rows) - 1, raw.tell() / len(data))
                _check_size(len(rows), cells, limits, name)
            if len(record) > limits.columns:
                raise TooLarge(
                    f'Row {len(rows)} of "{name}" has {len(record):,} columns; '
                    f"{limits.columns:,} is the most that a sheet holds."
                )
    except csv.Error as error:
        raise Invalid(
            f'Line {reader.line_num + skipped_lines} of "{name}" cannot be read: {error}.'
        ) from error
    _require_closed_quote(rows, reader.line_num + skipped_lines, name)
    rows.pop()
    lines.pop()
    _check_size(len(rows), cells, limits, name)
    layout = lay_out(rows, known, name=name, blank="")
    if len(layout.rows) > limits.rows:
        raise _too_many_rows(limits, name)
    return Table(
        name=name,
        kind="csv",
        headers=layout.headers,
        rows=layout.rows,
        lead_rows=layout.lead,
        tail_rows=layout.tail,
        dialect=dialect,
        lines=lines[len(layout.lead) + 1 : len(layout.lead) + 1 + len(layout.rows)],
        notes=(*([found.note] if found.note else []), *layout.notes, *spread[:20], *_nul_notes(data, rows)),
    )


def _check_size(rows: int, cells: int, limits: Limits, name: str) -> None:
    # The rows above the header and the blank ones at the end do not count; a margin keeps the check cheap.
    if cells > limits.cells:
        raise TooLarge(f'"{name}" has more than {limits.cells:,} cells. Split it into several files.')
    if rows > 2 * limits.rows + 1_000_000:
        raise _too_many_rows(limits, name)


def _too_many_rows(limits: Limits, name: str) -> TooLarge:
    return TooLarge(
        f'"{name}" has more than {limits.rows:,} rows. Split it into several files of fewer rows.'
    )


def _require_closed_quote(rows: list[Row], lines: int, name: str) -> None:
    """Raises Invalid, naming the line, when the last cell swallowed the end mark."""
    last = rows[-1]
    if last == [_END]:
        return
    swallowed = str(last[-1]).removesuffix(_END)
    complete = len(_LINE_END.findall(swallowed))
    opened = lines - complete - (0 if swallowed.endswith(("\r", "\n")) else 1)
    raise Invalid(
        f'A quotation mark opened in line {max(opened, 1)} of "{name}" is never closed, so the rest '
        'of the file would be one cell. Close it there, or write "" for one that belongs to the text.'
    )


def _spread_note(row: int, line: int, count: int) -> str:
    return f"Row {row} runs over {count:,} lines from line {line}: perhaps a quotation mark is missing there."


def _nul_notes(data: bytes, rows: list[Row]) -> list[str]:
    if 0 not in data:
        return []
    held = [
        number
        for number, row in enumerate(rows, 1)
        if any("\0" in cell for cell in row if isinstance(cell, str))
    ]
    if not held:
        return []
    named = ", ".join(map(str, held[:20])) + (", …" if len(held) > 20 else "")
    return [f"Row{'s' if len(held) > 1 else ''} {named}: NUL characters in the text; kept."]
