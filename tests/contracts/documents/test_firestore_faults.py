"""Firestore out of reach, silent, or refusing: what the caller is told, and how soon."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from google.api_core import exceptions
from google.auth import exceptions as auth
from google.cloud.firestore import Client

from backend.adapters.firestore_documents import FirestoreDocuments
from backend.adapters.firestore_errors import translated
from backend.errors import Conflict, Misconfigured, TryLater
from backend.ports import Create, Increment
from tests.contracts.documents.shelf import (
    ALL,
    BY_RANK,
    EXPIRING,
    QUERIES,
    HandClock,
    Store,
    put,
    read,
    thing,
)
from tests.emulator import Emulator, emulator_or_skip

READS: list[Callable[[Store], object]] = [
    lambda store: store.get(thing("a")),
    lambda store: store.get_many([thing("a"), thing("b")]),
    lambda store: store.query(ALL),
    lambda store: store.count(ALL),
    lambda store: store.sum(BY_RANK, {"kind": "x"}, "rank"),
]


def firestore(timeout_s: float = 10.0, prefix: str = "") -> FirestoreDocuments:
    return FirestoreDocuments(
        project="rowmill-tests",
        queries=QUERIES,
        expiring=EXPIRING,
        clock=HandClock(),
        timeout_s=timeout_s,
        prefix=prefix,
    )


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed_address(silent_address: str) -> str:
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_a_store_out_of_reach_is_said_at_once(closed_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", closed_address)
    with closing(firestore()) as store:
        began = time.monotonic()
        with pytest.raises(TryLater) as unwritten:
            store.commit([Create(thing("a"), {})])
        assert unwritten.value.maybe_applied
        for read_it in READS:
            with pytest.raises(TryLater) as unread:
                read_it(store)
            assert not unread.value.maybe_applied
        assert time.monotonic() - began < 5


def test_a_silent_store_ends_every_call_in_time(silent_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", silent_address)
    with closing(firestore(timeout_s=0.1)) as store:
        began = time.monotonic()
        with pytest.raises(TryLater) as unwritten:
            store.commit([Create(thing("a"), {})])
        assert unwritten.value.maybe_applied
        for read_it in READS:
            with pytest.raises(TryLater):
                read_it(store)
        assert time.monotonic() - began < 0.1 * 6 + 3


def test_missing_credentials_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(Misconfigured, match="needs Google credentials"):
        firestore()


NO_DATABASE = "The database (default) does not exist for project p"
NO_DOCUMENT = "No document to update: projects/p/databases/(default)/documents/things/a"


@pytest.mark.parametrize(
    ("kind", "said", "writing", "ours", "maybe_applied"),
    [
        (exceptions.AlreadyExists, "entity already exists", True, Conflict, None),
        (exceptions.FailedPrecondition, "the stored version does not match", True, Conflict, None),
        (exceptions.NotFound, NO_DOCUMENT, True, Conflict, None),
        (exceptions.Aborted, "Transaction lock timeout", True, TryLater, True),
        (exceptions.DeadlineExceeded, "", True, TryLater, True),
        (exceptions.DeadlineExceeded, "", False, TryLater, False),
        (exceptions.ServiceUnavailable, "", True, TryLater, True),
        (exceptions.InternalServerError, "", True, TryLater, True),
        (exceptions.Unknown, "stream removed", True, TryLater, True),
        (exceptions.Cancelled, "", True, TryLater, True),
        (exceptions.ResourceExhausted, "quota", True, TryLater, True),
        (auth.RefreshError, "the metadata server is out of reach", True, TryLater, True),
        (auth.DefaultCredentialsError, "none", False, Misconfigured, None),
        (exceptions.PermissionDenied, "", True, Misconfigured, None),
        (exceptions.Unauthenticated, "", False, Misconfigured, None),
        (exceptions.FailedPrecondition, "The query requires an index", False, Misconfigured, None),
        (exceptions.NotFound, NO_DATABASE, True, Misconfigured, None),
        (exceptions.NotFound, NO_DATABASE, False, Misconfigured, None),
        (exceptions.InvalidArgument, "too large", True, ValueError, None),
    ],
)
def test_each_error_tells_the_caller_what_to_do(
    kind: type[Exception], said: str, writing: bool, ours: type[Exception], maybe_applied: bool | None
) -> None:
    error = kind(said)
    with pytest.raises(ours) as told, translated(writing=writing):
        raise error
    assert told.value.__cause__ is error
    assert getattr(told.value, "maybe_applied", None) == maybe_applied


@pytest.mark.emulator
def test_what_lies_in_firestore_is_what_its_indexes_are_made_for(
    firestore_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.address)
    with closing(firestore(prefix="layout-")) as store, closing(Client(project="rowmill-tests")) as client:
        store.commit([Create(thing("a"), {"kind": "x", "rank": 1, "rows": [[1]], "filter": {}}, None)])
        fields = client.collection("layout-things").document("a").get().to_dict() or {}
        assert fields.pop("commit")
        assert fields == {
            "data": {"kind": "x", "rank": 1},
            "json": {"rows": "[[1]]", "filter": "{}"},
            "expires_at": None,
        }


@pytest.mark.emulator
@pytest.mark.faults
def test_a_store_that_comes_back_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = emulator_or_skip()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator.address)
    emulator.start()
    try:
        with closing(firestore()) as store:
            put(store, thing("a"), n=1)
            emulator.stop()
            with pytest.raises(TryLater):
                store.commit([Create(thing("b"), {}), Increment(thing("sum"), {"n": 1})])
            emulator.start()
            deadline = time.monotonic() + 60
            while True:
                try:
                    store.commit([Create(thing("b"), {}), Increment(thing("sum"), {"n": 1})])
                    break
                except TryLater:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            assert read(store, thing("sum")).data == {"n": 1}
    finally:
        emulator.stop()
