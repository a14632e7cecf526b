"""The page has words for everything that the backend may name."""

from __future__ import annotations

import re
from typing import get_args

from backend.domain.failures import FAILURES
from backend.entrypoints.payloads.base import Mode, Move, Priority, RowStatus, Status
from backend.entrypoints.payloads.schedules import ScheduleGiven, ScheduleMove
from backend.usecases.read_stats import STEPS
from tests.appsscript.script import APPSSCRIPT


def words(table: str, part: str = "Words") -> set[str]:
    page = (APPSSCRIPT / f"SidebarScript{part}.html").read_text(encoding="utf-8")
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


def test_every_state_and_move_of_a_schedule_has_its_words() -> None:
    state = ScheduleGiven.model_fields["state"].annotation
    assert words("STATE_WORDS", "Schedules") == set(get_args(state))
    assert words("SCHEDULE_WORDS", "Schedules") == set(get_args(ScheduleMove))


def test_every_span_of_the_figures_has_its_words() -> None:
    assert words("SPAN_WORDS", "Chart") == set(map(str, STEPS))
