"""Every folder says what it holds: packages in their docstring, the tests' in their README."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent for path in (ROOT / "backend").rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_says_what_it_holds(package: Path) -> None:
    assert ast.get_docstring(ast.parse((package / "__init__.py").read_text()))


def test_the_tests_are_told_folder_by_folder() -> None:
    tests = ROOT / "tests"
    folders = {path.relative_to(tests).parts[0] for path in tests.glob("*/**/test_*.py")} | {"bench"}
    assert set(re.findall(r"^\| `(\w+)` \|", (ROOT / "tests/README.md").read_text(), re.MULTILINE)) == folders


def test_every_script_of_the_sidebar_is_told() -> None:
    text = (ROOT / "appsscript/README.md").read_text()
    assert [path.name for path in (ROOT / "appsscript").glob("*.gs") if path.name not in text] == []
