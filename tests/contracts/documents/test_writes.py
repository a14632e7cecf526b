"""The four conditional writes: what each does, what each refuses, and that a commit is all or nothing."""

from __future__ import annotations

import pytest

from backend.errors import Conflict
from backend.ports import Create, Delete, Increment, Key, Replace, Write
from tests.contracts.documents.shelf import Store, change, put, read, thing


def test_a_created_document_is_read_back_as_it_was_written(store: Store) -> None:
    document = put(store, thing("a"), name="Ada", size=3)
    assert document.key == thing("a")
    assert document.data == {"name": "Ada", "size": 3}
    assert document.expires_at is None


def test_what_was_never_written_is_absent(store: Store) -> None:
    assert store.get(thing("a")) is None


def test_collections_do_not_share_ids(store: Store) -> None:
    put(store, Key("things", "a"), of="things")
    put(store, Key("others", "a"), of="others")
    assert read(store, Key("things", "a")).data == {"of": "things"}


def test_create_refuses_what_exists(store: Store) -> None:
    put(store, thing("a"), n=1)
    with pytest.raises(Conflict):
        store.commit([Create(thing("a"), {"n": 2})])
    assert read(store, thing("a")).data == {"n": 1}


def test_replace_leaves_nothing_of_what_was_there(store: Store) -> None:
    document = put(store, thing("a"), old=1, both=1, nested={"old": 1}, rows=[1])
    assert change(store, document, both=2, nested={"new": 2}).data == {"both": 2, "nested": {"new": 2}}


def test_replace_refuses_a_version_that_is_no_more(store: Store) -> None:
    first = put(store, thing("a"), n=1)
    change(store, first, n=2)
    with pytest.raises(Conflict):
        store.commit([Replace(thing("a"), first.version, {"n": 3})])
    assert read(store, thing("a")).data == {"n": 2}


def test_replace_refuses_what_is_absent(store: Store) -> None:
    document = put(store, thing("a"), n=1)
    store.commit([Delete(thing("a"), document.version)])
    with pytest.raises(Conflict):
        store.commit([Replace(thing("a"), document.version, {"n": 2})])
    assert store.get(thing("a")) is None


def test_replacing_with_the_same_data_still_changes_the_version(store: Store) -> None:
    first = put(store, thing("a"), n=1)
    second = change(store, first, n=1)
    assert second.version != first.version
    with pytest.raises(Conflict):
        store.commit([Replace(thing("a"), first.version, {"n": 1})])


def test_delete_removes_the_version_that_was_read(store: Store) -> None:
    document = put(store, thing("a"), n=1)
    store.commit([Delete(thing("a"), document.version)])
    assert store.get(thing("a")) is None


def test_delete_refuses_a_version_that_is_no_more(store: Store) -> None:
    first = put(store, thing("a"), n=1)
    change(store, first, n=2)
    with pytest.raises(Conflict):
        store.commit([Delete(thing("a"), first.version)])
    assert read(store, thing("a")).data == {"n": 2}


def test_delete_refuses_what_is_absent(store: Store) -> None:
    document = put(store, thing("a"), n=1)
    store.commit([Delete(thing("a"), document.version)])
    with pytest.raises(Conflict):
        store.commit([Delete(thing("a"), document.version)])


@pytest.mark.parametrize("version", ["", "0", "x", "1.5", "2026-01-02T03:04:05.678901Z", "-1", "9" * 30])
def test_a_version_that_never_was_is_a_conflict(store: Store, version: str) -> None:
    put(store, thing("a"), n=1)
    with pytest.raises(Conflict):
        store.commit([Replace(thing("a"), version, {"n": 2})])
    with pytest.raises(Conflict):
        store.commit([Delete(thing("a"), version)])
    assert read(store, thing("a")).data == {"n": 1}


def test_increment_starts_absent_documents_and_fields_at_zero(store: Store) -> None:
    store.commit([Create(thing("1"), {}), Increment(thing("sum"), {"done": 2, "failed": 0})])
    store.commit([Create(thing("2"), {}), Increment(thing("sum"), {"done": -5, "cost": 7})])
    assert read(store, thing("sum")).data == {"done": -3, "failed": 0, "cost": 7}


def test_increment_leaves_the_other_fields_alone(store: Store) -> None:
    put(store, thing("sum"), name="Ada", rows=[[1], [2]], n=1, **{"a.b": 1, "`c": {"n": 1}})
    store.commit([Create(thing("1"), {}), Increment(thing("sum"), {"n": 1, "a.b": 1})])
    assert read(store, thing("sum")).data == {
        "name": "Ada",
        "rows": [[1], [2]],
        "n": 2,
        "a.b": 2,
        "`c": {"n": 1},
    }


def test_increment_takes_over_what_is_no_integer_as_firestore_does(store: Store) -> None:
    put(store, thing("sum"), text="5", truth=True, nothing=None, half=1.5, rows=[1])
    fields = dict.fromkeys(["text", "truth", "nothing", "half", "rows"], 2)
    store.commit([Create(thing("1"), {}), Increment(thing("sum"), fields)])
    assert read(store, thing("sum")).data == {"text": 2, "truth": 2, "nothing": 2, "half": 3.5, "rows": 2}


def test_increment_ends_at_64_bits(store: Store) -> None:
    put(store, thing("sum"), up=2**63 - 2, down=-(2**63) + 1)
    store.commit([Create(thing("1"), {}), Increment(thing("sum"), {"up": 5, "down": -5})])
    assert read(store, thing("sum")).data == {"up": 2**63 - 1, "down": -(2**63)}


def test_increment_changes_the_version_even_by_zero(store: Store) -> None:
    before = put(store, thing("sum"), n=1)
    store.commit([Create(thing("1"), {}), Increment(thing("sum"), {"n": 0})])
    after = read(store, thing("sum"))
    assert after.data == before.data
    assert after.version != before.version


def test_a_commit_repeated_after_an_ambiguous_timeout_counts_nothing_twice(store: Store) -> None:
    writes: list[Write] = [Create(thing("result-1"), {"rows": 7}), Increment(thing("progress"), {"done": 7})]
    store.commit(writes)
    with pytest.raises(Conflict):
        store.commit(writes)
    assert read(store, thing("progress")).data == {"done": 7}


def test_one_condition_that_fails_undoes_the_whole_commit(store: Store) -> None:
    kept, replaced, deleted = (put(store, thing(name), n=1) for name in ("kept", "replaced", "deleted"))
    writes: list[Write] = [
        Create(thing("new"), {}),
        Increment(thing("sum"), {"n": 1}),
        Replace(thing("replaced"), replaced.version, {"n": 2}),
        Delete(thing("deleted"), deleted.version),
    ]
    for refused in (Create(thing("kept"), {}), Replace(thing("absent"), kept.version, {})):
        for order in ([*writes, refused], [refused, *writes]):
            with pytest.raises(Conflict):
                store.commit(order)
    assert [store.get(thing(name)) for name in ("new", "sum", "absent")] == [None, None, None]
    assert [store.get(thing(name)) for name in ("kept", "replaced", "deleted")] == [kept, replaced, deleted]
    store.commit(writes)
    assert store.get_many([thing("new"), thing("deleted")])[1] is None
    assert read(store, thing("sum")).data == {"n": 1}


def test_a_commit_gives_the_versions_that_it_made(store: Store) -> None:
    replaced, deleted = put(store, thing("replaced"), n=1), put(store, thing("deleted"), n=1)
    versions = store.commit(
        [
            Create(thing("new"), {}),
            Increment(thing("sum"), {"n": 1}),
            Replace(thing("replaced"), replaced.version, {"n": 1}),
            Delete(thing("deleted"), deleted.version),
        ]
    )
    assert versions == [read(store, thing("new")).version, "", read(store, thing("replaced")).version, ""]


def test_a_chain_of_replaces_needs_no_reads(store: Store) -> None:
    (version,) = store.commit([Create(thing("a"), {"n": 0})])
    for n in range(1, 6):
        (version,) = store.commit([Replace(thing("a"), version, {"n": n})])
    assert read(store, thing("a")).data == {"n": 5}


def test_a_commit_of_nothing_does_nothing(store: Store) -> None:
    assert store.commit([]) == []


def test_versions_are_never_given_twice(store: Store) -> None:
    seen: list[str] = []
    for n in range(5):
        document = put(store, thing("a"), n=0)
        seen.append(document.version)
        document = change(store, document, n=0)
        seen.append(document.version)
        store.commit([Create(thing(f"beside-{n}"), {}), Increment(thing("a"), {"n": 1})])
        document = read(store, thing("a"))
        seen.append(document.version)
        store.commit([Delete(thing("a"), document.version)])
    assert len(set(seen)) == 15
    put(store, thing("a"), n=0)
    for version in seen:
        with pytest.raises(Conflict):
            store.commit([Delete(thing("a"), version)])


def test_a_version_stays_while_nobody_writes(store: Store) -> None:
    document = put(store, thing("a"), n=1)
    put(store, thing("b"), n=1)
    assert read(store, thing("a")) == document
