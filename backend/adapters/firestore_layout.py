"""How a document lies in Firestore, and how it is read back exactly as it was written.

data        a map of the top-level scalars, as Firestore's own types: what queries, sums and increments use
json        a map of the top-level lists and objects, each as JSON text: Firestore forbids arrays in arrays,
            limits depth and indexes every leaf, and none of that is wanted for what nobody queries
expires_at  a timestamp for the TTL policy, or null
commit      random for each commit. Firestore leaves `update_time`, our version, as it was when a write
            changes nothing; this field sees to it that every write changes something
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.firestore import DocumentSnapshot, Increment

from backend.ports import Data, Document, Json, Key

DATA = "data"
JSON = "json"
EXPIRES_AT = "expires_at"
COMMIT = "commit"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def field_path(name: str) -> str:
    """Where a queried field stands. `name` is a plain name, so nothing needs quoting."""
    return f"{DATA}.{name}"


def stored(data: Data, expires_at: float | None, commit: str) -> dict[str, Any]:
    """The whole document: each of the four fields is present, so an update of them replaces everything."""
    nested = {name: value for name, value in data.items() if isinstance(value, (list, tuple, dict))}
    return {
        DATA: {name: value for name, value in data.items() if name not in nested},
        JSON: {name: _json(value) for name, value in nested.items()},
        EXPIRES_AT: None if expires_at is None else _timestamp(expires_at),
        COMMIT: commit,
    }


def increments(by: Mapping[str, int], commit: str) -> dict[str, Any]:
    """The fields of a merging write that adds, and touches nothing else."""
    return {DATA: {name: Increment(amount) for name, amount in by.items()}, COMMIT: commit}


def document(key: Key, snapshot: DocumentSnapshot[Any]) -> Document:
    """What `stored` and `increments` have made of the document, from a snapshot that exists."""
    fields = snapshot.to_dict() or {}
    nested = {name: json.loads(text) for name, text in fields.get(JSON, {}).items()}
    # An increment of a list or an object starts a number beside it, and the number counts.
    data = nested | fields.get(DATA, {})
    return Document(key, data, snapshot.update_time.rfc3339(), expiry(fields.get(EXPIRES_AT)))


def expiry(timestamp: datetime | None) -> float | None:
    """Unix seconds of a stored `expires_at`, to the microsecond."""
    return None if timestamp is None else (timestamp - _EPOCH) // timedelta(microseconds=1) / 1_000_000


def _timestamp(unix_s: float) -> datetime:
    return _EPOCH + timedelta(microseconds=round(unix_s * 1_000_000))


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
