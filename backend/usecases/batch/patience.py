"""Reading for a batch: a busy store is asked again while the lease lasts, and many reads keep it alive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from backend.errors import TryLater
from backend.ports import Clock, Document, Documents, Found, Json, Key, Query, Write
from backend.usecases.batch.holding import Holding, LeaseLost

T = TypeVar("T")


class PatientDocuments:
    """`Documents` whose reads wait for a busy store; raises `LeaseLost` when the lease ends before.

    A large job is recalled in hundreds of reads: they renew the lease, or nobody would ever get through them
    within one. Commits are not repeated here: those of a running job go through `Holding`, which knows how.
    """

    def __init__(self, documents: Documents, clock: Clock, holding: Holding) -> None:
        self._documents, self._clock, self._holding = documents, clock, holding

    def get(self, key: Key) -> Document | None:
        return self._patiently(lambda: self._documents.get(key))

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        return self._patiently(lambda: self._documents.get_many(keys))

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
        return self._patiently(
            lambda: self._documents.query(query, values, low=low, high=high, limit=limit, cursor=cursor)
        )

    def count(
        self,
        query: Query,
        values: Mapping[str, Json] | None = None,
        *,
        low: Json = None,
        high: Json = None,
    ) -> int:
        return self._patiently(lambda: self._documents.count(query, values, low=low, high=high))

    def sum(self, query: Query, values: Mapping[str, Json] | None, field: str) -> int:
        return self._patiently(lambda: self._documents.sum(query, values, field))

    def commit(self, writes: Sequence[Write]) -> list[str]:
        return self._documents.commit(writes)

    def purge_expired(self, limit: int = 1000) -> int:
        return self._documents.purge_expired(limit)

    def _patiently(self, read: Callable[[], T]) -> T:
        self._holding.renew_if_due()
        while True:
            try:
                return read()
            except TryLater as busy:
                if self._holding.seconds_left <= 0:
                    raise LeaseLost("The store was out of reach until the lease ran out.") from busy
                self._clock.sleep(min(busy.delay_s, 1.0))
