"""A spreadsheet's last 24 hours or 30 days in numbers."""

from __future__ import annotations

from collections.abc import Mapping

from backend.domain import stats
from backend.domain.stats import Percentiles
from backend.entrypoints import views
from backend.entrypoints.payloads.stats import PointGiven, StatsGiven, StatsQuery, TimesGiven, WorkerGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.usecases.read_stats import Point, read_stats, rows_per_min
from backend.usecases.watch_jobs import count_by_status

ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def read(call: Call) -> StatsGiven:
    query: StatsQuery = call.query
    service = call.service
    documents, clock = service.documents, service.clock
    found = read_stats(query.spreadsheet_id, query.hours, documents=documents, clock=clock)
    by_status = count_by_status(query.spreadsheet_id, documents=documents)
    added, rows = found.added, found.rows
    tried = rows["done"] + rows["failed"]
    return StatsGiven.model_validate(
        {
            "now": views.at(clock.now()),
            "hours": query.hours,
            "step_hours": found.step_hours,
            "by_status": by_status,
            "running": by_status["RUNNING"],
            "queued": by_status["PENDING"],
            "wait_s": _times(found.percentiles(stats.WAIT_S)),
            "jobs_ended": {status: added.get(f"j_{status.lower()}", 0) for status in ENDED},
            "rows": rows,
            "success_rate": rows["done"] / tried if tried else None,
            "rows_per_min": rows_per_min(added),
            "row_s": _times(found.percentiles(stats.ROW_MS), 1000),
            "model_call_s": _times(found.percentiles(stats.CALL_MS), 1000),
            "page_s": _times(found.percentiles(stats.PAGE_MS), 1000),
            "errors": found.failures,
            "worker": WorkerGiven(
                busy_s=added.get("busy_ms", 0) // 1000,
                cpu_s=added.get("cpu_ms", 0) / 1000,
                peak_mb=round(found.percentiles(stats.MEMORY_MB).p95),
            ),
            "points": [_point(point) for point in found.points],
        }
        | _sums(
            added,
            (
                "answered",
                "model_calls",
                "tokens_in",
                "tokens_out",
                "cost_microusd",
                "cached",
                "saved_microusd",
            ),
        )
    )


def _point(point: Point) -> PointGiven:
    return PointGiven.model_validate(
        {
            "at": views.at(point.at),
            "rows_per_min": rows_per_min(point.added),
            "row_p95_s": _times(stats.percentiles(stats.ROW_MS, point.added), 1000).p95,
        }
        | _sums(
            point.added,
            (
                "done", "failed", "skipped", "answered", "cached", "model_calls", "cost_microusd",
                "saved_microusd",
            ),
        )
    )  # fmt: skip


def _sums(added: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    return {name: added.get(name, 0) for name in names}


def _times(found: Percentiles, divisor: int = 1) -> TimesGiven:
    return TimesGiven(count=found.count, p50=round(found.p50 / divisor, 3), p95=round(found.p95 / divisor, 3))


ROUTES = (
    Route(
        "GET",
        "/api/stats",
        Guard.SPREADSHEET,
        read,
        "The last 24 hours or 30 days: jobs, rows, times, errors, cost, savings, step by step.",
        query=StatsQuery,
        gives=StatsGiven,
    ),
)
