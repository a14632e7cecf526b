"""Fills a JSON schema: the fields it asks for, in its types, within its limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from backend.local.model.answers import brand, question, row, trade

#: `$ref` may turn back on itself; deeper than this the optional parts are left empty.
_DEPTH = 12


@dataclass
class Answer:
    """What can be said of one row; each part is worked out when a field first asks for it."""

    found: row.Row
    number: int  #: a whole number made from the prompt: varies what may vary

    @cached_property
    def brand(self) -> str:
        return brand.brand(self.found.name) if self.found.name else "Unnamed Company"

    @cached_property
    def trade(self) -> trade.Trade:
        return trade.trade(self.found, self.brand)

    @cached_property
    def question(self) -> str:
        return question.question(self.found, self.trade, self.brand, self.number)

    def field(self, name: str) -> str:
        """The text for a field by its name."""
        lower = name.lower()
        if "question" in lower:
            return self.question
        if "brand" in lower or "name" in lower:
            return self.brand
        if "place" in lower or "location" in lower or "city" in lower:
            return question.place_of(self.found)
        return self.trade.category


def fill(schema: dict[str, Any], answer: Answer) -> Any:
    """A value that the schema allows."""
    return _value(schema, "answer", answer, schema, 0)


def _value(node: dict[str, Any], name: str, answer: Answer, root: dict[str, Any], depth: int) -> Any:
    if "$ref" in node:
        node = _resolved(str(node["$ref"]), root)
    if "const" in node:
        return node["const"]
    if node.get("enum"):
        return node["enum"][answer.number % len(node["enum"])]
    if "anyOf" in node:
        branches = node["anyOf"]
        if depth > _DEPTH:
            branches = [b for b in branches if b.get("type") == "null"] or branches
        return _value(branches[0], name, answer, root, depth + 1)
    kind = node.get("type")
    if isinstance(kind, list):
        kind = "null" if depth > _DEPTH and "null" in kind else kind[0]
    return _MAKERS.get(str(kind), _text)(node, name, answer, root, depth)


def _resolved(ref: str, root: dict[str, Any]) -> dict[str, Any]:
    node: Any = root
    for step in ref.removeprefix("#").strip("/").split("/") if ref != "#" else ():
        node = node[step]
    found: dict[str, Any] = node
    return found


def _object(node: dict[str, Any], _name: str, answer: Answer, root: dict[str, Any], depth: int) -> Any:
    return {
        key: _value(child, key, answer, root, depth + 1) for key, child in node.get("properties", {}).items()
    }


def _array(node: dict[str, Any], name: str, answer: Answer, root: dict[str, Any], depth: int) -> Any:
    fewest = node.get("minItems", 0 if depth > _DEPTH else 1)
    return [_value(node.get("items", {}), name, answer, root, depth + 1)] * fewest


def _number(node: dict[str, Any], _name: str, _answer: Answer, _root: dict[str, Any], _depth: int) -> Any:
    lowest = node.get("minimum", 0)
    return min(lowest, node.get("maximum", lowest))


def _text(node: dict[str, Any], name: str, answer: Answer, _root: dict[str, Any], _depth: int) -> Any:
    text = answer.field(name)
    most, fewest = node.get("maxLength"), node.get("minLength", 0)
    if most is not None and len(text) > most:
        words = text[:most].rsplit(" ", 1)[0] if " " in text[:most] else text[:most]
        text = words if len(words) >= fewest else text[:most]
    if len(text) < fewest:
        text = (f"{text or name} " * (fewest // (len(text or name) + 1) + 1))[:fewest]
    return text


_Maker = Callable[[dict[str, Any], str, Answer, dict[str, Any], int], Any]
_MAKERS: dict[str, _Maker] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda *_: False,
    "null": lambda *_: None,
}
