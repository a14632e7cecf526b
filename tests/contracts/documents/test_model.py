"""Random commits and questions against a model that is a plain dict: whatever happens, the two agree.

Each of these, tried on SQLite, is found: an expiry compared with `<` instead of `<=`, a Replace that takes a
later version, versions that come again, an Increment that starts at 0, a refused commit that is not rolled
back, an equality that ignores types, ids that do not run the way of the order, null that sorts among numbers.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.errors import Conflict
from backend.ports import Create, Delete, Document, Increment, Key, Query, Replace, Write
from tests.contracts.documents.conftest import OpenStore
from tests.contracts.documents.shelf import BY_RANK, BY_RANK_AND_SIZE, QUERIES, HandClock, Store, thing, token

KEYS = [thing("a"), thing("b"), thing("c"), token("a"), token("b")]
KINDS = ["x", "x", "x", "x", "y", True, 1]
SHADES = ["dark", "dark", "light"]
RANKS = [None, 0, 1, 1.0, 2.5, -3, 2**53, 2**53 + 1, "", "a", "é", "🦉"]

datas = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS), "shade": st.sampled_from(SHADES), "rank": st.sampled_from(RANKS)},
    optional={
        "size": st.integers(-2, 2),
        "rows": st.lists(st.lists(st.integers(0, 3), max_size=2), max_size=2),
    },
)
#: What to do, to which document, with which data and lifetime. Most of it holds, or little would be stored.
intents = st.tuples(
    st.sampled_from(["put"] * 6 + ["increment"] * 2 + ["delete", "create", "stale replace", "stale delete"]),
    st.sampled_from(KEYS),
    datas,
    st.none() | st.integers(0, 6),
)
steps = st.one_of(
    st.lists(intents, min_size=1, max_size=3, unique_by=lambda intent: intent[1]),
    st.lists(intents, min_size=1, max_size=3, unique_by=lambda intent: intent[1]),
    st.integers(1, 2),
)
histories = st.lists(steps, min_size=5, max_size=12)
questions = st.tuples(
    st.sampled_from(KINDS), st.sampled_from(SHADES), st.integers(1, 3), st.integers(-3, 2), st.integers(0, 3)
)


class Model:
    """What a store should hold, and every version that it ever showed."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.held: dict[Key, Document] = {}
        self.versions: dict[Key, list[str]] = {key: ["0"] for key in KEYS}

    def alive(self, key: Key) -> Document | None:
        document = self.held.get(key)
        expired = document and document.expires_at is not None and document.expires_at <= self.clock.time
        return None if expired else document

    def write(self, intent: str, key: Key, data: dict[str, Any], lifetime: int | None) -> Write:
        expires_at = (
            self.clock.time + lifetime if lifetime is not None and key.collection == "tokens" else None
        )
        latest, stale = self.versions[key][-1], self.versions[key][-2:][0]
        match intent:
            case "put" if self.alive(key) is not None:
                return Replace(key, latest, data, expires_at)
            case "put" | "create":
                return Create(key, data, expires_at)
            case "stale replace":
                return Replace(key, stale, data, expires_at)
            case "delete" | "stale delete":
                return Delete(key, latest if intent == "delete" else stale)
            case _:
                return Increment(key, {"size": data.get("size", 1), "more": 1})

    def commit(self, writes: list[Write]) -> bool:
        """Whether it holds. What it wrote has the version "new" until `learn` has seen it."""
        if not all(map(self._holds, writes)):
            return False
        for write in writes:
            match write:
                case Create() | Replace():
                    self.held[write.key] = Document(write.key, dict(write.data), "new", write.expires_at)
                case Delete():
                    del self.held[write.key]
                case Increment():
                    held = self.held.get(write.key, Document(write.key, {}, "none"))
                    sizes = {name: held.data.get(name, 0) + by for name, by in write.by.items()}
                    self.held[write.key] = Document(write.key, held.data | sizes, "new", held.expires_at)
        return True

    def _holds(self, write: Write) -> bool:
        match write:
            case Create():
                return self.alive(write.key) is None
            case Replace() | Delete():
                held = self.held.get(write.key)
                return held is not None and held.version == write.version
            case Increment():
                return True

    def learn(self, key: Key, version: str) -> None:
        """Takes the version that the store has given to a new state, and holds it to its promise."""
        if self.held[key].version == "new":
            assert version not in self.versions[key], f"{key} has had the version {version} before"
            self.versions[key].append(version)
            held = self.held[key]
            self.held[key] = Document(key, held.data, version, held.expires_at)

    def answer(self, query: Query, values: dict[str, Any]) -> list[Document]:
        alive = [document for key in KEYS if (document := self.alive(key)) is not None]
        ordered = [(name.removeprefix("-"), name.startswith("-")) for name in query.order]
        found = [
            document
            for document in alive
            if document.key.collection == query.collection
            and all(name in document.data for name, _ in ordered)
            and all(
                name in document.data and place(document.data[name]) == place(values[name]) for name in values
            )
        ]
        found.sort(key=lambda document: document.key.id, reverse=bool(ordered) and ordered[-1][1])
        for name, descends in reversed(ordered):
            found.sort(key=lambda document: place(document.data[name]), reverse=descends)
        return found


def place(value: Any) -> tuple[int, Any]:
    """Firestore's order of values: null, booleans, numbers, then strings by their UTF-8 bytes."""
    if value is None or isinstance(value, bool):
        return (0 if value is None else 1, bool(value))
    return (2, value) if isinstance(value, (int, float)) else (3, value.encode())


def replay(store: Store, model: Model, history: list[Any]) -> None:
    """Lets both do the same, and compares every document after every step."""
    for step in history:
        if isinstance(step, int):
            model.clock.time += step
        else:
            beside = Create(Key("logs", secrets.token_hex(8)), {})
            writes = [beside, *(model.write(*intent) for intent in step)]
            if model.commit(writes):
                store.commit(writes)
            else:
                with pytest.raises(Conflict):
                    store.commit(writes)
        for key, document in zip(KEYS, store.get_many(KEYS), strict=True):
            if document is not None and model.alive(key) is not None:
                model.learn(key, document.version)
            assert document == model.alive(key)


def ask(store: Store, model: Model, question: tuple[Any, str, int, int, int]) -> None:
    """Asks everything that is declared, page by page, and compares the answers."""
    kind, shade, limit, low, span = question
    for query in QUERIES:
        values = {name: {"kind": kind, "shade": shade}[name] for name in query.equal}
        expected = model.answer(query, values)
        found = store.query(query, values, limit=limit)
        pages = list(found.documents)
        while found.cursor is not None:
            found = store.query(query, values, limit=limit, cursor=found.cursor)
            pages += found.documents
        assert pages == expected
        assert store.count(query, values) == len(expected)
    values = {"kind": kind, "shade": shade}
    sizes = [document.data["size"] for document in model.answer(BY_RANK_AND_SIZE, values)]
    assert store.sum(BY_RANK_AND_SIZE, values, "size") == sum(sizes)
    within = [
        document
        for document in model.answer(BY_RANK, {"kind": kind})
        if place(low) <= place(document.data["rank"]) < place(low + span)
    ]
    assert store.query(BY_RANK, {"kind": kind}, low=low, high=low + span).documents == within


UNHURRIED = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


def empty(store: Store, clock: HandClock) -> Store:
    """Removes everything: what is expired by sweeping, the rest by its version. Quicker than a new file."""
    clock.time += 10
    store.purge_expired()
    store.commit([Delete(found.key, found.version) for found in store.get_many(KEYS) if found is not None])
    return store


@settings(UNHURRIED, max_examples=200)
@given(history=histories, question=questions)
def test_sqlite_agrees_with_the_model(
    sqlite_store: Store, clock: HandClock, history: list[Any], question: Any
) -> None:
    store, model = empty(sqlite_store, clock), Model(clock)
    replay(store, model, history)
    ask(store, model, question)


@pytest.mark.emulator
@settings(UNHURRIED, max_examples=25)
@given(history=histories, question=questions)
def test_firestore_agrees_with_the_model(
    open_firestore: OpenStore, clock: HandClock, numbers: Iterator[int], history: list[Any], question: Any
) -> None:
    store, model = open_firestore(f"example{next(numbers)}"), Model(clock)
    replay(store, model, history)
    ask(store, model, question)
