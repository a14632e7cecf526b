"""Expiry: a document whose time has come is absent at once, whoever sweeps it and whenever."""

from __future__ import annotations

import pytest

from backend.errors import Conflict
from backend.ports import Create, Delete, Increment, Replace, Write
from tests.contracts.documents.shelf import OF_KIND, TOKENS, HandClock, Store, ids, put, read, thing, token


def test_a_document_exists_until_its_time_and_not_at_it(store: Store, clock: HandClock) -> None:
    document = put(store, token("a"), clock.time + 60, n=1)
    assert document.expires_at == clock.time + 60
    clock.time += 59.999
    assert store.get(token("a")) == document
    clock.time = document.expires_at
    assert store.get(token("a")) is None
    assert store.get_many([token("a")]) == [None]


@pytest.mark.parametrize(
    "expires_at", [1_760_000_000.123456, 1_760_000_000.1234567, 2_000_000_000, 9e9 + 1e-5]
)
def test_a_time_is_kept_to_the_microsecond(store: Store, expires_at: float) -> None:
    assert put(store, token("a"), expires_at, n=1).expires_at == round(expires_at, 6)


def test_what_was_written_expired_was_never_there(store: Store, clock: HandClock) -> None:
    store.commit([Create(token("a"), {}, clock.time - 1)])
    assert store.get(token("a")) is None


def test_create_takes_the_place_of_what_has_expired(store: Store, clock: HandClock) -> None:
    first = put(store, token("a"), clock.time + 60, old=1, rows=[1])
    clock.time += 60
    (version,) = store.commit([Create(token("a"), {"new": 1}, clock.time + 60)])
    second = read(store, token("a"))
    assert second.data == {"new": 1}
    assert second.version == version
    assert second.version != first.version
    with pytest.raises(Conflict):
        store.commit([Create(token("a"), {"n": 3})])


def test_create_over_an_expired_document_may_stand_among_others(store: Store, clock: HandClock) -> None:
    put(store, token("old"), clock.time + 60, n=1)
    kept = put(store, token("kept"), n=1)
    clock.time += 60
    writes: list[Write] = [
        Create(token("old"), {"n": 2}),
        Create(token("new"), {"n": 2}, clock.time + 5),
        Increment(thing("sum"), {"n": 2}),
    ]
    with pytest.raises(Conflict):
        store.commit([*writes, Create(token("kept"), {"n": 2})])
    assert store.get_many([token("old"), token("new"), thing("sum")]) == [None, None, None]
    store.commit([*writes, Delete(token("kept"), kept.version)])
    found = store.get_many([token("old"), token("new"), thing("sum"), token("kept")])
    assert [document and document.data["n"] for document in found] == [2, 2, 2, None]
    with pytest.raises(Conflict):
        store.commit(writes)
    assert read(store, thing("sum")).data == {"n": 2}


def test_replace_moves_the_time_and_without_one_ends_it(store: Store, clock: HandClock) -> None:
    document = put(store, token("a"), clock.time + 60, n=1)
    store.commit([Replace(token("a"), document.version, {"n": 2}, clock.time + 120)])
    clock.time += 100
    document = read(store, token("a"))
    assert document.expires_at == clock.time + 20
    store.commit([Replace(token("a"), document.version, {"n": 3})])
    clock.time += 10**6
    assert read(store, token("a")).expires_at is None


def test_increment_leaves_the_time_as_it_is(store: Store, clock: HandClock) -> None:
    put(store, token("a"), clock.time + 60, n=1)
    store.commit([Create(thing("1"), {}), Increment(token("a"), {"n": 1})])
    assert read(store, token("a")).expires_at == clock.time + 60
    clock.time += 60
    store.commit([Create(thing("2"), {}), Increment(token("a"), {"n": 1})])
    assert store.get(token("a")) is None


def test_queries_counts_and_sums_leave_out_what_has_expired(store: Store, clock: HandClock) -> None:
    for n in range(20):
        lifetime = None if n % 5 == 0 else 60 if n % 2 else 30
        store.commit(
            [Create(token(f"t{n:02}"), {"kind": "x", "rank": n}, lifetime and clock.time + lifetime)]
        )
    assert store.count(TOKENS, {"kind": "x"}) == 20
    clock.time += 30
    alive = [n for n in range(20) if n % 5 == 0 or n % 2]
    assert [d.data["rank"] for d in store.query(TOKENS, {"kind": "x"}).documents] == alive
    assert store.count(TOKENS, {"kind": "x"}) == len(alive)
    assert store.sum(TOKENS, {"kind": "x"}, "rank") == sum(alive)
    clock.time += 30
    first = store.query(TOKENS, {"kind": "x"}, limit=3)
    assert ids(first.documents) == ["t00", "t05", "t10"]
    second = store.query(TOKENS, {"kind": "x"}, limit=3, cursor=first.cursor)
    assert ids(second.documents) == ["t15"]
    assert second.cursor is None


def test_the_last_page_says_so_although_only_expired_documents_follow(store: Store, clock: HandClock) -> None:
    for n in range(6):
        store.commit([Create(token(f"t{n}"), {"kind": "x", "rank": n}, clock.time + 60 if n > 2 else None)])
    clock.time += 60
    found = store.query(TOKENS, {"kind": "x"}, limit=3)
    assert ids(found.documents) == ["t0", "t1", "t2"]
    assert found.cursor is None


def test_sweeping_removes_nothing_that_lives(store: Store, clock: HandClock) -> None:
    put(store, token("living"), clock.time + 61, n=1)
    put(store, token("lasting"), n=1)
    put(store, token("gone"), clock.time + 60, n=1)
    clock.time += 60
    store.purge_expired()
    assert [
        document is None for document in store.get_many([token(i) for i in ("living", "lasting", "gone")])
    ] == [
        False,
        False,
        True,
    ]


def test_a_collection_that_is_not_declared_may_not_expire(store: Store, clock: HandClock) -> None:
    with pytest.raises(ValueError, match="not declared as expiring"):
        store.commit([Create(thing("a"), {}, clock.time + 60)])
    document = put(store, thing("a"), kind="x")
    with pytest.raises(ValueError, match="not declared as expiring"):
        store.commit([Replace(thing("a"), document.version, {}, clock.time + 60)])
    assert store.count(OF_KIND, {"kind": "x"}) == 1


@pytest.mark.parametrize("expires_at", [-1.0, 1e12, float("inf"), float("nan")])
def test_a_time_that_is_none_is_refused(store: Store, expires_at: float) -> None:
    with pytest.raises(ValueError, match="no Unix time"):
        store.commit([Create(token("a"), {}, expires_at)])
