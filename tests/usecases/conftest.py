"""A world for each test: SQLite in a file of its own, the rest in memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.usecases.records import EXPIRING, QUERIES
from tests.emulator import firestore_emulator
from tests.fakes import FakeClock, QuickRunner
from tests.usecases.world import World

__all__ = ["firestore_emulator"]


@pytest.fixture(scope="session")
def runner() -> Iterator[QuickRunner]:
    runner = QuickRunner()
    yield runner
    runner.close()


@pytest.fixture
def memory() -> Iterator[Path]:
    """A passing folder, in memory where the system has such a place: nothing here is about the disk."""
    place = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="rowmill-", dir=place) as folder:
        yield Path(folder)


@pytest.fixture
def world(memory: Path, runner: QuickRunner) -> Iterator[World]:
    clock = FakeClock()
    store = SqliteDocuments(memory / "rowmill.db", queries=QUERIES, expiring=EXPIRING, clock=clock)
    with closing(store), closing(World(store, clock, runner)) as world:
        yield world
