"""Every class of failure that is raised is one that people are told about."""

from __future__ import annotations

import ast
from pathlib import Path

from backend.domain.failures import FAILURES

BACKEND = Path(__file__).parents[2] / "backend"


def raised() -> dict[str, str]:
    """The first argument of each `RowFailed("…")`, with where it stands."""
    found = {}
    for path in sorted(BACKEND.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("RowFailed"):
                for literal in node.args[:1]:
                    if isinstance(literal, ast.Constant):
                        found[str(literal.value)] = f"{path.name}:{node.lineno}"
    return found


def test_every_class_that_is_raised_is_in_the_table() -> None:
    assert {name: where for name, where in raised().items() if name not in FAILURES} == {}
    assert "page_bad_url" in raised()
