"""The page has words for everything that the backend may name."""

from __future__ import annotations

import re
from typing import get_args

from backend.domain.failures import FAILURES
from backend.entrypoints.payloads.base import Mode, Move, Priority, RowStatus, Status
from tests.appsscript.script import APPSSCRIPT


def words(table: str) -> set[str]:
    page = (APPSSCRIPT / "SidebarScriptWords.html").read_text(encoding="utf-8")
    found = re.search(rf"const {table} = {{(.*?)}};", page, re.DOTALL)
    assert found, table
    return set(re.findall(r"(\w+): (?:'|\[)", found.group(1)))


def test_every_class_of_failure_has_its_words() -> None:
    assert words("FAILURE_WORDS") == set(FAILURES)


def test_every_state_mode_priority_and_move_has_its_words() -> None:
    assert words("STATUS_WORDS") == set(get_args(Status))
    assert words("ROW_WORDS") == set(get_args(RowStatus))
    assert words("MODE_WORDS") == set(get_args(Mode))
    assert words("PRIORITY_WORDS") == set(get_args(Priority))
    assert words("MOVE_WORDS") == set(get_args(Move))
