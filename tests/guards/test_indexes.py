"""The indexes that are deployed are those that the declared queries need: Google's emulator never asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.adapters.firestore_indexes import index_file
from backend.ports import Query
from backend.usecases import records

FILE = Path(__file__).parents[2] / "infra" / "firestore.indexes.json"
REMEDY = "run: python -m backend.adapters.firestore_indexes > infra/firestore.indexes.json"


def differences(file: dict[str, Any], queries: tuple[Query, ...], expiring: tuple[str, ...]) -> list[str]:
    """What the declarations need and the file lacks, and what stands in it unused."""
    needed = index_file(queries, expiring)
    found = []
    for part in ("indexes", "fieldOverrides"):
        has, needs = ({json.dumps(entry, sort_keys=True) for entry in c[part]} for c in (file, needed))
        found += [f"missing in {part}: {entry}" for entry in sorted(needs - has)]
        found += [f"unused in {part}: {entry}" for entry in sorted(has - needs)]
    return found


def test_the_file_has_what_the_declarations_need_and_no_more() -> None:
    found = differences(json.loads(FILE.read_text()), records.QUERIES, records.EXPIRING)
    assert not found, "\n".join([*found, REMEDY])


@pytest.mark.parametrize("n", range(len(index_file(records.QUERIES, records.EXPIRING)["indexes"])))
def test_a_missing_index_is_noticed(n: int) -> None:
    file = index_file(records.QUERIES, records.EXPIRING)
    del file["indexes"][n]
    (missing,) = differences(file, records.QUERIES, records.EXPIRING)
    assert missing.startswith("missing in indexes")


def test_an_index_that_nobody_needs_is_noticed() -> None:
    extra = Query("jobs", ("nobody_asks",), ("created_at",))
    file = index_file((*records.QUERIES, extra), records.EXPIRING)
    (unused,) = differences(file, records.QUERIES, records.EXPIRING)
    assert unused.startswith("unused in indexes")


def test_a_collection_that_expires_needs_its_ttl_policy() -> None:
    file = index_file(records.QUERIES, records.EXPIRING[1:])
    assert any("ttl" in each for each in differences(file, records.QUERIES, records.EXPIRING))


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (Query("c"), None),
        (Query("c", ("a",)), None),
        (Query("c", ("a", "b")), None),
        (Query("c", (), ("a",)), None),
        (Query("c", (), ("-a",)), None),
        (Query("c", ("a",), ("b",)), ["data.a ASCENDING", "data.b ASCENDING"]),
        (Query("c", ("a", "b"), ("-c",)), ["data.a ASCENDING", "data.b ASCENDING", "data.c DESCENDING"]),
        (Query("c", (), ("a", "-b")), ["data.a ASCENDING", "data.b DESCENDING"]),
    ],
    ids=str,
)
def test_only_an_order_beside_other_fields_needs_an_index(query: Query, fields: list[str] | None) -> None:
    indexes = index_file((query,), ())["indexes"]
    assert indexes == (
        []
        if fields is None
        else [
            {
                "collectionGroup": "c",
                "queryScope": "COLLECTION",
                "fields": [dict(zip(("fieldPath", "order"), field.split(), strict=True)) for field in fields],
            }
        ]
    )
