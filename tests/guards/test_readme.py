"""The README says what is: its commands exist, its links lead somewhere, its settings are the settings."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.guards.settings_table import README, standing, table

ROOT = README.parent
DOCS = [
    README,
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(ROOT.glob("CONTRIBUTING.md")),
    *(ROOT / folder / "README.md" for folder in ("appsscript", "infra", "tests")),
]


def commands(text: str) -> list[str]:
    """The lines of the shell blocks, without comments."""
    blocks = re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def made() -> list[str]:
    found = [line for path in DOCS if path.exists() for line in commands(path.read_text())]
    return sorted({line for line in found if re.match(r"([A-Z_]+=\S+ )*make\b", line)})


def test_there_are_commands_to_check() -> None:
    assert "make run" in commands(README.read_text())
    assert any(line.startswith("make enrich") for line in commands(README.read_text()))


@pytest.mark.parametrize("line", made())
def test_every_make_command_is_one_that_make_knows(line: str) -> None:
    tried = subprocess.run(["bash", "-c", f"{line} --dry-run"], cwd=ROOT, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_table_of_settings_is_the_settings() -> None:
    assert standing(README.read_text()) == table(), "run: python -m tests.guards.settings_table"
