"""What the api says of a spreadsheet's last hours: money in micro-dollars, all of the span asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator

from backend.entrypoints.payloads.base import Asked, Given, RowStatus, SpreadsheetId, Status

_SPANS = {"24": 24, "720": 720}


class StatsQuery(Asked):
    spreadsheet_id: SpreadsheetId
    #: A query is text; the numbers allowed are these two.
    hours: Annotated[Literal[24, 720], BeforeValidator(lambda given: _SPANS.get(given, given))] = 24


class TimesGiven(Given):
    """Percentiles of `count` values, at most a tenth off."""

    count: int
    p50: float
    p95: float


class WorkerGiven(Given):
    """What the workers used while they were at this spreadsheet's jobs."""

    #: Seconds that jobs were at work, added up.
    busy_s: int
    #: Seconds of a processor. A process that is at several jobs shares its own out among them.
    cpu_s: float
    #: The most memory that a worker's process held, in MB, whatever else it was at.
    peak_mb: int


class PointGiven(Given):
    """One step of the charts: an hour of the last 24, or a day of the last 30."""

    #: Its begin.
    at: datetime
    done: int
    failed: int
    skipped: int
    answered: int
    cached: int
    model_calls: int
    cost_microusd: int
    saved_microusd: int
    rows_per_min: int
    row_p95_s: float


class StatsGiven(Given):
    now: datetime
    hours: int
    step_hours: int
    #: Jobs of this spreadsheet as they stand now.
    by_status: dict[Status, int]
    running: int
    #: Jobs of this spreadsheet that wait.
    queued: int
    #: Seconds in line until the first start.
    wait_s: TimesGiven
    #: Jobs that ended.
    jobs_ended: dict[Literal["COMPLETED", "FAILED", "CANCELLED"], int]
    #: Rows that came to a terminal state, a repeated row each time it did.
    rows: dict[RowStatus, int]
    answered: int
    #: done / (done + failed); null where there is neither.
    success_rate: float | None
    #: Rows that a job at work answers in a minute.
    rows_per_min: int
    #: Seconds: a row with its page and its calls, one call, one page.
    row_s: TimesGiven
    model_call_s: TimesGiven
    page_s: TimesGiven
    #: Error class → rows.
    errors: dict[str, int]
    model_calls: int
    tokens_in: int
    tokens_out: int
    cost_microusd: int
    #: Rows answered without a new call, and what that saved.
    cached: int
    saved_microusd: int
    worker: WorkerGiven
    #: Oldest first, every step.
    points: list[PointGiven]
