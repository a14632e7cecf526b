"""Creating calls that may be repeated: a key is written in the commit that creates, with what it made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from backend.errors import Conflict, Invalid, Rejected
from backend.ports import Clock, Create, Documents, Json, Key, Person, Write

#: A repeated creating call gives the first answer for so long.
KEPT_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call would create: the ids that it answers with, and the writes."""

    ids: list[str]
    writes: list[Write]


def idempotency_key(person: Person, route: str, key: str) -> Key:
    """A key is its user's own, and the route's."""
    return Key("idempotency", hashlib.sha256(f"{person.sub}|{route}|{key}".encode()).hexdigest())


def create_once(
    key: Key | None, asked: Json, plan: Callable[[], Plan], *, documents: Documents, clock: Clock
) -> list[str]:
    """Commits the plan; gives its ids, or those of the first call with this key.

    `asked` is all that makes two calls the same. Raises `Invalid` when the key was used for something else,
    and what `plan` raises.
    """
    if key is None:
        planned = plan()
        documents.commit(planned.writes)
        return planned.ids
    body = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    if (first := _first_ids(documents, key, body)) is not None:
        return first
    try:
        planned = plan()
        note = Create(key, {"body": body, "ids": planned.ids}, clock.now() + KEPT_S)
        documents.commit([*planned.writes, note])
    except (Rejected, Conflict):
        # The same call may have come through meanwhile: then what stands in the way is what it created.
        if (first := _first_ids(documents, key, body)) is not None:
            return first
        raise
    return planned.ids


def _first_ids(documents: Documents, key: Key, body: str) -> list[str] | None:
    document = documents.get(key)
    if document is None:
        return None
    if document.data["body"] != body:
        raise Invalid("This Idempotency-Key was used for another request. Use a new one.")
    ids: list[str] = document.data["ids"]
    return ids
