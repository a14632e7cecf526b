"""The two stores under one contract: each test runs on SQLite, and on Firestore in Google's emulator."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from backend.adapters.firestore_documents import FirestoreDocuments
from backend.adapters.sqlite_documents import SqliteDocuments
from tests.contracts.documents.shelf import EXPIRING, QUERIES, HandClock, Store
from tests.emulator import Emulator, firestore_emulator

__all__ = ["firestore_emulator"]

#: Opens the store of a name; the same name opens the same documents again.
OpenStore = Callable[[str], Store]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def open_sqlite(tmp_path: Path, clock: HandClock) -> Iterator[OpenStore]:
    with ExitStack() as stack:

        def open_store(name: str) -> Store:
            store = SqliteDocuments(tmp_path / f"{name}.db", queries=QUERIES, expiring=EXPIRING, clock=clock)
            return stack.enter_context(closing(store))

        yield open_store


@pytest.fixture
def open_firestore(
    firestore_emulator: Emulator, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenStore]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.address)
    test = secrets.token_hex(6)
    with ExitStack() as stack:

        def open_store(name: str) -> Store:
            store = FirestoreDocuments(
                project="rowmill-tests",
                queries=QUERIES,
                expiring=EXPIRING,
                clock=clock,
                prefix=f"{test}-{name}-",
            )
            return stack.enter_context(closing(store))

        yield open_store


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    opener: OpenStore = request.getfixturevalue(f"open_{request.param}")
    return opener


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store("main")


@pytest.fixture
def sqlite_store(open_sqlite: OpenStore) -> Store:
    return open_sqlite("main")


@pytest.fixture
def numbers() -> Iterator[int]:
    """0, 1, 2, …: names for stores that must be new."""
    return itertools.count()
