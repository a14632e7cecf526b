"""What the contract's tests keep in a store: things that never expire, and tokens that do."""

from __future__ import annotations

from typing import Any, Protocol

from backend.errors import Conflict, TryLater
from backend.ports import Create, Document, Documents, Key, Query, Replace, Write

BY_RANK = Query("things", ("kind",), ("rank",))
BY_RANK_DOWN = Query("things", ("kind",), ("-rank",))
ALL_BY_RANK = Query("things", (), ("rank",))
ALL_BY_RANK_DOWN = Query("things", (), ("-rank",))
BY_RANK_AND_SIZE = Query("things", ("kind", "shade"), ("rank", "-size"))
OF_KIND = Query("things", ("kind",))
ALL = Query("things")
TOKENS = Query("tokens", ("kind",), ("rank",))

QUERIES = (BY_RANK, BY_RANK_DOWN, ALL_BY_RANK, ALL_BY_RANK_DOWN, BY_RANK_AND_SIZE, OF_KIND, ALL, TOKENS)
EXPIRING = ("tokens",)


class Store(Documents, Protocol):
    """The port, and what both adapters have besides."""

    def purge_expired(self, limit: int = 1000) -> int: ...

    def close(self) -> None: ...


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = 1_760_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def thing(id_: str) -> Key:
    return Key("things", id_)


def token(id_: str) -> Key:
    return Key("tokens", id_)


def put(store: Documents, key: Key, expires_at: float | None = None, /, **data: Any) -> Document:
    """Creates the document and reads it back."""
    store.commit([Create(key, data, expires_at)])
    return read(store, key)


def change(store: Documents, document: Document, /, **data: Any) -> Document:
    """Replaces the document as it was read, and reads it back."""
    store.commit([Replace(document.key, document.version, data)])
    return read(store, document.key)


def read(store: Documents, key: Key) -> Document:
    document = store.get(key)
    assert document is not None, f"{key} is absent"
    return document


def commit_surely(store: Documents, writes: list[Write]) -> bool:
    """Repeats what the store was too busy for; whether the writes were applied, now or before."""
    ambiguous = False
    for _ in range(100):
        try:
            store.commit(writes)
        except TryLater as error:
            ambiguous = ambiguous or error.maybe_applied
        except Conflict:
            return ambiguous
        else:
            return True
    raise AssertionError("the store stayed busy for 100 attempts")


def ids(documents: list[Document]) -> list[str]:
    return [document.key.id for document in documents]
