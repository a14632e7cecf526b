"""A kept upload becomes a new tab, block by block: each step may be repeated, and says how far it is.

Values go to absolute places of a tab whose id was drawn beforehand. So a step that is repeated, or that
two windows take at once, finds the tab that the first one made and writes the same to the same cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath

from backend.domain import new_tab
from backend.errors import Conflict, Invalid, NotAllowed, NotFound, TryLater
from backend.ports import Area, Block, Clock, Documents, Person, Sheets, Tab, Write
from backend.usecases.import_records import (
    Import,
    block_key,
    block_keys,
    delete_all,
    import_key,
    load_import,
    origin_created,
    replaced,
    tab_key,
)
from backend.usecases.read_import import MOST_CELLS

#: Blocks that go into one write, of the 2 MB that Sheets advises.
BLOCKS_A_STEP = 2
GONE = "The new sheet was deleted meanwhile. Choose the file again."
MOVED = (
    "Rows were added to the new sheet or removed from it while it was being filled, so some of the file's "
    "rows may be missing. Cancel this upload, which removes the sheet, and choose the file again."
)


def write_import(
    person: Person,
    spreadsheet_id: str,
    import_id: str,
    title: str | None,
    *,
    documents: Documents,
    sheets: Sheets,
    clock: Clock,
) -> Import:
    """One step: makes the tab, or writes the next blocks into it. Call again until it is `done`.

    `title` None names the tab like the file. Raises `NotFound` (unknown, or the new tab was deleted
    meanwhile), `NotAllowed` (no room, or rows of the new tab came or went meanwhile), and what Sheets
    raises; after `TryLater` the same call goes on.
    """
    record, version = load_import(documents, person, spreadsheet_id, import_id)
    if record.state == "done":
        return record
    writes: list[Write] = []
    if record.state == "read":
        changed = replace(record, title=_make_tab(record, title, sheets), state="writing")
        writes.append(origin_created(record, clock.now()))
    else:
        changed = _write_blocks(record, documents, sheets)
    try:
        documents.commit([replaced(changed, version, clock.now()), *writes])
    except Conflict:
        return load_import(documents, person, spreadsheet_id, import_id)[0]  # another window was faster
    if changed.state == "done":
        with suppress(Conflict, TryLater):  # what stays behind expires
            delete_all(documents, block_keys(changed))
    return changed


def _make_tab(record: Import, title: str | None, sheets: Sheets) -> str:
    """The new tab's title, also when an earlier try has made it, or another window at this moment."""
    tabs = sheets.describe(record.spreadsheet_id).tabs
    made = _tab_of(record, tabs)
    if made is not None:
        return made.title
    height = record.starts[-1]
    if sum(tab.rows * tab.columns for tab in tabs) + height * record.columns > MOST_CELLS:
        raise NotAllowed(
            f"The spreadsheet has no room for {height:,} rows of {record.columns:,} columns: it holds "
            f"{MOST_CELLS:,} cells. Make room, or open a new spreadsheet."
        )
    wanted = title or record.sheet or PurePath(record.name).stem
    free = new_tab.free_title(wanted, (tab.title for tab in tabs))
    try:
        sheets.add_tab(record.spreadsheet_id, record.sheet_id, free, height, record.columns)
    except Invalid:
        made = _tab_of(record, sheets.describe(record.spreadsheet_id).tabs)
        if made is None:
            raise
        return made.title
    return free


def _tab_of(record: Import, tabs: Iterable[Tab]) -> Tab | None:
    return next((tab for tab in tabs if tab.id == record.sheet_id), None)


def _write_blocks(record: Import, documents: Documents, sheets: Sheets) -> Import:
    first, last = record.written, min(record.written + BLOCKS_A_STEP, record.blocks)
    values: list[list[new_tab.Value]] = []
    for document in documents.get_many([block_key(record.id, number) for number in range(first, last)]):
        if document is None:
            raise NotFound("The rows of this upload are not kept any more. Choose the file again.")
        values += document.data["rows"]
    area = Area(record.sheet_id, record.starts[first], record.starts[last], 0, record.columns)
    wide = [[*row, *[None] * (record.columns - len(row))] for row in values]
    try:
        sheets.write(record.spreadsheet_id, [Block(area, wide)])
    except (Invalid, NotFound) as refused:
        made = _tab_of(record, sheets.describe(record.spreadsheet_id).tabs)
        if made is None:
            raise NotFound(GONE) from refused
        if made.rows != record.starts[-1]:
            raise NotAllowed(MOVED) from refused
        raise
    if last < record.blocks:
        return replace(record, written=last)
    # Looked at once, when all is written: rows that came or went meanwhile have moved those written before.
    made = _tab_of(record, sheets.describe(record.spreadsheet_id).tabs)
    if made is None:
        raise NotFound(GONE)
    if made.rows != record.starts[-1]:
        raise NotAllowed(MOVED)
    return replace(record, written=last, state="done")


def forget_import(
    person: Person, spreadsheet_id: str, import_id: str, *, documents: Documents, sheets: Sheets
) -> None:
    """Cancels an upload: a tab that is not whole yet goes, too; one that is whole stays."""
    record, _ = load_import(documents, person, spreadsheet_id, import_id)
    if record.state != "done":
        with suppress(Invalid, NotFound):  # a person has removed it
            sheets.remove_tab(spreadsheet_id, record.sheet_id)
        delete_all(documents, [tab_key(spreadsheet_id, record.sheet_id)])
    delete_all(documents, [*block_keys(record), import_key(record.id)])
