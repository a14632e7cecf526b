"""What repeats, and the form for another schedule."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.browser.bench import Bench
from tests.browser.figures import a_run, a_schedule, a_skipped_run
from tests.browser.states.setting import BELOW, LONG, PROBLEM, States, having
from tests.browser.states.told import seen


def schedules(found: list[dict[str, Any]] | None, script: str = "") -> Callable[[Bench], None]:
    return having(
        f"change({{ watch, place: 'jobs', view: 'schedules', schedules: found }}); {script}",
        found=found,
        watch=seen([]),
    )


SOME = [
    a_schedule(),
    a_schedule(
        id="b" * 20,
        sheet_name=LONG,
        recipe="case_b",
        filter={"column": "Instantly Date", "value": "2026-03-02"},
        max_rows=500,
        budget_microusd=5_000_000,
        cron="30 6 * * MON-FRI",
        time_zone="America/New_York",
        in_english="At 06:30 on Monday through Friday",
        next_times=["2026-11-24T11:30:00Z", "2026-11-25T11:30:00Z", "2026-11-26T11:30:00Z"],
        runs=[],
    ),
    a_schedule(
        id="c" * 20,
        sheet_name="Leads March",
        state="paused",
        sentence="Paused on request.",
        next_times=[],
        runs=[a_run(3, job_id=None, status=None), a_skipped_run(4)],
        moves=["resume", "remove"],
    ),
    a_schedule(
        id="d" * 20,
        sheet_name="Leads April",
        state="stopped",
        sentence="Stopped: the sheet or the spreadsheet was deleted.",
        next_times=[],
        runs=[a_run(5, status="FAILED", total=0, done=0, cost_microusd=0)],
        moves=["resume", "remove"],
    ),
]

REPEAT = {
    "every": "workday",
    "time": "07:00",
    "day": "MON",
    "times": {
        "in_english": "At 07:00 on Monday through Friday",
        "time_zone": "Europe/London",
        "next_times": ["2026-11-24T07:00:00Z", "2026-11-25T07:00:00Z", "2026-11-26T07:00:00Z"],
    },
}

SCHEDULES: States = {
    "schedules": schedules(SOME),
    "schedules-below": schedules(SOME, BELOW),
    "schedules-empty": schedules([]),
    "schedules-loading": schedules(None),
    "schedules-problem": schedules(None, f"change({{ trouble: {{ schedules: {json.dumps(PROBLEM)} }} }});"),
    "schedules-skipped": schedules(
        [a_schedule(runs=[a_skipped_run(0), a_run(1, status="RUNNING", done=700)])]
    ),
    "schedules-asked": schedules([a_schedule()], f"change({{ asked: 'remove {'a' * 20}' }});"),
    "schedules-new": schedules([], f"change({{ repeat: {json.dumps(REPEAT)} }});"),
    "schedules-new-weekly": schedules(
        [], f"change({{ repeat: {json.dumps({**REPEAT, 'every': 'week', 'time': '', 'times': None})} }});"
    ),
    "schedules-new-not-ready": schedules(
        [], f"change({{ sheet: {{ ...state.sheet, row_count: 0 }}, repeat: {json.dumps(REPEAT)} }});"
    ),
}
