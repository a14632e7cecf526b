"""What OpenAI accepts as a strict JSON schema, and its words where it does not.

Source: OpenAI's guide "Structured model outputs", section "Supported schemas": the root is an object and
not `anyOf`, every object names all its properties as required and allows no others, `allOf`, `not`, `if`
and their kin are not known, at most 5,000 properties and 10 levels. Whether `minLength` and `maxLength`
pass has changed over the years; they are accepted and kept to here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from backend.local.model.refusals import ApiError, bad_request

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_UNKNOWN = (
    "allOf", "not", "if", "then", "else", "oneOf", "dependentRequired", "dependentSchemas",
    "patternProperties",
)  # fmt: skip
MAX_PROPERTIES = 5_000
MAX_DEPTH = 10


def check_format(response_format: Any) -> None:
    """Raises `ApiError` 400 for a `response_format` that the API refuses."""
    if not isinstance(response_format, dict) or "type" not in response_format:
        raise bad_request(
            "Missing required parameter: 'response_format.type'.",
            "response_format.type",
            "missing_required_parameter",
        )
    kind = response_format["type"]
    if kind not in ("text", "json_object", "json_schema"):
        raise bad_request(
            f"Invalid value: '{kind}'. Supported values are: 'json_object', 'json_schema', and 'text'.",
            "response_format.type",
            "invalid_value",
        )
    if kind == "json_schema":
        _check_named(response_format.get("json_schema"))


def _check_named(named: Any) -> None:
    where = "response_format.json_schema"
    if not isinstance(named, dict):
        raise bad_request(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")
    name = named.get("name")
    if name is None:
        raise bad_request(
            f"Missing required parameter: '{where}.name'.", f"{where}.name", "missing_required_parameter"
        )
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise bad_request(
            f"Invalid '{where}.name': string does not match pattern. Expected a string that matches the "
            "pattern '^[a-zA-Z0-9_-]+$'.",
            f"{where}.name",
            "invalid_value",
        )
    schema = named.get("schema")
    if not isinstance(schema, dict):
        raise bad_request(
            f"Missing required parameter: '{where}.schema'.", f"{where}.schema", "missing_required_parameter"
        )
    if named.get("strict"):
        for problem in problems(schema):
            raise _invalid(name, problem)


def _invalid(name: str, problem: str) -> ApiError:
    return bad_request(f"Invalid schema for response_format '{name}': {problem}", "response_format")


def problems(schema: dict[str, Any]) -> Iterator[str]:
    """What a strict schema gets wrong, in the order the API finds it."""
    if schema.get("type") != "object":
        yield f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    if _properties(schema) > MAX_PROPERTIES:
        yield f"too many properties, at most {MAX_PROPERTIES} are allowed."
    yield from _node(schema, (), depth=1)


def _properties(node: Any) -> int:
    if not isinstance(node, dict):
        return 0
    given = node.get("properties")
    inner: dict[str, Any] = given if isinstance(given, dict) else {}
    return len(inner) + sum(_properties(child) for child in [*inner.values(), node.get("items")])


def _node(node: Any, path: tuple[str, ...], depth: int) -> Iterator[str]:
    at = f"In context=({', '.join(repr(step) for step in path)}{',' if len(path) == 1 else ''})"
    if not isinstance(node, dict):
        yield f"{at}, schema must be an object."
        return
    if depth > MAX_DEPTH:
        yield f"{at}, schema is nested deeper than {MAX_DEPTH} levels."
        return
    for word in _UNKNOWN:
        if word in node:
            yield f"{at}, '{word}' is not permitted."
    if "properties" in node or _is(node, "object"):
        yield from _object(node, path, depth, at)
    if _is(node, "array"):
        if "items" not in node:
            yield f"{at}, array schema missing items."
        else:
            yield from _node(node["items"], (*path, "items"), depth + 1)
    for number, branch in enumerate(node.get("anyOf", ())):
        yield from _node(branch, (*path, "anyOf", str(number)), depth)
    for name, branch in node.get("$defs", {}).items():
        yield from _node(branch, (*path, "$defs", name), depth)
    if not any(word in node for word in ("type", "anyOf", "$ref", "enum", "const")):
        yield f"{at}, schema must have a 'type' key."


def _object(node: dict[str, Any], path: tuple[str, ...], depth: int, at: str) -> Iterator[str]:
    if node.get("additionalProperties") is not False:
        yield f"{at}, 'additionalProperties' is required to be supplied and to be false."
    properties = node.get("properties", {})
    required = node.get("required")
    every = (
        f"{at}, 'required' is required to be supplied and to be an array including every key in properties."
    )
    if not isinstance(required, list):
        yield every
        return
    for key in properties:
        if key not in required:
            yield f"{every} Missing '{key}'."
    for key in required:
        if key not in properties:
            yield f"{every} Extra required key '{key}' supplied."
    for key, child in properties.items():
        yield from _node(child, (*path, "properties", key), depth + 1)


def _is(node: dict[str, Any], kind: str) -> bool:
    return node.get("type") == kind or (isinstance(node.get("type"), list) and kind in node["type"])
