"""Queues, tasks and used names in SQLite: what is committed here survives a kill -9 and a power cut.

Every call commits by itself (WAL, synchronous FULL), so a call that has returned is durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.local.tasks.wire import Message, a_queue, a_task

_SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, message BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL,
    due_us INTEGER NOT NULL,
    executions INTEGER NOT NULL,
    previous INTEGER,
    message BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tasks_by_due ON tasks (queue, due_us, id);
CREATE TABLE IF NOT EXISTS used_names (name TEXT PRIMARY KEY, until_us INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS used_names_by_end ON used_names (until_us);
"""


@dataclass
class StoredTask:
    """A task with what the service knows of it besides the resource.

    `id` tells a task from a later one of the same name; `executions` counts the answers below 500, as
    X-CloudTasks-TaskExecutionCount does; `previous` is the HTTP status that its last attempt ended with.
    """

    id: int
    message: Message
    executions: int = 0
    previous: int | None = None

    @property
    def name(self) -> str:
        return str(self.message.name)

    @property
    def due(self) -> float:
        """Unix seconds of the next attempt."""
        return float(self.message.schedule_time.ToMicroseconds() / 1e6)


@dataclass(frozen=True)
class Waiting:
    """A line of the queue: enough to decide who goes next."""

    id: int
    name: str
    due: float


class Store:
    """One connection, used by one thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "tasks.sqlite3", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    # Queues

    def queue(self, name: str) -> Message | None:
        row = self._db.execute("SELECT message FROM queues WHERE name = ?", (name,)).fetchone()
        return None if row is None else a_queue(row[0])

    def queues(self, parent: str = "", after: str = "", limit: int = -1) -> list[Message]:
        """Queues in the order of their names, those of one location where `parent` is given."""
        rows = self._db.execute(
            "SELECT message FROM queues WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?",
            (after, len(parent), parent, limit),
        )
        return [a_queue(row[0]) for row in rows]

    def put_queue(self, queue: Message) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO queues VALUES (?, ?)", (queue.name, queue.SerializeToString())
        )

    def drop_queue(self, name: str, blocked_until: float) -> None:
        """Removes the queue with all its tasks."""
        with self._transaction():
            self._db.execute("DELETE FROM queues WHERE name = ?", (name,))
            self._db.execute("DELETE FROM tasks WHERE queue = ?", (name,))
            self._block(name, blocked_until)

    # Tasks

    def task(self, name: str) -> StoredTask | None:
        row = self._db.execute(
            "SELECT id, message, executions, previous FROM tasks WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else _stored(row)

    def tasks(self, queue: str, after: str = "", limit: int = -1) -> list[StoredTask]:
        """Tasks in the order of their names."""
        rows = self._db.execute(
            "SELECT id, message, executions, previous FROM tasks WHERE queue = ? AND name > ? "
            "ORDER BY name LIMIT ?",
            (queue, after, limit),
        )
        return [_stored(row) for row in rows]

    def waiting(self, queue: str, limit: int) -> list[Waiting]:
        """The first tasks by schedule time, then by creation; those in dispatch are among them."""
        rows = self._db.execute(
            "SELECT id, name, due_us FROM tasks WHERE queue = ? ORDER BY due_us, id LIMIT ?", (queue, limit)
        )
        return [Waiting(row[0], row[1], row[2] / 1e6) for row in rows]

    def count(self, queue: str) -> int:
        return int(self._db.execute("SELECT count(*) FROM tasks WHERE queue = ?", (queue,)).fetchone()[0])

    def add(self, task: Message, queue: str) -> None:
        self._db.execute(
            "INSERT INTO tasks (name, queue, due_us, executions, message) VALUES (?, ?, ?, 0, ?)",
            (task.name, queue, task.schedule_time.ToMicroseconds(), task.SerializeToString()),
        )

    def save(self, task: StoredTask) -> None:
        message = task.message
        self._db.execute(
            "UPDATE tasks SET due_us = ?, executions = ?, previous = ?, message = ? WHERE id = ?",
            (
                message.schedule_time.ToMicroseconds(),
                task.executions,
                task.previous,
                message.SerializeToString(),
                task.id,
            ),
        )

    def drop(self, name: str, blocked_until: float) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM tasks WHERE name = ?", (name,))
            self._block(name, blocked_until)

    def purge(self, queue: str, blocked_until: float) -> int:
        """Removes every task of the queue; returns how many."""
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO used_names SELECT name, ? FROM tasks WHERE queue = ?",
                (int(blocked_until * 1e6), queue),
            )
            return self._db.execute("DELETE FROM tasks WHERE queue = ?", (queue,)).rowcount

    # Used names

    def block_name(self, name: str, until: float) -> None:
        with self._transaction():
            self._block(name, until)

    def is_blocked(self, name: str, now: float) -> bool:
        row = self._db.execute("SELECT until_us FROM used_names WHERE name = ?", (name,)).fetchone()
        return row is not None and row[0] > now * 1e6

    def forget_names(self, now: float) -> None:
        """Frees the names whose time is over; called at the start, so that the table stays bounded."""
        self._db.execute("DELETE FROM used_names WHERE until_us <= ?", (int(now * 1e6),))

    def _block(self, name: str, until: float) -> None:
        self._db.execute("INSERT OR REPLACE INTO used_names VALUES (?, ?)", (name, int(until * 1e6)))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _stored(row: tuple[Any, ...]) -> StoredTask:
    return StoredTask(row[0], a_task(row[1]), row[2], row[3])
