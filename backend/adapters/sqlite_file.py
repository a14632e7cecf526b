"""The file behind the SQLite store: how it is opened, its schema and version, and what its errors mean."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.adapters.sqlite_query import index_name, index_sql
from backend.errors import Misconfigured, TryLater
from backend.ports import Query

#: Stands in the file's header, so that another program's database is not taken for ours ("Rowm").
APPLICATION_ID = 0x526F776D
#: Raised when the tables change; a file with a higher one was written by a newer Rowmill.
SCHEMA_VERSION = 1
#: What the connections of this process hold together. Each thread has one, and SQLite gives each 2 MB of
#: pages: 64 threads that have looked around would hold 130 MB. So they hold 13, at the same speed.
HEAP_BYTES = 8 * 1024 * 1024

_SCHEMA = """
CREATE TABLE documents (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at REAL,
    data TEXT NOT NULL,
    PRIMARY KEY (collection, id)
);
CREATE INDEX expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;
-- One row: the number of the latest commit, so that no version is ever given twice.
CREATE TABLE commits (latest INTEGER NOT NULL);
INSERT INTO commits VALUES (0);
"""


def connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection in autocommit, whose commits are on the disk when they return (WAL, FULL)."""
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA soft_heap_limit = {HEAP_BYTES}")
    return connection


def prepare(path: Path, queries: Iterable[Query], busy_timeout_s: float) -> None:
    """Creates the tables and an index for each query, and drops indexes of queries no more asked.

    Several processes may do so at once. Raises Misconfigured for a file that is not ours or too new.
    """
    if not path.parent.is_dir():
        raise Misconfigured([f"the folder of the document store {path} does not exist: create it"])
    with translated(path):
        connection = connect(path, busy_timeout_s)
        try:
            _check_owner(connection, path)
            _use_wal(connection, busy_timeout_s)
            wanted = {index_name(query): index_sql(query) for query in queries}
            if _version(connection) == SCHEMA_VERSION and _indexes(connection) == set(wanted):
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                if _version(connection) == 0:
                    _create_tables(connection)
                present = _indexes(connection)
                for name in present - set(wanted):
                    connection.execute(f'DROP INDEX "{name}"')
                for name in set(wanted) - present:
                    connection.execute(wanted[name])
                connection.execute("COMMIT")
            except BaseException:
                roll_back(connection)
                raise
        finally:
            connection.close()


def roll_back(connection: sqlite3.Connection) -> None:
    """Ends an open transaction; SQLite has ended it itself after some errors."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and (owner or version or tables):
        raise Misconfigured([f"{path} is another program's database: choose another file"])
    if version > SCHEMA_VERSION:
        raise Misconfigured(
            [f"{path} was written by a newer version (schema {version}, we know {SCHEMA_VERSION}): update"]
        )


def _use_wal(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    """The change of mode answers "locked" at once, whatever the timeout, while another process does it."""
    deadline = time.monotonic() + busy_timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _create_tables(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _indexes(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'query %'")
    return {name for (name,) in rows}


# ── Errors ─────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def translated(path: Path, *, committing: bool = False) -> Iterator[None]:
    """Turns SQLite's errors into ours; a COMMIT (`committing`) that failed to sync may have happened."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _ours(error, path, committing) from error


def _ours(error: sqlite3.DatabaseError, path: Path, committing: bool) -> Exception:
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return TryLater(f"The document store {path} is busy: another process holds its lock.")
        case sqlite3.SQLITE_FULL:
            return TryLater(f"The disk of the document store {path} is full: free some space.", delay_s=30)
        case sqlite3.SQLITE_READONLY:
            return TryLater(f"The document store {path} is read-only: make it writable.", delay_s=30)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_NOMEM:
            return TryLater(
                f"The document store {path} cannot be read or written ({error}): is its disk full?",
                delay_s=10,
                maybe_applied=committing,
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return Misconfigured([f"{path} is damaged or not a document store ({error}): restore a backup"])
        case _:
            return error


def _code(error: sqlite3.DatabaseError) -> int:
    """The primary result code; the extended ones carry details above its 8 bits."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
