"""Workbooks on disk: a snapshot and a journal of the writes since, in one SQLite file.

Why so: a write is acknowledged after one small transaction that holds the request as it came (a write of
2,000 rows costs a millisecond or two), whatever it did to the grid: inserting one row at the top of 100,000
stores a hundred bytes. Opening a workbook replays its journal through the same pure functions, then folds a
long journal into a new snapshot. Write-ahead logging without waiting for the disk survives `kill -9` of the
program at any moment; only a power cut could lose the last writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import to_json

from backend.local.sheets.cells import Cell, Row
from backend.local.sheets.grid import Grid
from backend.local.sheets.metadata import Location, Metadata
from backend.local.sheets.workbook import Sheet, Workbook

#: Rows of one stored block.
BLOCK_ROWS = 5_000
#: Bytes of journal from which opening a workbook folds it into a snapshot.
FOLD_BYTES = 1_000_000

_TABLES = """
create table if not exists workbooks (
    id text primary key, title text not null, modified real not null, revision integer not null,
    head text not null
) strict;
create table if not exists blocks (
    workbook text not null, sheet integer not null, n integer not null, rows blob not null,
    primary key (workbook, sheet, n)
) strict, without rowid;
create table if not exists journal (
    workbook text not null, revision integer not null, call text not null, body blob not null,
    primary key (workbook, revision)
) strict;
"""


_CELL_FIELDS = {field.name for field in fields(Cell)}


class Entry(NamedTuple):
    """A write as the journal keeps it: everything but the body as JSON, the body as it came."""

    call: str
    body: bytes


class Storage:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(
            folder / "sheets.sqlite", isolation_level=None, check_same_thread=False
        )
        self._database.executescript("pragma journal_mode=wal; pragma synchronous=off;" + _TABLES)

    def close(self) -> None:
        self._database.close()

    def listed(self) -> list[dict[str, Any]]:
        """Id, title and Unix time of the last write of each workbook, the latest first."""
        rows = self._database.execute("select id, title, modified from workbooks order by modified desc, id")
        return [{"id": id_, "title": title, "modified": modified} for id_, title, modified in rows]

    def knows(self, workbook_id: str) -> bool:
        found = self._database.execute("select 1 from workbooks where id = ?", (workbook_id,))
        return found.fetchone() is not None

    def append(self, workbook: Workbook, entry: Entry) -> None:
        """Makes a write durable; `workbook` is how it stands afterwards."""
        with self._transaction():
            self._database.execute(
                "insert into journal values (?, ?, ?, ?)",
                (workbook.id, workbook.revision, entry.call, entry.body),
            )
            self._database.execute(
                "update workbooks set title = ?, modified = ? where id = ?",
                (workbook.title, workbook.modified, workbook.id),
            )

    def save(self, workbook: Workbook) -> None:
        """Writes a snapshot, which makes the journal before it needless."""
        with self._transaction():
            self._database.execute("delete from blocks where workbook = ?", (workbook.id,))
            self._database.execute("delete from journal where workbook = ?", (workbook.id,))
            self._database.execute(
                "insert or replace into workbooks values (?, ?, ?, ?, ?)",
                (
                    workbook.id,
                    workbook.title,
                    workbook.modified,
                    workbook.revision,
                    json.dumps(_head(workbook)),
                ),
            )
            for sheet in workbook.sheets:
                for number, start in enumerate(range(0, len(sheet.grid.rows), BLOCK_ROWS)):
                    block = sheet.grid.rows[start : start + BLOCK_ROWS]
                    self._database.execute(
                        "insert into blocks values (?, ?, ?, ?)",
                        (workbook.id, sheet.id, number, to_json(block)),
                    )

    def load(self, workbook_id: str) -> Workbook | None:
        """The workbook as of its snapshot; `journal` has what came after."""
        found = self._database.execute(
            "select modified, revision, head from workbooks where id = ?", (workbook_id,)
        ).fetchone()
        if found is None:
            return None
        modified, revision, head = found
        rows: dict[int, list[Row]] = {}
        with closing(
            self._database.execute(
                "select sheet, rows from blocks where workbook = ? order by sheet, n", (workbook_id,)
            )
        ) as blocks:
            for sheet, block in blocks:
                rows.setdefault(sheet, []).extend(map(tuple, json.loads(block, object_hook=_decoded)))
        return _workbook(json.loads(head), rows, revision, modified)

    def journal(self, workbook_id: str) -> list[Entry]:
        rows = self._database.execute(
            "select call, body from journal where workbook = ? order by revision", (workbook_id,)
        )
        return [Entry(call, body) for call, body in rows]

    def _transaction(self) -> _Transaction:
        return _Transaction(self._database)


class _Transaction:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._database.execute("commit" if kind is None else "rollback")


def _decoded(stored: dict[str, Any]) -> Cell | dict[str, Any]:
    """A stored object is a Cell, or something inside a cell's format."""
    return Cell(**stored) if stored.keys() == _CELL_FIELDS else stored


def _head(workbook: Workbook) -> dict[str, Any]:
    """Everything but the rows."""
    return {
        "id": workbook.id,
        "title": workbook.title,
        "owner": workbook.owner,
        "editors": workbook.editors,
        "viewers": workbook.viewers,
        "properties": workbook.properties,
        "metadata": [asdict(entry) for entry in workbook.metadata.values()],
        "sheets": [dict(_sheet_head(sheet)) for sheet in workbook.sheets],
    }


def _sheet_head(sheet: Sheet) -> Iterator[tuple[str, Any]]:
    for name in ("id", "title", "hidden", "settings", "grid_settings", "protected", "view"):
        yield name, getattr(sheet, name)
    yield "row_count", sheet.grid.row_count
    yield "column_count", sheet.grid.column_count


def _workbook(head: dict[str, Any], rows: dict[int, list[Row]], revision: int, modified: float) -> Workbook:
    sheets = []
    for sheet in head.pop("sheets"):
        grid = Grid(sheet.pop("row_count"), sheet.pop("column_count"), rows.get(sheet["id"], []))
        sheets.append(Sheet(grid=grid, **sheet))
    entries = [
        Metadata(**{**entry, "location": Location(**entry["location"])}) for entry in head.pop("metadata")
    ]
    return Workbook(
        **head,
        sheets=sheets,
        metadata={entry.id: entry for entry in entries},
        revision=revision,
        modified=modified,
    )
