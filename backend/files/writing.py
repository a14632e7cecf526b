"""A table and the columns that were added to it → a file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, BinaryIO

from backend.domain.cells import inert, utf16_length
from backend.domain.headers import folded
from backend.errors import Invalid
from backend.files.csv_writing import csv_pieces, fitting
from backend.files.table import Cell, Dialect, Kind, Row, Table
from backend.files.xlsx_writing import MAX_CELL_CHARS, MAX_COLUMNS, MAX_ROWS, write_xlsx

#: A header and its values, one for each row of the table.
Added = Sequence[tuple[str, Sequence[Cell]]]

_KINDS: dict[str, Kind] = {".csv": "csv", ".xlsx": "xlsx"}


def write_table(
    target: Path | BinaryIO, table: Table, added: Added, *, kind: Kind | None = None
) -> tuple[str, ...]:
    """Writes every row of `table` as it was read, in order, with the `added` columns.

    The kind follows the path's ending, .csv or .xlsx; an open file needs `kind`. A column whose header is
    there already (case and spacing ignored) is replaced, others come after the last column that holds
    anything. The table's own cells are the user's and stay verbatim; added texts are made inert. CSV keeps
    the dialect it was read in. A path is replaced at once, when all is on the disk.

    Returns sentences about what could not be kept: a cell of over 32,767 characters is cut in XLSX, an old
    encoding that lacks a character gives way to UTF-8. Raises Invalid when the target cannot be written.
    """
    if not isinstance(target, Path):
        if kind is None:
            raise ValueError("an open file needs the kind to write")
        return _write(target, table, added, kind)
    kind = kind or _kind_of(target)
    _require_fit(table, len(table.headers) + len(added), kind)
    try:
        with _replacing(target) as file:
            return _write(file, table, added, kind)
    except OSError as error:
        raise Invalid(f'"{target}" cannot be written: {error.strerror or error}.') from error


def check_target(path: Path, table: Table, *, more_columns: int = 0) -> tuple[str, ...]:
    """Looks at a target before the work that would fill it.

    Returns sentences about what it could not keep. Raises Invalid when it cannot be written at all.
    """
    kind = _kind_of(path)
    folder = path.parent
    if path.is_dir():
        raise Invalid(f'"{path}" is a folder. Name the file to write, ending in .csv or .xlsx.')
    if path.exists() and not path.is_file():
        raise Invalid(f'"{path}" is not a regular file. Name a file to write, ending in .csv or .xlsx.')
    if not folder.is_dir():
        raise Invalid(f'There is no folder "{folder}" to write "{path.name}" into. Create it first.')
    if not os.access(folder, os.W_OK):
        raise Invalid(f'The folder "{folder}" may not be written to by this user.')
    _require_fit(table, table.width + more_columns, kind)
    if kind == "csv":
        return ()
    long = sum(
        isinstance(cell, str) and utf16_length(cell) > MAX_CELL_CHARS for row in table.rows for cell in row
    )
    if not long:
        return ()
    cells = "1 cell is" if long == 1 else f"{long:,} cells are"
    return (
        f"{cells} longer than the {MAX_CELL_CHARS:,} characters that XLSX holds; CSV would keep them whole.",
    )


def with_added(table: Table, added: Added) -> Iterator[Row]:
    """Every row of the file to write, from the first above the header to the last blank one."""
    width = table.width
    names = [folded(header) for header in table.headers]
    places: list[int] = []
    for header, values in added:
        if len(values) != len(table.rows):
            raise ValueError(f"{header} has {len(values)} values for {len(table.rows)} rows")
        if folded(header) in names:
            places.append(names.index(folded(header)))
        else:
            names.extend([""] * (width - len(names)))
            names.append(folded(header))
            places.append(len(names) - 1)
            width = len(names)
    yield from table.lead_rows
    yield _with(
        table.headers,
        {i: header for i, (header, _) in zip(places, added, strict=True) if i >= len(table.headers)},
    )
    for index, row in enumerate(table.rows):
        yield _with(
            row, {place: _safe(values[index]) for place, (_, values) in zip(places, added, strict=True)}
        )
    yield from table.tail_rows


def _with(row: Sequence[Cell], cells: dict[int, Cell]) -> Row:
    filled = [*row, *([""] * (max(cells, default=-1) + 1 - len(row)))]
    for place, value in cells.items():
        filled[place] = value
    return filled


def _safe(value: Cell) -> Cell:
    return inert(value) if isinstance(value, str) else value


def _write(sink: BinaryIO | IO[bytes], table: Table, added: Added, kind: Kind) -> tuple[str, ...]:
    if kind == "xlsx":
        cut = write_xlsx(with_added(table, added), sink, tab=table.sheet_name or Path(table.name).stem)
        return (_cut_note(cut),) if cut else ()
    # A workbook has no dialect of its own; the mark makes Excel read its own kind of CSV rightly.
    wanted = table.dialect if table.kind == "csv" else Dialect(bom=True)
    dialect, note = fitting(wanted, with_added(table, added))
    for piece in csv_pieces(with_added(table, added), dialect):
        sink.write(piece)
    return (note,) if note else ()


def _cut_note(cut: Sequence[str]) -> str:
    places = ", ".join(cut[:5]) + (", …" if len(cut) > 5 else "")
    return (
        f"Cut to the {MAX_CELL_CHARS:,} characters that an XLSX cell holds: {places}. CSV keeps them whole."
    )


def _kind_of(path: Path) -> Kind:
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise Invalid(f'"{path.name}" should end in .csv or .xlsx, which says how to write it.')
    return kind


def _require_fit(table: Table, columns: int, kind: Kind) -> None:
    rows = len(table.lead_rows) + 1 + len(table.rows) + len(table.tail_rows)
    if kind == "xlsx" and (rows > MAX_ROWS or columns > MAX_COLUMNS):
        raise Invalid(
            f'"{table.name}" has {rows:,} rows and {columns:,} columns; XLSX holds {MAX_ROWS:,} by '
            f"{MAX_COLUMNS:,}. Write it as CSV."
        )


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A new file beside `path` that takes its place once it is whole and on the disk."""
    # Through a link, so that what it points at is replaced and not the link.
    final = Path(os.path.realpath(path))
    part = final.with_name(f".{final.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        # Created with the usual permissions, which a temporary file would not have.
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
