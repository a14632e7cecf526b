"""Google's `fields` masks: `a,b(c,d),e/f,g.h,*` parsed, checked against the answer's schema, applied."""

from __future__ import annotations

import re
from typing import Any

from backend.local.sheets.errors import GoogleError, malformed
from backend.local.sheets.schema import Schemas

#: What is wanted below a name; None is everything.
Mask = dict[str, "Mask | None"]

_TOKEN = re.compile(r"\s*([A-Za-z0-9_$*]+|[(),./])")


def parse(text: str, schemas: Schemas, schema: str) -> Mask | None:
    """The mask, or None when everything is wanted; raises Google's 400 for a path that does not exist."""
    mask = _Parser(text).mask()
    for path in _paths(mask, ()):
        if not schemas.has(schema, path):
            raise _refusal(".".join(path))
    return None if "*" in mask else mask


def _paths(mask: Mask, before: tuple[str, ...]) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, below in mask.items():
        here = (*before, name)
        paths += [here] if below is None else _paths(below, here)
    return paths


def _refusal(path: str) -> GoogleError:
    return malformed(
        "Request contains an invalid argument.",
        path,
        f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'.",
    )


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise _refusal(text)
            self.tokens.append(match[1])
            place = match.end()
        self.at = 0

    def mask(self) -> Mask:
        mask = self._list()
        if self.at != len(self.tokens) or not mask:
            raise _refusal(self.text)
        return mask

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _list(self) -> Mask:
        mask: Mask = {}
        while True:
            self._path(mask)
            if self._peek() != ",":
                return mask
            self.at += 1

    def _path(self, into: Mask) -> None:
        name = self._peek()
        if not re.match(r"[A-Za-z0-9_$*]", name):
            raise _refusal(self.text)
        self.at += 1
        below: Mask | None = None
        if self._peek() in (".", "/"):
            self.at += 1
            below = {}
            self._path(below)
        elif self._peek() == "(":
            self.at += 1
            below = self._list()
            if self._peek() != ")":
                raise _refusal(self.text)
            self.at += 1
        _add(into, name, below)


def _add(into: Mask, name: str, below: Mask | None) -> None:
    if name not in into:
        into[name] = below
        return
    old = into[name]
    if old is None or below is None:
        into[name] = None
        return
    for inner, deeper in below.items():
        _add(old, inner, deeper)


def below(mask: Mask | None, name: str) -> tuple[bool, Mask | None]:
    """Whether `name` is wanted, and the mask for what is inside it."""
    if mask is None or "*" in mask:
        return True, None
    return (True, mask[name]) if name in mask else (False, None)


def project(mask: Mask | None, value: Any) -> Any:
    """The value with only what the mask wants, in the value's own order."""
    if mask is None or "*" in mask:
        return value
    if isinstance(value, list):
        return [project(mask, item) for item in value]
    if isinstance(value, dict):
        return {name: project(mask[name], item) for name, item in value.items() if name in mask}
    return value
