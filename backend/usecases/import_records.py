"""Imports as they are stored: the record, and the blocks of its rows. All of it expires."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from backend.errors import NotFound
from backend.files.table import Dialect, Kind
from backend.ports import Create, Delete, Documents, Key, Person, Replace

#: An upload that nobody carries on with is forgotten after so long.
KEEP_S = 6 * 3_600.0
#: What kind of file a tab came from is remembered for so long: its results are downloaded as the same.
KIND_S = 400 * 86_400.0
#: Documents that are read to be removed together: blocks have up to 700 KB each.
DELETED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Import:
    """An uploaded table. Rows are numbered as the tab will show them."""

    id: str
    owner: str
    spreadsheet_id: str
    name: str
    kind: Kind
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
    #: How a CSV file was written: fields of `Dialect`.
    dialect: Mapping[str, Any] = field(default_factory=dict)

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


def tab_key(spreadsheet_id: str, sheet_id: int) -> Key:
    """The document that says what kind of file a tab came from."""
    return Key("imports", f"tab.{hashlib.sha256(f'{spreadsheet_id}|{sheet_id}'.encode()).hexdigest()[:40]}")


@dataclass(frozen=True, slots=True)
class Origin:
    """The kind of file that a tab came from; `dialect` is how a CSV file separated and quoted its cells."""

    kind: Kind
    dialect: Dialect


def origin_created(record: Import, now: float) -> Create:
    data = {"kind": record.kind, "dialect": dict(record.dialect)}
    return Create(tab_key(record.spreadsheet_id, record.sheet_id), data, now + KIND_S)


def origin_of(documents: Documents, spreadsheet_id: str, sheet_id: int) -> Origin | None:
    """What the tab came from; None when it was not uploaded here, or long ago."""
    document = documents.get(tab_key(spreadsheet_id, sheet_id))
    if document is None:
        return None
    return Origin(document.data["kind"], Dialect(**document.data["dialect"]))


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


def newest_import(documents: Documents, person: Person, spreadsheet_id: str) -> Import | None:
    """What the user uploaded last, if that went into this spreadsheet and is still kept."""
    turn = documents.get(turn_key(person))
    if turn is None or turn.data["import_id"] is None:
        return None
    try:
        return load_import(documents, person, spreadsheet_id, turn.data["import_id"])[0]
    except NotFound:
        return None


def _from_data(data: Mapping[str, Any]) -> Import:
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    nested = {name: tuple(map(tuple, data[name])) for name in ("preview", "skips")}
    return Import(**{**data, **lists, **nested})


def block_keys(record: Import) -> list[Key]:
    return [block_key(record.id, number) for number in range(record.blocks)]


def delete_all(documents: Documents, keys: Sequence[Key]) -> None:
    """Removes what still stands under these keys, some at a time: each may be a block of a large file."""
    for first in range(0, len(keys), DELETED_AT_ONCE):
        found = documents.get_many(keys[first : first + DELETED_AT_ONCE])
        documents.commit([Delete(document.key, document.version) for document in found if document])
