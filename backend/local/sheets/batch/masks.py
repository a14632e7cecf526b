"""The `fields` of an update request: which properties it writes."""

from __future__ import annotations

from typing import Any

from backend.local.sheets.errors import GoogleError, invalid
from backend.local.sheets.fields import Mask, parse
from backend.local.sheets.schema import schemas


def named(body: dict[str, Any], schema: str) -> Mask | None:
    """The mask of `body`'s `fields` against a schema; None for `*`. At least one field must be listed."""
    text = body.get("fields", "")
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    try:
        return parse(text, schemas(), schema)
    except GoogleError as error:
        raise invalid(f"Invalid field: {text}") from error
