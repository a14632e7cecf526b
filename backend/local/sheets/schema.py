"""What a request may hold, read from the discovery document that ships with Google's own client library.

So an unknown field, a wrong type or a wrong enum value is refused here because Google's published schema
refuses it, in the words of Google's HTTP layer. The values of `ValueRange.values` are left to the method
that writes them: walking thousands of cells through a schema would cost more than writing them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from backend.local.sheets.errors import malformed

#: Names of enum types, which the discovery document does not give (google/apps/sheets/v4 protos).
_ENUM_TYPES = {
    "valueInputOption": "ValueInputOption",
    "valueRenderOption": "ValueRenderOption",
    "responseValueRenderOption": "ValueRenderOption",
    "dateTimeRenderOption": "DateTimeRenderOption",
    "responseDateTimeRenderOption": "DateTimeRenderOption",
    "majorDimension": "Dimension",
    "dimension": "Dimension",
}
_NESTED_TYPES = {"Request": "BatchUpdateSpreadsheetRequest.Request"}
_ENTRY_TYPES: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "string": ("TYPE_STRING", str),
    "integer": ("TYPE_INT32", int),
    "number": ("TYPE_DOUBLE", (int, float)),
    "boolean": ("TYPE_BOOL", bool),
}


class Schemas:
    """The discovery document's schemas and the query parameters of its methods."""

    def __init__(self) -> None:
        folder = resources.files("googleapiclient.discovery_cache.documents")
        document = json.loads(folder.joinpath("sheets.v4.json").read_text(encoding="utf-8"))
        self._schemas: dict[str, Any] = document["schemas"]
        self._everywhere: dict[str, Any] = document["parameters"]
        self._parameters: dict[str, dict[str, Any]] = {}
        self._collect(document)

    def _collect(self, resource: dict[str, Any]) -> None:
        for method in resource.get("methods", {}).values():
            self._parameters[method["id"].removeprefix("sheets.")] = {
                name: parameter
                for name, parameter in method["parameters"].items()
                if parameter["location"] == "query"
            }
        for inner in resource.get("resources", {}).values():
            self._collect(inner)

    def has(self, schema: str, path: tuple[str, ...]) -> bool:
        """Whether a field path leads somewhere; `*` stands for any field of its level."""
        entry: dict[str, Any] = {"$ref": schema}
        for name in path:
            while entry.get("type") == "array":
                entry = entry["items"]
            fields = self._fields(entry)
            if name == "*":
                return bool(fields)
            if name not in fields:
                return False
            entry = fields[name]
        return True

    def _fields(self, entry: dict[str, Any]) -> dict[str, Any]:
        inner = self._schemas[entry["$ref"]] if "$ref" in entry else entry
        fields: dict[str, Any] = inner.get("properties", {})
        return fields

    def check_query(self, method: str, query: dict[str, list[str]]) -> None:
        """Raises for a parameter that the method does not have, and for a value that its enum does not."""
        known = self._parameters[method]
        for name, values in query.items():
            if name in self._everywhere:
                continue
            if name not in known:
                raise malformed(
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                    f"Field '{name}' could not be found in request message.",
                    "",
                )
            for value in values:
                if "enum" in known[name] and value not in known[name]["enum"]:
                    raise _wrong_enum(name, snake(name), value)

    def check(self, body: Any, schema: str, place: str = "") -> None:
        """Raises at the first field that is not in the schema; drops nulls, which count as absent.

        `place` is the request field that the body is bound to, where it is not the request itself.
        """
        if not isinstance(body, dict):
            raise _wrong(place, _type_name({"$ref": schema}), body)
        self._message(body, self._schemas[schema]["properties"], place)

    def _message(self, body: dict[str, Any], fields: dict[str, Any], path: str) -> None:
        absent: list[str] = []
        for name, value in body.items():
            if name not in fields:
                at = f" at '{path}'" if path else ""
                raise malformed(
                    f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.', path
                )
            if value is None:
                absent.append(name)
            else:
                here = f"{path}.{snake(name)}" if path else snake(name)
                body[name] = self._value(name, value, fields[name], here)
        for name in absent:
            del body[name]

    def _value(self, name: str, value: Any, entry: dict[str, Any], path: str) -> Any:
        reference = entry.get("$ref")
        if isinstance(value, list) and entry.get("type") != "array":
            at = path.rpartition(".")[0]
            raise malformed(
                f'Invalid JSON payload received. Unknown name "{name}"' + (f" at '{at}'" if at else "") + ": "
                "Proto field is not repeating, cannot start list.",
                at,
            )
        if reference is not None:
            if not isinstance(value, dict):
                raise _wrong(path, _type_name(entry), value)
            self._message(value, self._schemas[reference]["properties"], path)
            return value
        if entry["type"] == "array":
            return self._array(value, entry["items"], path)
        if isinstance(of_each := entry.get("additionalProperties"), dict) and isinstance(value, dict):
            return {name: self._value(name, item, of_each, f"{path}[{name}]") for name, item in value.items()}
        if "enum" in entry and (not isinstance(value, str) or value not in entry["enum"]):
            raise _wrong_enum(name, path, value)
        kind, types = _ENTRY_TYPES[entry["type"]]
        if entry["type"] == "integer" and not isinstance(value, bool):
            value = _whole(value)
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "TYPE_BOOL"):
            raise _wrong(path, kind, value)
        return value

    def _array(self, value: Any, items: dict[str, Any], path: str) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong(path, _type_name(items), value)
        if items.get("type") == "array":
            for number, row in enumerate(value):
                if not isinstance(row, list):
                    raise _wrong(f"{path}[{number}]", "type.googleapis.com/google.protobuf.ListValue", row)
            return value
        return [self._value("", item, items, f"{path}[{number}]") for number, item in enumerate(value)]


def snake(name: str) -> str:
    """`requests[0].addSheet` is `requests[0].add_sheet` in the words of Google's HTTP layer."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def _whole(value: Any) -> Any:
    """Proto JSON takes `5`, `5.0` and `"5"` for an integer."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,10}", value):
        return int(value)
    return value


def _type_name(entry: dict[str, Any]) -> str:
    if "$ref" in entry:
        name = str(entry["$ref"])
        return "type.googleapis.com/google.apps.sheets.v4." + _NESTED_TYPES.get(name, name)
    if entry["type"] == "array":
        return "type.googleapis.com/google.protobuf.ListValue"
    return _ENTRY_TYPES[str(entry["type"])][0]


def _wrong(path: str, kind: str, value: Any) -> Exception:
    return malformed(f"Invalid value at '{path}' ({kind}), {_shown(value)}", path)


def _wrong_enum(name: str, path: str, value: Any) -> Exception:
    kind = _ENUM_TYPES.get(name)
    return _wrong(path, f"type.googleapis.com/google.apps.sheets.v4.{kind}" if kind else "TYPE_ENUM", value)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]


@cache
def schemas() -> Schemas:
    """The schemas, read once a process when first needed."""
    return Schemas()
