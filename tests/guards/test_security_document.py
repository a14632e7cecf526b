"""docs/security.md and the README's promises name tests that exist; every threat and promise names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
README = (ROOT / "README.md").read_text()


def named(text: str) -> list[tuple[str, str]]:
    return sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)))


NAMED = named(TEXT)
PROMISED = named(README)


@pytest.mark.parametrize(
    ("path", "name"), sorted({*NAMED, *PROMISED}), ids=lambda part: part.rpartition("/")[2]
)
def test_a_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name.startswith("test_")


def test_every_threat_has_a_test() -> None:
    tables = re.findall(r"^\| threat \|.*\n\|[-|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert len(tables) == 5
    for row in "".join(tables).splitlines():
        assert "`tests/" in row.split("|")[3], row
    assert len(NAMED) > 40


def test_every_promise_has_a_test() -> None:
    [table] = re.findall(r"^\| promise \|.*\n\|[-|]+\n((?:\|.*\n)+)", README, re.MULTILINE)
    for row in table.splitlines():
        assert "`tests/" in row.split("|")[3], row
    assert len(PROMISED) >= 6
