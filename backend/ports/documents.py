"""The store: JSON documents in named collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.ports.json import Data, Json


@dataclass(frozen=True, slots=True)
class Key:
    """A document's place. `collection` has no slash; `id` is 1 to 500 of `[A-Za-z0-9_.:~-]`."""

    collection: str
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read. `version` is opaque and changes with every write to the document."""

    key: Key
    data: dict[str, Json]
    version: str
    #: When it stops existing, or None. The store compares the time at every read.
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """Holds only if the document is absent (or expired)."""

    key: Key
    data: Data
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """Holds only if the document still has `version`."""

    key: Key
    version: str
    data: Data
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Holds only if the document still has `version`."""

    key: Key
    version: str


@dataclass(frozen=True, slots=True)
class Increment:
    """Adds to integer fields, starting absent fields and an absent document at 0.

    Allowed only beside a `Create` (else ValueError): then a commit repeated after an ambiguous
    timeout meets what it created and counts nothing twice.
    """

    key: Key
    by: Mapping[str, int]


Write = Create | Replace | Delete | Increment


@dataclass(frozen=True, slots=True)
class Query:
    """A declared question: equality on `equal`, then the order. `-field` means descending.

    Production needs a composite index for each; `infra/firestore.indexes.json` is held to the
    declarations in `usecases.records`.
    """

    collection: str
    equal: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One page of an answer; `cursor` asks for the next one and is None on the last."""

    documents: list[Document]
    cursor: str | None


class Documents(Protocol):
    """JSON documents in named collections: atomic lists of conditional writes, and no transactions.

    Data is JSON (null, bool, int within 64 bits, float, str, list, object with string keys); a document
    holds at most 1 MiB and a commit at most 500 writes and 10 MiB (ValueError beyond). All methods may be
    called from any thread. Raises `TryLater` when the store is busy or out of reach, with `maybe_applied`
    when a commit may have happened all the same.
    """

    def get(self, key: Key) -> Document | None: ...

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """In the order asked."""
        ...

    def query(
        self,
        query: Query,
        values: Mapping[str, Json] | None = None,
        *,
        low: Json = None,
        high: Json = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Found:
        """`values` has one value per field of `equal`; `low <= first ordered field < high` where given.

        Documents that lack an ordered field are not found. Equal orders are told apart by id.
        """
        ...

    def count(
        self,
        query: Query,
        values: Mapping[str, Json] | None = None,
        *,
        low: Json = None,
        high: Json = None,
    ) -> int:
        """How many documents `query` would give, page after page."""
        ...

    def sum(self, query: Query, values: Mapping[str, Json] | None, field: str) -> int: ...

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """All of it or nothing; raises `Conflict` when a condition does not hold.

        Gives the new version of each written document, in the order of `writes` ("" for a `Delete` and
        an `Increment`), so that a chain of replaces needs no read in between.
        """
        ...

    def purge_expired(self, limit: int = 1000) -> int:
        """Removes up to `limit` documents whose time is over, where the store does not do so by itself."""
        ...
