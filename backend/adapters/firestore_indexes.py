"""What Firestore must be told before it answers: `infra/firestore.indexes.json`, from our declarations.

The format is the one that the Firebase CLI deploys (and exports). Written by
`python -m backend.adapters.firestore_indexes > infra/firestore.indexes.json`; a test holds the two together.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from backend.adapters.document_queries import ordered
from backend.adapters.firestore_layout import EXPIRES_AT, JSON, field_path
from backend.ports import Query
from backend.usecases import records


def index_file(queries: Sequence[Query], expiring: Sequence[str]) -> dict[str, Any]:
    """The composite indexes that `queries` need, a TTL policy for each expiring collection, and exemptions.

    What is stored as JSON text is exempt from indexing, since nothing ever asks for it, and so is
    `expires_at`, whose ever growing values would slow down an index.
    """
    composite = {json.dumps(_index(query)): _index(query) for query in queries if needs_index(query)}
    collections = {query.collection for query in queries} | set(expiring)
    overrides = [_override(name, EXPIRES_AT, ttl=True) for name in expiring]
    overrides += [_override(name, JSON) for name in collections]
    return {
        "indexes": [composite[text] for text in sorted(composite)],
        "fieldOverrides": sorted(overrides, key=lambda o: (o["collectionGroup"], o["fieldPath"])),
    }


def needs_index(query: Query) -> bool:
    """Firestore indexes each field by itself and merges these for equalities; an order beside needs more."""
    return bool(query.order) and len(query.equal) + len(query.order) > 1


def text(content: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(content, indent=2) + "\n"


def _index(query: Query) -> dict[str, Any]:
    directions: Iterable[tuple[str, bool]] = [*((name, False) for name in query.equal), *ordered(query)]
    return {
        "collectionGroup": query.collection,
        "queryScope": "COLLECTION",
        "fields": [
            {"fieldPath": field_path(name), "order": "DESCENDING" if descends else "ASCENDING"}
            for name, descends in directions
        ],
    }


def _override(collection: str, path: str, *, ttl: bool = False) -> dict[str, Any]:
    return {"collectionGroup": collection, "fieldPath": path, **({"ttl": True} if ttl else {}), "indexes": []}


if __name__ == "__main__":
    sys.stdout.write(text(index_file(records.QUERIES, records.EXPIRING)))
