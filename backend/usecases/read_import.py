"""An uploaded file is read and kept, so that a person sees what was found before anything is written."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from backend.domain import new_tab, rows
from backend.domain.cells import CELL_LIMIT, as_text, capped, utf16_length
from backend.domain.headers import known_headers, recognise, suggest
from backend.domain.recipes import RECIPES
from backend.domain.selection import HEADER_ROWS
from backend.errors import Conflict, Invalid, NotFound, TooLarge, TooMany, TryLater
from backend.files.reading import read_table
from backend.files.table import Row, Table
from backend.ports import Clock, Create, Documents, Person, Replace
from backend.usecases.idempotency import idempotency_key
from backend.usecases.import_records import (
    KEEP_S,
    Import,
    block_key,
    block_keys,
    created,
    delete_all,
    import_key,
    load_import,
    owner_of,
    turn_key,
)

#: Cells of a spreadsheet, all tabs together: https://support.google.com/drive/answer/37603
MOST_CELLS = 10_000_000
#: Reading one file takes no longer; after that its user may begin another.
BUSY_S = 120.0
#: Headers that are shown; the rows have all their cells.
HEADERS_KEPT = 500
PREVIEW_ROWS, PREVIEW_COLUMNS, PREVIEW_CHARS = 8, 50, 200
#: What a download takes over; it is UTF-8 all the same, because results have signs that others lack.
KEPT_OF_DIALECT = ("delimiter", "line_ending", "quote_all")
#: Rows that are named one by one.
NAMED = 50
#: A nonce is remembered for longer than any token that carries it holds.
NONCE_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Upload:
    """What came in: `name` is what the person calls it, `sheet` a workbook's tab."""

    data: bytes
    name: str
    sheet: str | None = None


def read_import(
    person: Person,
    spreadsheet_id: str,
    upload: Upload,
    nonce: str,
    *,
    documents: Documents,
    clock: Clock,
) -> Import:
    """Reads and keeps the file. The caller's grant was checked; a nonce serves one file, however often.

    Raises `Invalid` and `TooLarge` (what is wrong with the file, and what to do), `TooMany` while another
    file of this user is being read.
    """
    once = idempotency_key(person, "POST /api/imports", nonce)
    digest = hashlib.sha256(f"{spreadsheet_id}|{upload.sheet}|".encode() + upload.data).hexdigest()
    if (document := documents.get(once)) is not None:
        if document.data["body"] != digest:
            raise Invalid("This upload token was used for another file. Ask for a new one.")
        return load_import(documents, person, spreadsheet_id, document.data["import_id"])[0]
    with _turn(person, documents, clock) as turn:
        record, blocks = _read(person, spreadsheet_id, upload)
        expires = clock.now() + KEEP_S
        for number, block in enumerate(blocks):
            documents.commit([Create(block_key(record.id, number), {"rows": block}, expires)])
        answer = {"body": digest, "import_id": record.id}
        documents.commit([created(record, clock.now()), Create(once, answer, clock.now() + NONCE_S)])
        former, turn.import_id = turn.import_id, record.id
        if former is not None:
            _forget_former(person, spreadsheet_id, former, documents)
    return record


@dataclass(slots=True)
class _Turn:
    """One user's uploads take turns; `import_id` is the newest."""

    import_id: str | None


@contextmanager
def _turn(person: Person, documents: Documents, clock: Clock) -> Iterator[_Turn]:
    key, now = turn_key(person), clock.now()
    standing = documents.get(key)
    busy = TooMany("Another file of yours is being read. Please wait until it is through.", retry_after_s=5)
    if standing is not None and standing.data["busy_until"] > now:
        raise busy
    turn = _Turn(standing.data["import_id"] if standing else None)
    data = {"import_id": turn.import_id, "busy_until": now + BUSY_S}
    try:
        (version,) = documents.commit(
            [
                Replace(key, standing.version, data, now + KEEP_S)
                if standing
                else Create(key, data, now + KEEP_S)
            ]
        )
    except Conflict:
        raise busy from None
    try:
        yield turn
    finally:
        data = {"import_id": turn.import_id, "busy_until": 0.0}
        # Should it fail, or have taken too long, the turn ends by its own time.
        with suppress(Conflict, TryLater):
            documents.commit([Replace(key, version, data, clock.now() + KEEP_S)])


def _forget_former(person: Person, spreadsheet_id: str, import_id: str, documents: Documents) -> None:
    """A file that was only looked at gives way to the next one; what cannot be removed now expires."""
    with suppress(NotFound, Conflict, TryLater):
        record, _ = load_import(documents, person, spreadsheet_id, import_id)
        if record.state == "read":
            delete_all(documents, [*block_keys(record), import_key(record.id)])


# ── what the file holds ────────────────────────────────────────────────────────────────────────────


def _read(
    person: Person, spreadsheet_id: str, upload: Upload
) -> tuple[Import, list[list[list[new_tab.Value]]]]:
    table = read_table(upload.data, name=upload.name, sheet=upload.sheet, known_headers=known_headers())
    # The header of a tab is looked for in its first rows alone.
    lead = table.lead_rows if len(table.lead_rows) < HEADER_ROWS else []
    all_rows: list[Row] = [*lead, list(table.headers), *table.rows]
    blocks = list(new_tab.blocks(all_rows))
    columns = max(1, max(len(row) for block in blocks for row in block))
    if len(all_rows) * columns > MOST_CELLS:
        raise TooLarge(
            f'"{upload.name}" has {len(all_rows):,} rows and {columns:,} columns; a spreadsheet holds '
            f"{MOST_CELLS:,} cells. Split it into several files."
        )
    skips = list(_skips(table, len(lead)))
    import_id = secrets.token_hex(10)
    record = Import(
        id=import_id,
        owner=owner_of(person),
        spreadsheet_id=spreadsheet_id,
        name=upload.name,
        kind=table.kind,
        sheet=table.sheet_name,
        sheets=table.sheet_names,
        headers=tuple(capped(header, PREVIEW_CHARS) for header in table.headers[:HEADERS_KEPT]),
        lead=len(lead),
        rows=len(table.rows),
        columns=columns,
        preview=tuple(
            tuple(capped(as_text(cell), PREVIEW_CHARS) for cell in row[:PREVIEW_COLUMNS])
            for row in table.rows[:PREVIEW_ROWS]
        ),
        notes=(*table.notes, *_notes(table, len(lead))),
        skipped=len(skips),
        skips=tuple(skips[:NAMED]),
        starts=tuple(itertools.accumulate((len(block) for block in blocks), initial=0)),
        sheet_id=secrets.randbelow(2**31 - 1) + 1,
        dialect={name: getattr(table.dialect, name) for name in KEPT_OF_DIALECT},
    )
    return record, blocks


def _skips(table: Table, lead: int) -> Iterator[tuple[int, str]]:
    """Rows that a run of the recipe that fits would skip, by the numbers that the tab will show."""
    name = suggest(table.headers)
    if name is None:
        return
    recipe = RECIPES[name]
    columns = recognise(recipe, table.headers).inputs
    for number, row in enumerate(table.rows, lead + 2):
        cells = {column: as_text(row[place]) for column, place in columns.items()}
        why = rows.why_skipped(recipe, rows.inputs_of(recipe, cells))
        if why is not None:
            yield number, why


def _notes(table: Table, lead: int) -> Iterator[str]:
    if len(table.lead_rows) != lead:
        yield f"The {len(table.lead_rows)} rows above the header are left out: they are too many."
    cut = sum(isinstance(cell, str) and utf16_length(cell) > CELL_LIMIT for row in table.rows for cell in row)
    if cut:
        cells = "1 cell is" if cut == 1 else f"{cut:,} cells are"
        yield f"{cells} longer than the {CELL_LIMIT:,} characters that a sheet's cell holds, and will be cut."
