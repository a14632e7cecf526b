"""What every store of documents holds its callers to, so that what passes on one passes on the other.

The sizes are Firestore's (a document 1 MiB, a commit 10 MiB and 500 writes) less room for its own names
and framing, counted over the JSON text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence

from backend.ports import Create, Data, Delete, Increment, Json, Key, Replace, Write

MAX_DOCUMENT_BYTES = 1_000_000
MAX_COMMIT_BYTES = 10_000_000
MAX_COMMIT_WRITES = 500
#: Firestore's limit is 1,500 for the whole path of a field, in which ours stand below one of its own.
MAX_FIELD_BYTES = 1_000

COLLECTION = re.compile(r"[A-Za-z0-9_-]{1,100}")
ID = re.compile(r"[A-Za-z0-9_.:~-]{1,500}")
#: Firestore keeps these for itself.
_RESERVED = re.compile(r"\.\.?|__.*__", re.DOTALL)
_INT64 = range(-(2**63), 2**63)
#: Unix seconds; timestamps end here.
_YEAR_10000 = 253_402_300_800


def check_key(key: Key) -> None:
    """ValueError unless both stores can hold a document of this key."""
    for name, pattern in ((key.collection, COLLECTION), (key.id, ID)):
        if not _is_name(name, pattern):
            raise ValueError(
                f"{key} is no document key: {name!r} is empty, too long or has a character too many"
            )


def is_id(text: str) -> bool:
    """Whether a document may have this id."""
    return _is_name(text, ID)


def _is_name(text: str, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.fullmatch(text)) and not _RESERVED.fullmatch(text)


def check_writes(writes: Sequence[Write], expiring: Iterable[str]) -> list[str]:
    """The JSON text of each write's data ("" for those without); ValueError for what no store may accept.

    `expiring` names the collections whose documents may expire: Firestore sweeps only those declared.
    """
    if len(writes) > MAX_COMMIT_WRITES:
        raise ValueError(f"a commit holds at most {MAX_COMMIT_WRITES} writes, not {len(writes)}")
    seen: set[Key] = set()
    for write in writes:
        check_key(write.key)
        if write.key in seen:
            raise ValueError(f"{write.key} is written twice in one commit")
        seen.add(write.key)
    kinds = {type(write) for write in writes}
    if Increment in kinds and Create not in kinds:
        raise ValueError("an Increment needs a Create beside it, or a repeated commit would count twice")
    texts = [_text(write, expiring) for write in writes]
    size = sum(len(text.encode()) for text in texts)
    if size > MAX_COMMIT_BYTES:
        raise ValueError(f"a commit holds at most {MAX_COMMIT_BYTES:,} bytes of JSON, not {size:,}")
    return texts


def _text(write: Write, expiring: Iterable[str]) -> str:
    match write:
        case Delete():
            return ""
        case Increment():
            _check_increment(write)
            return ""
        case Create() | Replace():
            if write.expires_at is not None:
                _check_expiry(write.key, write.expires_at, expiring)
            return encode(write.key, write.data)


def _check_expiry(key: Key, expires_at: float, expiring: Iterable[str]) -> None:
    if key.collection not in expiring:
        raise ValueError(f"{key} may not expire: its collection is not declared as expiring")
    if not 0 <= expires_at < _YEAR_10000:
        raise ValueError(f"{key} cannot expire at {expires_at}: that is no Unix time in seconds")


def _check_increment(write: Increment) -> None:
    if not write.by:
        raise ValueError(f"the Increment of {write.key} names no field")
    for name, by in write.by.items():
        _check_field(write.key, name)
        if type(by) is not int or by not in _INT64:
            raise ValueError(f"{write.key} field {name!r} can only grow by a 64-bit integer, not {by!r}")


def encode(key: Key, data: Data) -> str:
    """`data` as compact JSON text (tuples become lists); ValueError for what JSON or the size forbids."""
    for name, value in data.items():
        _check_field(key, name)
        _check_value(key, name, value)
    text = json.dumps(dict(data), ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > MAX_DOCUMENT_BYTES:
        raise ValueError(f"{key} holds {size:,} bytes of JSON; at most {MAX_DOCUMENT_BYTES:,} fit")
    return text


def _check_field(key: Key, name: str) -> None:
    if (
        not isinstance(name, str)
        or not name
        or len(name.encode()) > MAX_FIELD_BYTES
        or _RESERVED.fullmatch(name)
    ):
        raise ValueError(f"{key} cannot have a field called {name!r}")


def _check_value(key: Key, name: str, value: Json) -> None:
    """`json.dumps` would let these pass and change them: NaN, huge integers, keys that are not strings."""
    if is_scalar(value):
        return
    if isinstance(value, (list, tuple)):
        for item in value:
            _check_value(key, name, item)
    elif isinstance(value, dict):
        for inner, item in value.items():
            if not isinstance(inner, str):
                raise ValueError(f"{key} field {name!r} holds an object with the key {inner!r}")
            _check_value(key, name, item)
    else:
        raise ValueError(f"{key} field {name!r} holds {value!r}, which is not JSON of 64 bits")


def is_scalar(value: Json) -> bool:
    """Whether it is null, a bool, a string, an integer within 64 bits or a finite float."""
    if value is None or isinstance(value, (str, bool)):
        return True
    if isinstance(value, int):
        return value in _INT64
    return isinstance(value, float) and math.isfinite(value)


def increased(value: Json, by: int) -> int | float:
    """A field after an Increment, as Firestore has it: what is no number starts at 0; 64 bits are the end."""
    if isinstance(value, float):
        return value + by
    start = value if type(value) is int else 0
    return min(max(start + by, _INT64.start), _INT64.stop - 1)


def whole_microseconds(expires_at: float | None) -> float | None:
    """What Firestore's timestamps keep of a time."""
    return None if expires_at is None else round(expires_at, 6)
