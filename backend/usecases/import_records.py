"""Imports as they are stored: the record, and the blocks of its rows. All of it expires."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from backend.errors import NotFound
from backend.ports import Create, Delete, Documents, Key, Person, Replace

#: An upload that nobody carries on with is forgotten after so long.
KEEP_S = 6 * 3_600.0


@dataclass(frozen=True, slots=True)
class Import:
    """An uploaded table. Rows are numbered as the tab will show them."""

    id: str
    owner: str
    spreadsheet_id: str
    name: str
    kind: str
    #: The workbook's tab that was read, and all it has.
    sheet: str | None
    sheets: tuple[str, ...]
    headers: tuple[str, ...]
    #: Rows above the header.
    lead: int
    #: Rows below it.
    rows: int
    columns: int
    #: The first rows below the header, as text.
    preview: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    #: Rows that a run would skip: how many, and the first of them with their reason.
    skipped: int
    skips: tuple[tuple[int, str], ...]
    #: Rows of the tab at which each block begins, from 0; the last entry is their number.
    starts: tuple[int, ...]
    #: The tab's numeric id, drawn beforehand: a repeated step finds what the first one made.
    sheet_id: int
    title: str | None = None
    #: Blocks that stand in the tab.
    written: int = 0
    state: Literal["read", "writing", "done"] = "read"

    @property
    def blocks(self) -> int:
        return len(self.starts) - 1


def owner_of(person: Person) -> str:
    return hashlib.sha256(person.sub.encode()).hexdigest()[:32]


def import_key(import_id: str) -> Key:
    return Key("imports", import_id)


def block_key(import_id: str, number: int) -> Key:
    return Key("imports", f"{import_id}-{number:04d}")


def turn_key(person: Person) -> Key:
    """The document by which one user's uploads take turns."""
    return Key("imports", f"of.{owner_of(person)}")


def created(record: Import, now: float) -> Create:
    return Create(import_key(record.id), asdict(record), now + KEEP_S)


def replaced(record: Import, version: str, now: float) -> Replace:
    return Replace(import_key(record.id), version, asdict(record), now + KEEP_S)


def load_import(
    documents: Documents, person: Person, spreadsheet_id: str, import_id: str
) -> tuple[Import, str]:
    """One's own import into this spreadsheet, with its version; raises the same `NotFound` for all others."""
    document = documents.get(import_key(import_id))
    record = _from_data(document.data) if document is not None else None
    if (
        document is None
        or record is None
        or record.owner != owner_of(person)
        or record.spreadsheet_id != spreadsheet_id
    ):
        raise NotFound("There is no such upload (any more). Choose the file again.")
    return record, document.version


def _from_data(data: Mapping[str, Any]) -> Import:
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    nested = {name: tuple(map(tuple, data[name])) for name in ("preview", "skips")}
    return Import(**{**data, **lists, **nested})


def block_keys(record: Import) -> list[Key]:
    return [block_key(record.id, number) for number in range(record.blocks)]


def delete_all(documents: Documents, keys: Sequence[Key]) -> None:
    """Removes what still stands under these keys."""
    found = [document for document in documents.get_many(keys) if document is not None]
    documents.commit([Delete(document.key, document.version) for document in found])
