"""docs/api.md's list of calls, made from the OpenAPI, which is made from the routes themselves.

`python -m tests.guards.api_page` writes it into the page, between its two marks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backend.entrypoints import openapi
from backend.entrypoints.api import ROUTES
from backend.entrypoints.routing import Guard, Route

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BEGIN, END = "<!-- calls -->", "<!-- /calls -->"

#: What each guard asks of a caller, for people.
NEEDS = {
    Guard.PUBLIC: "nothing",
    Guard.PERSON: "an ID token",
    Guard.SPREADSHEET: "an ID token and a grant for the spreadsheet",
    Guard.JOB: "an ID token and a grant for the job's spreadsheet",
    Guard.JOB_OR_CREATOR: "an ID token, and a grant or having created the job",
    Guard.WATCH: "a watch token",
    Guard.UPLOAD: "an upload token, which stands for the file, and its grant still",
}


def calls() -> str:
    """A section for each group of routes, in the order of the code."""
    described = openapi.document(ROUTES, "")
    parts, group = [], ""
    for route in ROUTES:
        if route.method == "OPTIONS":
            continue
        if (named := _group(route)) != group:
            group = named
            parts.append(f"## {group}")
        parts.append(_call(route, described))
    return "\n\n".join(parts)


def _group(route: Route) -> str:
    first = route.rule.removeprefix("/api").split("/")[1]
    return "Service" if first in ("system", "openapi.json", "healthz") else first.capitalize()


def _call(route: Route, described: dict[str, Any]) -> str:
    path = route.rule.replace("<", "{").replace(">", "}")
    schemas = described["components"]["schemas"]
    operation = described["paths"][path][route.method.lower()]
    lines = [f"### `{route.method} {path}`", "", f"{route.summary} Needs {NEEDS[route.guard]}."]
    if route.keyed:
        lines[-1] += " Takes an `Idempotency-Key`."
    asked = [
        (part["name"], part["schema"], part["required"])
        for part in operation["parameters"]
        if part["in"] == "query"
    ]
    if route.asks is not None:
        asked += _fields(schemas[route.asks.__name__])
    if route.file:
        lines[-1] += " The body is the file itself."
    if asked:
        lines += ["", "| asks | type | meaning |", "|---|---|---|"]
        lines += [
            f"| `{name}`{'' if needed else ' (optional)'} | {_type(schema)} | {_meaning(schema)} |"
            for name, schema, needed in asked
        ]
    answer = f"`{route.status}`"
    if route.gives is not None:
        answer += ": " + ", ".join(f"`{name}`" for name in schemas[route.gives.__name__]["properties"])
    return "\n".join([*lines, "", f"Answers {answer}."])


def _fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any], bool]]:
    needed = schema.get("required", [])
    return [(name, part, name in needed) for name, part in schema.get("properties", {}).items()]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"] if part.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object":
        return "object"
    return str(schema.get("format") or schema["type"])


def _meaning(schema: dict[str, Any]) -> str:
    said = str(schema.get("description", "")).replace("|", "\\|")
    default = schema.get("default")
    if default in (None, "", [], {}):
        return said
    return f"{said} Default `{str(default).lower() if isinstance(default, bool) else default}`.".strip()


def standing(text: str) -> str:
    """What stands between the marks."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def main() -> None:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{calls()}\n{END}{after}")


if __name__ == "__main__":
    main()
