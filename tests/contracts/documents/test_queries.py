"""Declared questions: equality, order, bounds, pages, counts and sums, the same on both stores."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from backend.errors import Invalid
from backend.ports import Create, Delete, Increment, Query, Replace
from tests.contracts.documents.shelf import (
    ALL,
    ALL_BY_RANK,
    ALL_BY_RANK_DOWN,
    BY_RANK,
    BY_RANK_AND_SIZE,
    BY_RANK_DOWN,
    OF_KIND,
    Store,
    ids,
    put,
    thing,
)

#: In the order that both stores have: null, then numbers by value, then strings by their UTF-8 bytes.
IN_ORDER: list[Any] = [
    None,
    -(2**63),
    -1.5,
    0,
    0.1,
    1,
    1.5,
    2**53,
    2**53 + 1,
    2**63 - 1,
    1e300,
    "",
    "A",
    "Z",
    "a",
    "a b",
    "aa",
    "é",
    "日本",
    "🦉",
]


def all_pages(
    store: Store, query: Query, values: Mapping[str, Any] | None = None, *, limit: int, **bounds: Any
) -> list[str]:
    """The ids of every page, one after another; no page but the last may be short."""
    found = store.query(query, values, limit=limit, **bounds)
    answer = ids(found.documents)
    while found.cursor is not None:
        assert len(found.documents) == limit
        found = store.query(query, values, limit=limit, cursor=found.cursor, **bounds)
        assert found.documents, "a cursor promised more"
        answer += ids(found.documents)
    return answer


def test_equality_finds_the_same_value_and_type(store: Store) -> None:
    kinds = {"one": 1, "float": 1.0, "true": True, "false": False, "zero": 0, "text": "1", "null": None}
    others = {"empty": "", "list": [1], "object": {"a": 1}, "tenth": 0.1, "brackets": "[1]", "word": "true"}
    store.commit([Create(thing(name), {"kind": kind}) for name, kind in (kinds | others).items()])
    store.commit([Create(thing("absent"), {"other": 1})])
    for value, expected in (
        (1, ["float", "one"]),
        (1.0, ["float", "one"]),
        (True, ["true"]),
        (False, ["false"]),
        (0, ["zero"]),
        ("1", ["text"]),
        ("", ["empty"]),
        (None, ["null"]),
        (0.1, ["tenth"]),
        ("[1]", ["brackets"]),
        ("true", ["word"]),
        ("none of these", []),
    ):
        assert ids(store.query(OF_KIND, {"kind": value}).documents) == expected, repr(value)
        assert store.count(OF_KIND, {"kind": value}) == len(expected), repr(value)


def test_everything_of_a_collection_comes_by_id(store: Store) -> None:
    names = ["b", "a", "B", "a.1", "a-1", "a_1", "10", "9", "~", "a:1"]
    store.commit([Create(thing(name), {}) for name in names])
    assert ids(store.query(ALL).documents) == sorted(names)
    assert all_pages(store, ALL, limit=3) == sorted(names)


def test_values_are_ordered_alike(store: Store) -> None:
    # Ids run against the order, so that it cannot come from them.
    names = [f"t{99 - n}" for n in range(len(IN_ORDER))]
    store.commit([Create(thing(name), {"rank": rank}) for name, rank in zip(names, IN_ORDER, strict=True)])
    assert ids(store.query(ALL_BY_RANK).documents) == names
    assert ids(store.query(ALL_BY_RANK_DOWN).documents) == names[::-1]
    for limit in (1, 3, 7):
        assert all_pages(store, ALL_BY_RANK, limit=limit) == names
        assert all_pages(store, ALL_BY_RANK_DOWN, limit=limit) == names[::-1]


def test_documents_without_the_ordered_field_are_not_found(store: Store) -> None:
    put(store, thing("with"), kind="x", rank=1)
    put(store, thing("without"), kind="x")
    put(store, thing("null"), kind="x", rank=None)
    put(store, thing("list"), kind="x", rank=[1])
    put(store, thing("object"), kind="x", rank={"a": 1})
    assert ids(store.query(BY_RANK, {"kind": "x"}).documents) == ["null", "with"]
    assert store.count(BY_RANK, {"kind": "x"}) == 2
    assert store.count(OF_KIND, {"kind": "x"}) == 5


def test_equal_orders_are_told_apart_by_id_which_runs_the_same_way(store: Store) -> None:
    store.commit([Create(thing(f"t{n}"), {"kind": "x", "rank": n // 4}) for n in range(10)])
    up = [f"t{n}" for n in range(10)]
    assert ids(store.query(BY_RANK, {"kind": "x"}).documents) == up
    assert ids(store.query(BY_RANK_DOWN, {"kind": "x"}).documents) == up[::-1]
    for limit in (1, 2, 3, 10, 11):
        assert all_pages(store, BY_RANK, {"kind": "x"}, limit=limit) == up
        assert all_pages(store, BY_RANK_DOWN, {"kind": "x"}, limit=limit) == up[::-1]


def test_a_second_order_may_run_the_other_way(store: Store) -> None:
    for n in range(24):
        data = {"kind": "x", "shade": "dark", "rank": n % 3, "size": n % 4}
        store.commit([Create(thing(f"t{n:02}"), data)])
    put(store, thing("light"), kind="x", shade="light", rank=0, size=0)
    expected = sorted(range(24), key=lambda n: (n % 3, -(n % 4), -n))
    values = {"kind": "x", "shade": "dark"}
    for limit in (1, 5, 24):
        pages = all_pages(store, BY_RANK_AND_SIZE, values, limit=limit)
        assert pages == [f"t{n:02}" for n in expected]
        pages = all_pages(store, BY_RANK_AND_SIZE, values, limit=limit, low=1, high=2)
        assert pages == [f"t{n:02}" for n in expected if n % 3 == 1]


def test_bounds_hold_the_low_end_and_not_the_high_one(store: Store) -> None:
    store.commit([Create(thing(f"t{n}"), {"kind": "x", "rank": n}) for n in range(10)])
    store.commit([Create(thing(f"f{n}"), {"kind": "x", "rank": n + 0.5}) for n in range(3)])

    def ranks(query: Query = BY_RANK, **bounds: Any) -> list[float]:
        return [d.data["rank"] for d in store.query(query, {"kind": "x"}, **bounds).documents]

    assert ranks(low=7) == [7, 8, 9]
    assert ranks(high=2) == [0, 0.5, 1, 1.5]
    assert ranks(low=1, high=2.5) == [1, 1.5, 2]
    assert ranks(BY_RANK_DOWN, low=1, high=2.5) == [2, 1.5, 1]
    assert ranks(low=3, high=3) == []
    assert ranks(low=0.5, high=1) == [0.5]
    for low, high in ((7, None), (1, 2.5), (3, 3), (None, 1)):
        assert store.count(BY_RANK, {"kind": "x"}, low=low, high=high) == len(ranks(low=low, high=high))
    assert all_pages(store, BY_RANK_DOWN, {"kind": "x"}, limit=2, low=1, high=4) == [
        "t3",
        "f2",
        "t2",
        "f1",
        "t1",
    ]


def test_bounds_find_their_own_kind_of_value(store: Store) -> None:
    ranks = {"null": None, "number": 5, "text": "m", "true": True, "long": "zz"}
    store.commit([Create(thing(name), {"rank": rank}) for name, rank in ranks.items()])
    assert ids(store.query(ALL_BY_RANK, low=0).documents) == ["number"]
    assert ids(store.query(ALL_BY_RANK, high=9).documents) == ["number"]
    assert ids(store.query(ALL_BY_RANK, low="").documents) == ["text", "long"]
    assert ids(store.query(ALL_BY_RANK, high="z").documents) == ["text"]


def test_queries_follow_every_write(store: Store) -> None:
    first = put(store, thing("a"), kind="x", rank=1)
    put(store, thing("b"), kind="x", rank=2)
    store.commit([Replace(thing("a"), first.version, {"kind": "x", "rank": 3})])
    assert ids(store.query(BY_RANK, {"kind": "x"}).documents) == ["b", "a"]
    store.commit([Create(thing("c"), {"kind": "y"}), Increment(thing("b"), {"rank": 5})])
    found = store.query(BY_RANK, {"kind": "x"}).documents
    assert ids(found) == ["a", "b"]
    store.commit([Delete(thing("a"), found[0].version), Replace(thing("b"), found[1].version, {"kind": "y"})])
    assert store.query(BY_RANK, {"kind": "x"}).documents == []
    assert store.count(OF_KIND, {"kind": "x"}) == 0
    assert ids(store.query(OF_KIND, {"kind": "y"}).documents) == ["b", "c"]


def test_a_cursor_holds_its_place_while_documents_come_and_go(store: Store) -> None:
    store.commit([Create(thing(f"t{n}"), {"kind": "x", "rank": 5}) for n in range(0, 10, 2)])
    first = store.query(BY_RANK, {"kind": "x"}, limit=2)
    assert ids(first.documents) == ["t0", "t2"]
    last = first.documents[-1]
    store.commit(
        [
            Delete(last.key, last.version),
            Create(thing("t1"), {"kind": "x", "rank": 5}),
            Create(thing("t5"), {"kind": "x", "rank": 5}),
        ]
    )
    rest = store.query(BY_RANK, {"kind": "x"}, limit=9, cursor=first.cursor)
    assert ids(rest.documents) == ["t4", "t5", "t6", "t8"]


def test_a_full_last_page_has_no_cursor(store: Store) -> None:
    store.commit([Create(thing(f"t{n}"), {"kind": "x", "rank": n}) for n in range(4)])
    assert store.query(BY_RANK, {"kind": "x"}, limit=4).cursor is None
    assert store.query(BY_RANK, {"kind": "x"}, limit=3).cursor is not None
    assert store.query(BY_RANK, {"kind": "nothing"}).cursor is None


def test_sums_add_the_numbers_of_a_field(store: Store) -> None:
    ranks = [1, 2, 3, -10, 2**40, None, "7", True]
    store.commit([Create(thing(f"t{n}"), {"kind": "x", "rank": rank}) for n, rank in enumerate(ranks)])
    put(store, thing("other"), kind="y", rank=100)
    put(store, thing("without"), kind="x")
    assert store.sum(BY_RANK, {"kind": "x"}, "rank") == 2**40 - 4
    assert store.sum(ALL_BY_RANK, None, "rank") == 2**40 + 96
    assert store.sum(BY_RANK, {"kind": "nothing"}, "rank") == 0


def test_an_undeclared_question_is_refused(store: Store) -> None:
    for ask in (store.query, store.count):
        with pytest.raises(ValueError, match="not declared"):
            ask(Query("things", ("shade",)), {"shade": "dark"})
    with pytest.raises(ValueError, match="in its order"):
        store.sum(OF_KIND, {"kind": "x"}, "rank")


@pytest.mark.parametrize(
    "values", [None, {}, {"shade": 1}, {"kind": 1, "shade": 1}, {"kind": [1]}, {"kind": float("nan")}]
)
def test_a_question_takes_exactly_its_values(store: Store, values: Any) -> None:
    with pytest.raises(ValueError, match="kind"):
        store.query(OF_KIND, values)


@pytest.mark.parametrize(
    "bounds", [{"low": 1, "high": "z"}, {"low": True}, {"high": [1]}, {"low": float("nan")}]
)
def test_bounds_are_two_numbers_or_two_strings(store: Store, bounds: Any) -> None:
    with pytest.raises(ValueError, match="bounds"):
        store.query(ALL_BY_RANK, **bounds)


def test_a_question_without_an_order_takes_no_bounds(store: Store) -> None:
    with pytest.raises(ValueError, match="no order"):
        store.query(ALL, low=1)


def test_a_page_holds_a_document_at_least(store: Store) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        store.query(ALL, limit=0)


def encoded(place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "Zm9v",
        "é",
        encoded({"a": 1}),
        encoded([]),
        encoded(["a"]),
        encoded([1, 2]),
        encoded([1, "a", "b"]),
        encoded([[1], "a"]),
        encoded([1, "a/b"]),
        encoded([2**64, "a"]),
        encoded([float("nan"), "a"]),
        encoded(["\ud83d", "a"]),
        encoded([1, "a"]) + "\n",
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_as_the_users_mistake(store: Store, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        store.query(ALL_BY_RANK, cursor=cursor)
    assert "cursor" in refused.value.fields
