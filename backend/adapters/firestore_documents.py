"""Documents in Firestore: preconditions and increments in one commit, and no transactions.

Server transactions hold locks, which stall everybody under contention, and for a minute after a crash. A
commit of conditional writes is decided at once. Nothing is retried here: callers know what a repeat means.
The answers to one `get_many` are each the latest, but not of one moment: a commit may fall between them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.exceptions import AlreadyExists
from google.api_core.retry import Retry, if_exception_type
from google.cloud.firestore import Client, FieldFilter
from google.cloud.firestore import Query as Direction
from google.cloud.firestore_v1.batch import WriteBatch

from backend.adapters import document_queries as asked
from backend.adapters import document_rules as rules
from backend.adapters import firestore_layout as layout
from backend.adapters.firestore_errors import translated
from backend.errors import Conflict
from backend.ports import Clock, Create, Delete, Document, Found, Increment, Json, Key, Query, Replace, Write

#: Beside the fields, in every order: what tells equal orders apart.
_NAME = "__name__"


class FirestoreDocuments:
    """The `Documents` port on one Firestore database (or its emulator: `FIRESTORE_EMULATOR_HOST`).

    `queries` and `expiring` declare what may be asked and what may expire, as `infra/firestore.indexes.json`
    has it. `prefix` is put before the names of collections, so that tests share an emulator. Every call ends
    within `timeout_s`, a Create over an expired document within three times that.
    """

    def __init__(
        self,
        *,
        project: str,
        queries: Sequence[Query],
        expiring: Sequence[str],
        clock: Clock,
        database: str = "(default)",
        prefix: str = "",
        timeout_s: float = 10.0,
    ) -> None:
        self._queries = asked.check_declared(queries)
        self._expiring = frozenset(expiring)
        self._clock = clock
        self._prefix = prefix
        self._timeout_s = timeout_s
        #: For reads the client insists on asking a policy; this one never retries.
        self._never = Retry(predicate=if_exception_type())
        with translated(writing=False):
            self._client = Client(project=project, database=database)

    def get(self, key: Key) -> Document | None:
        return self.get_many([key])[0]

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        now = self._clock.now()
        stored = self._stored(keys)
        return [_alive(stored.get(key), now) for key in keys]

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
        asked.check_limit(limit)
        question = _ordered(query, self._question(query, values, low, high))
        place = None if cursor is None else asked.place_of(query, cursor)
        now = self._clock.now()
        found: list[Document] = []
        # Expired documents stay up to a day before Firestore removes them, so a page may take several reads.
        while (missing := limit + 1 - len(found)) > 0:
            page = question if place is None else question.start_after(place)
            documents = self._documents(query.collection, page.limit(missing))
            found += [document for document in documents if _alive(document, now)]
            if len(documents) < missing:
                break
            place = asked.place_of(query, asked.cursor_after(query, documents[-1]))
        return Found(
            found[:limit], asked.cursor_after(query, found[limit - 1]) if len(found) > limit else None
        )

    def count(
        self,
        query: Query,
        values: Mapping[str, Json] | None = None,
        *,
        low: Json = None,
        high: Json = None,
    ) -> int:
        question = _ordered(query, self._question(query, values, low, high))
        if query.collection in self._expiring:
            return len(self._living(question, []))
        with translated(writing=False):
            ((result,),) = question.count(alias="n").get(retry=self._never, timeout=self._timeout_s)
        return int(result.value)

    def sum(self, query: Query, values: Mapping[str, Json] | None, field: str) -> int:
        asked.check_summed(query, field)
        question = _ordered(query, self._question(query, values))
        path = layout.field_path(field)
        if query.collection in self._expiring:
            numbers = [fields[layout.DATA][field] for fields in self._living(question, [path])]
            return int(sum(n for n in numbers if isinstance(n, (int, float)) and not isinstance(n, bool)))
        with translated(writing=False):
            ((result,),) = question.sum(path, alias="n").get(retry=self._never, timeout=self._timeout_s)
        return int(result.value)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        rules.check_writes(writes, self._expiring)
        if not writes:
            return []
        with translated(writing=True):
            try:
                return self._send(writes, {})
            except AlreadyExists:
                return self._send(writes, self._expired_versions(writes))

    def purge_expired(self, limit: int = 1000) -> int:  # noqa: ARG002 - the port's signature
        """Nothing to do, hence 0: the TTL policies of `infra/firestore.indexes.json` do it."""
        return 0

    def close(self) -> None:
        """Closes the connection. Nothing may be asked afterwards."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _collection(self, name: str) -> Any:
        return self._client.collection(self._prefix + name)

    def _reference(self, key: Key) -> Any:
        return self._collection(key.collection).document(key.id)

    def _stored(self, keys: Sequence[Key]) -> dict[Key, Document]:
        """What is stored under these keys, expired or not."""
        for key in keys:
            rules.check_key(key)
        by_path = {self._reference(key).path: key for key in keys}
        if not by_path:
            return {}
        with translated(writing=False):
            snapshots = list(
                self._client.get_all(
                    [self._reference(key) for key in by_path.values()],
                    retry=self._never,
                    timeout=self._timeout_s,
                )
            )
        return {
            (key := by_path[snapshot.reference.path]): layout.document(key, snapshot)
            for snapshot in snapshots
            if snapshot.exists
        }

    def _question(
        self, query: Query, values: Mapping[str, Json] | None, low: Json = None, high: Json = None
    ) -> Any:
        given = asked.check_asked(self._queries, query, values, low, high)
        question = self._collection(query.collection)
        for name, value in zip(query.equal, given, strict=True):
            question = question.where(filter=FieldFilter(layout.field_path(name), "==", value))
        for bound, sign in ((low, ">="), (high, "<")):
            if bound is not None:
                path = layout.field_path(asked.ordered(query)[0][0])
                question = question.where(filter=FieldFilter(path, sign, bound))
        return question

    def _documents(self, collection: str, question: Any) -> list[Document]:
        with translated(writing=False):
            snapshots = question.get(retry=self._never, timeout=self._timeout_s)
        return [layout.document(Key(collection, snapshot.id), snapshot) for snapshot in snapshots]

    def _living(self, question: Any, paths: list[str]) -> list[dict[str, Any]]:
        """`paths` of every answer that has not expired: the server's own count would include the others."""
        now = self._clock.now()
        with translated(writing=False):
            snapshots = question.select([layout.EXPIRES_AT, *paths]).get(
                retry=self._never, timeout=self._timeout_s
            )
        rows = [snapshot.to_dict() for snapshot in snapshots]
        times = [layout.expiry(row.get(layout.EXPIRES_AT)) for row in rows]
        return [row for row, time in zip(rows, times, strict=True) if time is None or time > now]

    def _expired_versions(self, writes: Sequence[Write]) -> dict[Key, str]:
        """The versions of what stands, expired, in a Create's place; Conflict when something lives there."""
        present = self._stored([write.key for write in writes if isinstance(write, Create)])
        now = self._clock.now()
        for key, document in present.items():
            if _alive(document, now):
                raise Conflict(f"{key} exists already.")
        return {key: document.version for key, document in present.items()}

    def _send(self, writes: Sequence[Write], expired: Mapping[Key, str]) -> list[str]:
        """One commit, and its new versions; a Create whose key is in `expired` replaces that version."""
        batch = self._client.batch()
        commit = secrets.token_hex(8)
        for write in writes:
            match write:
                case Create() if write.key in expired:
                    renewed = Replace(write.key, expired[write.key], write.data, write.expires_at)
                    self._add(batch, renewed, commit)
                case _:
                    self._add(batch, write, commit)
        written = batch.commit(retry=None, timeout=self._timeout_s)
        return [
            result.update_time.rfc3339() if isinstance(write, Create | Replace) else ""
            for write, result in zip(writes, written, strict=True)
        ]

    def _add(self, batch: WriteBatch, write: Write, commit: str) -> None:
        reference = self._reference(write.key)
        match write:
            case Create():
                batch.create(reference, layout.stored(write.data, write.expires_at, commit))
            case Replace():
                # An update replaces each field it names, and `stored` names all of them.
                fields = layout.stored(write.data, write.expires_at, commit)
                batch.update(reference, fields, option=self._only(write))
            case Delete():
                batch.delete(reference, option=self._only(write))
            case Increment():
                batch.set(reference, layout.increments(write.by, commit), merge=True)

    def _only(self, write: Replace | Delete) -> Any:
        """The precondition that the document still has the version that was read."""
        try:
            updated = DatetimeWithNanoseconds.from_rfc3339(write.version)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise Conflict(f"{write.key} never had the version {write.version}.") from error
        return self._client.write_option(last_update_time=updated.timestamp_pb())


def _alive(document: Document | None, now: float) -> Document | None:
    """The document, unless it has expired."""
    if document is None or (document.expires_at is not None and document.expires_at <= now):
        return None
    return document


def _ordered(query: Query, question: Any) -> Any:
    for name, descends in asked.ordered(query):
        question = question.order_by(layout.field_path(name), direction=_way(descends))
    return question.order_by(_NAME, direction=_way(asked.id_descends(query)))


def _way(descends: bool) -> str:
    return Direction.DESCENDING if descends else Direction.ASCENDING
