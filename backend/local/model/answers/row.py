"""The row inside a user message: a JSON object, wherever in the message it stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

#: Of a long text only its beginning is looked at, and its end for the place; answers stay cheap.
EXAMINED = 600
_DECODER = json.JSONDecoder()
_FIELDS = ("company_name", "company_keywords", "company_short_description", "page_text", "website")
_TAG = re.compile(r"</?[a-z]+[-_][0-9A-Za-z]{4,64}>|<[^>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a company; every field may be empty."""

    name: str = ""
    keywords: str = ""
    description: str = ""
    page: str = ""

    @property
    def text(self) -> str:
        """The text that says what the company does: its description, else its page."""
        return self.description or self.page


def find(message: str) -> Row:
    """The row in a message; a message without one counts as a description."""
    at = message.find("{")
    while at >= 0:
        try:
            found, _ = _DECODER.raw_decode(message, at)
        except ValueError:
            found = None
        if isinstance(found, dict) and not found.keys().isdisjoint(_FIELDS):
            return _row(found)
        at = message.find("{", at + 1)
    return Row(description=_TAG.sub(" ", message).strip())


def _row(found: dict[str, Any]) -> Row:
    name, keywords, description, page, website = (
        value.strip() if isinstance(value := found.get(field), str) else "" for field in _FIELDS
    )
    return Row(name or website, keywords, description, page)
