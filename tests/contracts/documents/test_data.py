"""Data comes back exactly as it went in; what JSON or the sizes do not allow is refused before it is sent."""

from __future__ import annotations

import enum
import json
from typing import Any

import pytest

from backend.adapters.document_rules import MAX_COMMIT_WRITES, MAX_DOCUMENT_BYTES
from backend.ports import Create, Increment, Key, Replace, Write
from tests.contracts.documents.shelf import Store, put, read, thing

FAITHFUL: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    2**63 - 1,
    -(2**63),
    2**53 + 1,
    0.0,
    1.0,
    -0.0,
    0.1,
    1e308,
    5e-324,
    1_760_000_000.123456,
    "",
    "Zoë 日本語 🏳️‍🌈 \u2028 \x7f",
    "nul \x00 inside",
    '"quotes" \\ and / and \n\t\r',
    "=1+1",
    [],
    {},
    [[]],
    [[1, [2, [3, [{"a": [[4]]}]]]], []],
    [{}, [{}], None, True, 1, 1.0, "1"],
    {"": 1, "a.b": {"`": [1]}, "__x__": [{"y": [[2]]}], "日本": None},
]


@pytest.mark.parametrize("value", FAITHFUL, ids=repr)
def test_a_value_comes_back_as_it_was(store: Store, value: Any) -> None:
    data = put(store, thing("a"), value=value, nested={"value": value}, rows=[[value]]).data
    assert data == {"value": value, "nested": {"value": value}, "rows": [[value]]}
    # Equality holds 1, 1.0 and True for the same, and 0.0 and -0.0; their text does not.
    assert json.dumps(data, sort_keys=True) == json.dumps(
        {"nested": {"value": value}, "rows": [[value]], "value": value}, sort_keys=True
    )


@pytest.mark.parametrize(
    "name", ["a.b", "a b", "日本", "`", "'", '"', "\\", "0", "x" * 1000, "a/b", "$", "__x"]
)
def test_a_field_may_have_almost_any_name(store: Store, name: str) -> None:
    document = put(store, thing("a"), **{name: 1, "rows": [name]})
    assert document.data == {name: 1, "rows": [name]}
    store.commit([Replace(thing("a"), document.version, {name: 2})])
    store.commit([Create(thing("b"), {}), Increment(thing("a"), {name: 3})])
    assert read(store, thing("a")).data == {name: 5}


def test_a_document_may_hold_nothing(store: Store) -> None:
    document = put(store, thing("a"))
    assert document.data == {}
    store.commit([Replace(thing("a"), document.version, {})])
    assert read(store, thing("a")).data == {}


def test_tuples_are_lists_and_string_enums_strings(store: Store) -> None:
    class Shade(enum.StrEnum):
        DARK = "dark"

    data = put(store, thing("a"), pair=(1, (2,)), shade=Shade.DARK).data
    assert data == {"pair": [1, [2]], "shade": "dark"}
    assert type(data["shade"]) is str


def test_what_is_read_is_the_readers_own(store: Store) -> None:
    put(store, thing("a"), rows=[1])
    read(store, thing("a")).data["rows"].append(2)
    assert read(store, thing("a")).data == {"rows": [1]}


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**63, -(2**63) - 1, {1: "a"}, {"a": {None: 1}}, b"bytes", {1, 2}, object()],
    ids=lambda value: type(value).__name__ if type(value) is object else repr(value),
)
def test_what_json_cannot_say_is_refused(store: Store, value: Any) -> None:
    for data in ({"a": value}, {"a": [{"b": value}]}):
        with pytest.raises(ValueError, match="things"):
            store.commit([Create(thing("a"), data)])
    assert store.get(thing("a")) is None


def test_half_a_character_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        store.commit([Create(thing("a"), {"a": "\ud83d"})])


@pytest.mark.parametrize("name", ["", "__x__", "x" * 1001, "日" * 334, 1])
def test_a_field_name_that_firestore_cannot_hold_is_refused(store: Store, name: Any) -> None:
    with pytest.raises(ValueError, match="field"):
        store.commit([Create(thing("a"), {name: 1})])


@pytest.mark.parametrize("id_", ["", "a/b", ".", "..", "__a__", "a b", "é", "x" * 501, "a\n", "%"])
def test_an_id_that_is_none_is_refused_by_every_method(store: Store, id_: str) -> None:
    for attempt in (
        lambda: store.get(thing(id_)),
        lambda: store.get_many([thing("a"), thing(id_)]),
        lambda: store.commit([Create(thing(id_), {})]),
    ):
        with pytest.raises(ValueError, match="no document key"):
            attempt()


@pytest.mark.parametrize("collection", ["", "a/b", "__a__", "a.b", "a b"])
def test_a_collection_that_is_none_is_refused(store: Store, collection: str) -> None:
    with pytest.raises(ValueError, match="no document key"):
        store.get(Key(collection, "a"))


@pytest.mark.parametrize("id_", ["a", "A-Z_a.z:0~9", "x" * 500, "_", "__", "...", "-", "0"])
def test_an_id_of_the_allowed_characters_is_held(store: Store, id_: str) -> None:
    put(store, thing(id_), n=1)
    assert read(store, thing(id_)).key.id == id_


def test_the_same_key_twice_in_a_commit_is_refused(store: Store) -> None:
    document = put(store, thing("b"), n=1)
    twice: list[list[Write]] = [
        [Create(thing("a"), {}), Create(thing("a"), {})],
        [Create(thing("a"), {}), Increment(thing("a"), {"n": 1})],
        [Create(thing("a"), {}), Replace(thing("b"), document.version, {}), Increment(thing("b"), {"n": 1})],
    ]
    for writes in twice:
        with pytest.raises(ValueError, match="twice"):
            store.commit(writes)
    assert store.get(thing("a")) is None


def test_an_increment_needs_a_create_beside_it(store: Store) -> None:
    document = put(store, thing("a"), n=1)
    alone: list[list[Write]] = [
        [Increment(thing("sum"), {"n": 1})],
        [Replace(thing("a"), document.version, {}), Increment(thing("sum"), {"n": 1})],
    ]
    for writes in alone:
        with pytest.raises(ValueError, match="needs a Create"):
            store.commit(writes)


@pytest.mark.parametrize("by", [{}, {"n": 1.5}, {"n": True}, {"n": 2**63}, {"n": "1"}, {"": 1}])
def test_an_increment_adds_integers_alone(store: Store, by: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="sum"):
        store.commit([Create(thing("a"), {}), Increment(thing("sum"), by)])
    assert store.get(thing("a")) is None


def test_500_writes_are_a_commit_and_501_are_not(store: Store) -> None:
    writes = [Create(thing(f"t{n}"), {"n": n}) for n in range(MAX_COMMIT_WRITES)]
    with pytest.raises(ValueError, match="at most 500"):
        store.commit([*writes, Create(thing("one-more"), {})])
    store.commit(writes)
    found = store.get_many([write.key for write in writes])
    assert [document.data["n"] for document in found if document] == list(range(MAX_COMMIT_WRITES))


@pytest.mark.parametrize("filling", ["x", "é", "🦉"])
def test_a_document_of_the_full_size_is_held_and_a_byte_more_is_not(store: Store, filling: str) -> None:
    room = MAX_DOCUMENT_BYTES - len('{"text":""}')
    text = filling * (room // len(filling.encode())) + "." * (room % len(filling.encode()))
    document = put(store, thing("a"), text=text)
    assert document.data == {"text": text}
    with pytest.raises(ValueError, match="at most 1,000,000 fit"):
        store.commit([Replace(thing("a"), document.version, {"text": text + "x"})])


def test_a_document_full_of_rows_is_held(store: Store) -> None:
    rows = [[n, 1.5, "x" * 80, {"cells": [[None, True]]}] for n in range(8_000)]
    assert put(store, thing("a"), rows=rows).data == {"rows": rows}


def test_megabytes_are_a_commit_and_eleven_are_not(store: Store) -> None:
    text = "x" * 900_000
    with pytest.raises(ValueError, match="at most 10,000,000 bytes"):
        store.commit([Create(thing(f"t{n}"), {"text": text}) for n in range(12)])
    # The emulator takes messages of 4 MiB at most; Firestore itself takes 10.
    store.commit([Create(thing(f"t{n}"), {"text": text}) for n in range(4)])
    assert read(store, thing("t3")).data == {"text": text}


def test_many_are_read_in_the_order_asked(store: Store) -> None:
    store.commit([Create(thing(f"t{n}"), {"n": n}) for n in range(250)])
    put(store, Key("others", "t1"), n=-1)
    keys = [thing("t7"), thing("absent"), Key("others", "t1"), thing("t7"), thing("t1"), Key("none", "t1")]
    found = store.get_many(keys)
    assert [document and document.data["n"] for document in found] == [7, None, -1, 7, 1, None]
    assert store.get_many([]) == []
    keys = [thing(f"t{n}") for n in reversed(range(250))]
    assert [document.data["n"] for document in store.get_many(keys) if document] == list(reversed(range(250)))
