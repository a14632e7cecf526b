"""Documents in one SQLite file, for one machine: several processes and many threads may share it.

A commit is one short write transaction, on the disk when it returns. A document's version is the number
of the commit that wrote it, from a sequence of the whole store, so deleting and creating never repeats one.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from backend.adapters import document_queries as asked
from backend.adapters import document_rules as rules
from backend.adapters import sqlite_file, sqlite_query
from backend.errors import Conflict, TryLater
from backend.ports import Clock, Create, Delete, Document, Found, Increment, Json, Key, Query, Replace, Write

#: What is put into SQL by name beside it comes from declared queries, whose names are checked.
_SELECT = "SELECT collection, id, version, expires_at, data FROM documents"
_Row = tuple[str, str, int, float | None, str]


class SqliteDocuments:
    """The `Documents` port on the file at `path`, which is created where it is missing.

    `queries` are the only ones that may be asked, and `expiring` the only collections whose documents may
    expire, as in production, where each needs its index or its TTL policy. No call waits longer than twice
    `busy_timeout_s`. Make one after a fork, not before: connections do not survive it.
    """

    def __init__(
        self,
        path: Path,
        *,
        queries: Sequence[Query],
        expiring: Sequence[str],
        clock: Clock,
        busy_timeout_s: float = 5.0,
    ) -> None:
        self._path = path
        self._queries = asked.check_declared(queries)
        self._expiring = frozenset(expiring)
        self._clock = clock
        self._busy_timeout_s = busy_timeout_s
        #: Threads of one process take turns here: fairer, and quicker than SQLite's polling of its lock.
        self._turn = threading.Lock()
        self._here = threading.local()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._opening = threading.Lock()
        sqlite_file.prepare(path, self._queries, busy_timeout_s)

    def get(self, key: Key) -> Document | None:
        rules.check_key(key)
        rows = self._read(f"{_SELECT} WHERE collection = ? AND id = ?", (key.collection, key.id))
        return self._alive(rows[0]) if rows else None

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        for key in keys:
            rules.check_key(key)
        # The keys travel as one JSON parameter: one prepared statement, whatever their number.
        rows = self._read(
            _SELECT + " WHERE (collection, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))",  # noqa: S608
            (json.dumps([(key.collection, key.id) for key in keys]),),
        )
        found = {Key(row[0], row[1]): self._alive(row) for row in rows}
        return [found.get(key) for key in keys]

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
        where = self._where(query, values, low, high)
        if cursor is not None:
            sqlite_query.add_cursor(where, query, asked.place_of(query, cursor))
        rows = self._read(
            f"{_SELECT} WHERE {where} ORDER BY {sqlite_query.order_sql(query)} LIMIT ?",
            (*where.parameters, limit + 1),
        )
        page = [_document(row) for row in rows[:limit]]
        return Found(page, asked.cursor_after(query, page[-1]) if len(rows) > limit else None)

    def count(
        self,
        query: Query,
        values: Mapping[str, Json] | None = None,
        *,
        low: Json = None,
        high: Json = None,
    ) -> int:
        where = self._where(query, values, low, high)
        return int(self._scalar("count(*)", where) or 0)

    def sum(self, query: Query, values: Mapping[str, Json] | None, field: str) -> int:
        asked.check_summed(query, field)
        where = self._where(query, values)
        return int(self._scalar(sqlite_query.sum_sql(field), where) or 0)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        texts = rules.check_writes(writes, self._expiring)
        if not writes:
            return []
        with self._transaction() as connection:
            ((version,),) = connection.execute("UPDATE commits SET latest = latest + 1 RETURNING latest")
            now = self._clock.now()
            for write, text in zip(writes, texts, strict=True):
                _apply(connection, write, text, version, now)
        return [str(version) if isinstance(write, Create | Replace) else "" for write in writes]

    def purge_expired(self, limit: int = 1000) -> int:
        """Removes up to `limit` documents whose time is over, and says how many."""
        with self._transaction() as connection:
            return connection.execute(
                "DELETE FROM documents WHERE rowid IN"
                " (SELECT rowid FROM documents WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
                (self._clock.now(), limit),
            ).rowcount

    def close(self) -> None:
        """Closes every thread's connection. Nothing may be asked afterwards."""
        with self._opening:
            for _, connection in self._connections:
                connection.close()
            self._connections.clear()

    def _where(
        self, query: Query, values: Mapping[str, Json] | None, low: Json = None, high: Json = None
    ) -> sqlite_query.Condition:
        given = asked.check_asked(self._queries, query, values, low, high)
        return sqlite_query.condition(query, given, self._clock.now(), low, high)

    def _alive(self, row: _Row) -> Document | None:
        expires_at = row[3]
        return _document(row) if expires_at is None or expires_at > self._clock.now() else None

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection. Those of threads that have ended are closed on the way."""
        connection: sqlite3.Connection | None = getattr(self._here, "connection", None)
        if connection is None:
            connection = self._here.connection = sqlite_file.connect(self._path, self._busy_timeout_s)
            with self._opening:
                for thread, idle in self._connections:
                    if not thread.is_alive():
                        idle.close()
                self._connections = [held for held in self._connections if held[0].is_alive()]
                self._connections.append((threading.current_thread(), connection))
        return connection

    def _read(self, sql: str, parameters: Sequence[Json]) -> list[_Row]:
        with sqlite_file.translated(self._path):
            return self._connection().execute(sql, parameters).fetchall()

    def _scalar(self, expression: str, where: sqlite_query.Condition) -> float | None:
        sql = f"SELECT {expression} FROM documents WHERE {where}"  # noqa: S608
        with sqlite_file.translated(self._path):
            value: float | None = self._connection().execute(sql, where.parameters).fetchone()[0]
        return value

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if not self._turn.acquire(timeout=self._busy_timeout_s):
            raise TryLater(f"The document store {self._path} is busy: other threads are writing.")
        try:
            with sqlite_file.translated(self._path):
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
            try:
                with sqlite_file.translated(self._path):
                    yield connection
                with sqlite_file.translated(self._path, committing=True):
                    connection.execute("COMMIT")
            except BaseException:
                with sqlite_file.translated(self._path):
                    sqlite_file.roll_back(connection)
                raise
        finally:
            self._turn.release()


def _document(row: _Row) -> Document:
    collection, id_, version, expires_at, text = row
    return Document(Key(collection, id_), json.loads(text), str(version), expires_at)


def _apply(connection: sqlite3.Connection, write: Write, text: str, version: int, now: float) -> None:
    """One write inside the transaction; Conflict, which rolls it back, where the condition does not hold."""
    place = (write.key.collection, write.key.id)
    match write:
        case Create():
            expires_at = rules.whole_microseconds(write.expires_at)
            changed = connection.execute(
                "INSERT INTO documents (collection, id, version, expires_at, data) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET version = excluded.version, expires_at = excluded.expires_at,"
                " data = excluded.data WHERE documents.expires_at <= ?",
                (*place, version, expires_at, text, now),
            ).rowcount
            if not changed:
                raise Conflict(f"{write.key} exists already.")
        case Replace():
            expires_at = rules.whole_microseconds(write.expires_at)
            changed = connection.execute(
                "UPDATE documents SET version = ?, expires_at = ?, data = ?"
                " WHERE collection = ? AND id = ? AND version = ?",
                (version, expires_at, text, *place, _number(write.version)),
            ).rowcount
            if not changed:
                raise Conflict(f"{write.key} has been changed or removed since it was read.")
        case Delete():
            changed = connection.execute(
                "DELETE FROM documents WHERE collection = ? AND id = ? AND version = ?",
                (*place, _number(write.version)),
            ).rowcount
            if not changed:
                raise Conflict(f"{write.key} has been changed or removed since it was read.")
        case Increment():
            rows = connection.execute(
                "SELECT data FROM documents WHERE collection = ? AND id = ?", place
            ).fetchall()
            data = json.loads(rows[0][0]) if rows else {}
            data |= {name: rules.increased(data.get(name), by) for name, by in write.by.items()}
            connection.execute(
                "INSERT INTO documents (collection, id, version, data) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET version = excluded.version, data = excluded.data",
                (*place, version, rules.encode(write.key, data)),
            )


def _number(version: str) -> int:
    """A version as it is stored; one of another store fits no document."""
    return int(version) if version.isdecimal() and len(version) < 19 else -1
