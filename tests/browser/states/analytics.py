"""The figures of a day and of a month."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.browser.bench import Bench
from tests.browser.figures import some_stats
from tests.browser.states.setting import BELOW, PROBLEM, States, having
from tests.browser.states.told import seen


def analytics(stats: dict[str, Any] | None, script: str = "") -> Callable[[Bench], None]:
    return having(
        "const hours = stats ? stats.hours : 24;"
        f"change({{ watch, place: 'jobs', view: 'analytics', stats: {{ hours, seen: stats }} }}); {script}",
        stats=stats,
        watch=seen([]),
    )


ANALYTICS: States = {
    "analytics-day": analytics(some_stats()),
    "analytics-month": analytics(some_stats(720)),
    "analytics-month-below": analytics(some_stats(720), BELOW),
    "analytics-table": analytics(
        some_stats(),
        "requestAnimationFrame(() => (document.querySelector('figure ~ details').open = true));" + BELOW,
    ),
    "analytics-empty": analytics(some_stats(done=[])),
    "analytics-empty-month": analytics(some_stats(720, done=[])),
    "analytics-loading": analytics(None),
    "analytics-problem": analytics(None, f"change({{ trouble: {{ stats: {json.dumps(PROBLEM)} }} }});"),
}
