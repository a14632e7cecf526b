"""The builders of the states tell what the api tells of jobs, rows, schedules and figures."""

from __future__ import annotations

from typing import Any

import pytest

from backend.entrypoints.payloads.base import Given
from backend.entrypoints.payloads.estimates import EstimateGiven
from backend.entrypoints.payloads.jobs import JobGiven
from backend.entrypoints.payloads.rows import ReceiptGiven
from backend.entrypoints.payloads.schedules import ScheduleGiven
from backend.entrypoints.payloads.stats import StatsGiven
from backend.entrypoints.payloads.watch import WatchGiven
from tests.browser.figures import a_schedule, some_stats
from tests.browser.states.sheet import ESTIMATE
from tests.browser.states.told import MANY, RECEIPTS, UNDO, UNDONE, a_job, seen


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        *((JobGiven, job) for job in (a_job(), UNDO, UNDONE, *MANY)),
        *((ReceiptGiven, receipt) for receipt in RECEIPTS),
        (ScheduleGiven, a_schedule()),
        (StatsGiven, some_stats()),
        (WatchGiven, seen(MANY)),
        (EstimateGiven, ESTIMATE),
    ],
)
def test_a_builder_tells_what_the_api_tells(shape: type[Given], told: dict[str, Any]) -> None:
    assert set(told) == set(shape.model_fields)
    shape.model_validate(told)
