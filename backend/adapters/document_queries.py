"""What every store of documents holds a question to, and the cursors that carry a list on.

Refusing on one machine what production has no index for is what keeps the declarations honest.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence

from backend.adapters.document_rules import COLLECTION, is_id, is_scalar
from backend.errors import Invalid
from backend.ports import Document, Json, Query

#: Fields of a query stand in SQL and in index files, so they are plain names.
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")


def ordered(query: Query) -> list[tuple[str, bool]]:
    """The ordered fields, each with whether it descends."""
    return [(name.removeprefix("-"), name.startswith("-")) for name in query.order]


def id_descends(query: Query) -> bool:
    """Equal orders are told apart by id, which runs the way of the last ordered field."""
    return bool(query.order) and query.order[-1].startswith("-")


def check_declared(queries: Sequence[Query]) -> frozenset[Query]:
    """The declarations as a set; ValueError when a field or collection could not stand in an index."""
    for query in queries:
        fields = [*query.equal, *(name for name, _ in ordered(query))]
        if not COLLECTION.fullmatch(query.collection) or not all(map(_FIELD.fullmatch, fields)):
            raise ValueError(f"{query} has a name that no index can hold")
        if len(set(fields)) != len(fields):
            raise ValueError(f"{query} names a field twice")
    return frozenset(queries)


def check_asked(
    declared: frozenset[Query],
    query: Query,
    values: Mapping[str, Json] | None,
    low: Json = None,
    high: Json = None,
) -> list[Json]:
    """The values of `query.equal` in its order; ValueError for what production could not answer."""
    if query not in declared:
        raise ValueError(f"{query} is not declared, so production has no index for it")
    given = dict(values or {})
    if set(given) != set(query.equal):
        raise ValueError(f"{query} takes values for {list(query.equal)}, not for {sorted(given)}")
    for name, value in given.items():
        if not is_scalar(value):
            raise ValueError(f"{query} cannot compare {name!r} with {value!r}")
    bounds = {_kind(bound) for bound in (low, high) if bound is not None}
    if bounds and not query.order:
        raise ValueError(f"{query} has no order for a bound to apply to")
    if len(bounds) > 1 or not bounds <= {"number", "text"}:
        raise ValueError(f"the bounds {low!r} and {high!r} must be two numbers or two strings")
    return [given[name] for name in query.equal]


def check_summed(query: Query, field: str) -> None:
    """ValueError unless the index of `query` holds `field`: Firestore sums what the index holds, no more."""
    if field not in {name for name, _ in ordered(query)}:
        raise ValueError(f"{query} cannot be summed by {field!r}: declare it with {field!r} in its order")


def _kind(value: Json) -> str:
    if isinstance(value, str):
        return "text"
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and is_scalar(value)
    return "number" if is_number else "other"


def check_limit(limit: int) -> None:
    """ValueError unless `limit` is a page's size."""
    if limit < 1:
        raise ValueError(f"a page holds at least 1 document, not {limit}")


def cursor_after(query: Query, document: Document) -> str:
    """The place right after `document`: its ordered values and its id, as URL-safe text."""
    place = [*(document.data[name] for name, _ in ordered(query)), document.key.id]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(query: Query, cursor: str) -> list[Json]:
    """What `cursor_after` put in. People hand cursors back, so anything else raises `Invalid`."""
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True))
        json.dumps(place, ensure_ascii=False).encode()
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _foreign_cursor() from error
    if not isinstance(place, list) or len(place) != len(query.order) + 1:
        raise _foreign_cursor()
    if not all(map(is_scalar, place)) or not isinstance(place[-1], str) or not is_id(place[-1]):
        raise _foreign_cursor()
    return place


def _foreign_cursor() -> Invalid:
    sentence = "This cursor does not belong to this list; ask for the first page again."
    return Invalid(sentence, {"cursor": sentence})
