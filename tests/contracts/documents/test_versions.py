"""A commit gives the new versions, so that a chain of replaces needs no read in between."""

from __future__ import annotations

from backend.ports import Create, Delete, Increment, Replace
from tests.contracts.documents.shelf import Store, thing


def test_the_versions_of_a_commit_are_those_that_a_read_gives(store: Store) -> None:
    lease, progress, event = thing("a"), thing("b"), thing("c")
    versions = store.commit([Create(lease, {"n": 1}), Increment(progress, {"done": 2}), Create(event, {})])
    found = store.get_many([lease, event])
    assert [versions[0], versions[2]] == [document.version for document in found if document]
    assert versions[1] == ""


def test_a_chain_of_replaces_goes_on_by_the_versions_given(store: Store) -> None:
    key = thing("d")
    (version,) = store.commit([Create(key, {"n": 0})])
    for n in range(1, 4):
        (version,) = store.commit([Replace(key, version, {"n": n})])
    assert store.commit([Delete(key, version)]) == [""]
    assert store.get(key) is None
