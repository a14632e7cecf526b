"""What comes in, before it is believed: JSON without tricks, of one type, within a size.

Parsers differ about repeated keys, NaN and half characters, and what one of them lets pass may mean
something else to the next. All of that is refused here, once, with a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from gunicorn.http.errors import ParseException
from pydantic import BaseModel, ValidationError

from backend.entrypoints.payloads.base import Nothing
from backend.errors import Invalid, Rejected, TooLarge, Unsupported

BODY_BYTES = 1024 * 1024
#: Objects and lists within each other; nothing we take goes deeper than three.
DEPTH = 20
IDEMPOTENCY_KEY_CHARS = 200


def body(model: type[BaseModel] | None, most_bytes: int) -> BaseModel | None:
    """The body as the model; for a route that takes none, nothing but an empty object is let in."""
    raw = whole(most_bytes)
    if model is None and not raw:
        return None
    if request.mimetype != "application/json":
        raise Unsupported("The body has to be JSON, sent as application/json.")
    _check(raw or b"{}")
    try:
        return (model or Nothing).model_validate_json(raw or b"{}", strict=True)
    except ValidationError as error:
        raise _invalid(error) from error


def whole(most_bytes: int) -> bytes:
    """The body as it came; raises `TooLarge`, where possible unread, and `Rejected` for half a body."""
    # A body that comes in chunks has no length, and werkzeug cuts it off at the limit without a word: so the
    # limit lies a byte higher, and that byte tells.
    request.max_content_length = most_bytes + 1
    if (request.content_length or 0) <= most_bytes:
        try:
            raw = request.get_data()
        except (ParseException, OSError) as error:
            raise Rejected("The body did not arrive whole.") from error
        # gunicorn ends a body quietly where its connection ends: half a file must not be taken for one.
        if request.content_length is not None and len(raw) < request.content_length:
            raise Rejected("The body did not arrive whole. Send it again.")
        if len(raw) <= most_bytes:
            return raw
    raise TooLarge(f"The body is larger than {most_bytes // 1024:,} KB.")


def query(model: type[BaseModel]) -> BaseModel:
    """The query as the model; each name at most once."""
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if len(given) > 1:
            raise Invalid(f"{name} is given more than once.", {name: "once"})
        if "\0" in name or "\0" in given[0]:
            raise Invalid(f"{name!r} holds a NUL character.", {"query": "NUL"})
        values[name] = given[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _invalid(error) from error


def idempotency_key() -> str | None:
    """The header by which a creating call may be repeated; raises `Invalid`."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= IDEMPOTENCY_KEY_CHARS:
        raise Invalid(f"An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARS} characters.")
    return key


def _check(raw: bytes) -> None:
    """Raises `Invalid` for what two parsers could read in two ways, or a store could not keep."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unrepeated, parse_constant=_refused)
        _walk(value, DEPTH)
    except RecursionError:
        raise _not_json("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise _not_json("it is not UTF-8") from None
    except ValueError as error:
        raise _not_json(str(error) if isinstance(error, _Trick) else "it is not well-formed") from None


class _Trick(ValueError):
    """Well-formed, and refused all the same; the message says why."""


def _unrepeated(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Trick("it names a field twice")
    return found


def _refused(name: str) -> Any:
    raise _Trick(f"{name} is no number of JSON")


def _walk(value: Any, depth: int) -> None:
    if depth < 0:
        raise _Trick("it is nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _walk(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, depth - 1)


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _Trick("a text of it holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Trick("a text of it holds half a character") from None


def _not_json(why: str) -> Invalid:
    return Invalid(f"The body is no JSON that can be taken: {why}.", {"body": why})


def _invalid(error: ValidationError) -> Invalid:
    fields = {".".join(map(str, e["loc"])) or "body": e["msg"] for e in error.errors(include_input=False)}
    first = next(iter(fields.items()))
    return Invalid(f"{first[0]}: {first[1]}", fields)
