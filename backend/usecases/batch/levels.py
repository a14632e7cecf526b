"""How many calls at once a key and model took last: kept, so that the next process begins there."""

from __future__ import annotations

from backend.errors import Conflict, TryLater
from backend.ports import Create, Documents, Key, Replace

#: A level that differs by less is not worth a write.
WORTH = 0.1


def last_level(documents: Documents, key: Key) -> float | None:
    document = documents.get(key)
    return float(document.data["in_flight"]) if document else None


def keep_level(documents: Documents, key: Key, level: float) -> None:
    """One that is lost to a race or to a busy store only makes a start a little slower."""
    document = documents.get(key)
    data = {"in_flight": round(level)}
    if document and abs(document.data["in_flight"] - level) < WORTH * level:
        return
    try:
        documents.commit([Replace(key, document.version, data) if document else Create(key, data)])
    except (Conflict, TryLater):
        return
