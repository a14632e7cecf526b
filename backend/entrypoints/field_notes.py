"""What the `#:` comment above a model's field says: said once in the code, and shown by the OpenAPI."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Mapping
from functools import cache


def notes(model: type) -> dict[str, str]:
    """Field to sentence, of the model and what it inherits from; fields without a comment are left out."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        found |= _in_module(base.__module__).get(base.__qualname__, {})
    return found


@cache
def _in_module(name: str) -> Mapping[str, dict[str, str]]:
    """The notes of each class at the top of a module; only our own modules are read."""
    if not name.startswith("backend."):
        return {}
    source = inspect.getsource(sys.modules[name])
    lines = source.splitlines()
    return {
        node.name: {
            part.target.id: note
            for part in node.body
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
            if (note := _above(lines, part.lineno - 1))
        }
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


def _above(lines: list[str], at: int) -> str:
    """The block of `#:` lines that ends right above line `at`."""
    said: list[str] = []
    while at > 0 and (line := lines[at - 1].strip()).startswith("#:"):
        said.insert(0, line.removeprefix("#:").strip())
        at -= 1
    return " ".join(said)
