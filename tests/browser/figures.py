"""What the api says of a spreadsheet's last hours and of its schedules: builders for the states shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)

#: Rows done in each step, oldest first: nights and week-ends are quiet.
HOURS = [0, 0, 0, 1200, 3400, 2900, 800, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40, 5200, 4100, 6000, 2600]
DAYS = [*([9000, 12500, 8700, 14200, 11000, 0, 300] * 4), 16000, 7400]


def times(count: int, p50: float, p95: float) -> dict[str, Any]:
    return {"count": count, "p50": p50, "p95": p95}


def some_stats(hours: int = 24, **changes: Any) -> dict[str, Any]:
    """A busy spreadsheet, or with `done=[]` one in which nothing has happened yet."""
    step_hours = 1 if hours == 24 else 24
    done: list[int] = changes.pop("done", HOURS if hours == 24 else DAYS)
    done = done or [0] * (24 if hours == 24 else 30)
    begin = NOW.replace(minute=0) if hours == 24 else NOW.replace(hour=0, minute=0)
    points = [
        {
            "at": shown(begin - timedelta(hours=step_hours * (len(done) - 1 - n))),
            "done": rows,
            "failed": rows // 140,
            "skipped": rows // 200,
            "answered": rows + rows // 140,
            "cached": rows // 12,
            "model_calls": rows - rows // 12,
            "cost_microusd": rows * 27,
            "saved_microusd": rows * 2,
            "rows_per_min": 2_600 if rows else 0,
            "row_p95_s": 2.1 if rows else 0.0,
        }
        for n, rows in enumerate(done)
    ]
    sums = {name: sum(point[name] for point in points) for name in points[0] if name != "at"}
    total, failed = sums["done"], sums["failed"]
    rows = {
        "done": total,
        "failed": failed,
        "skipped": sums["skipped"],
        "stale": 0,
        "gone": 0,
        "cancelled": 0,
    }
    one = 1 if total else 0
    return {
        "now": shown(NOW),
        "hours": hours,
        "step_hours": step_hours,
        "by_status": dict.fromkeys(
            ("PENDING", "RUNNING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"), 0
        ),
        "running": one,
        "queued": 2 * one,
        "wait_s": times(14 * one, 4.2 * one, 190.0 * one),
        "jobs_ended": {"COMPLETED": 13 * one, "FAILED": 0, "CANCELLED": one},
        "rows": rows,
        "answered": sums["answered"],
        "success_rate": total / (total + failed) if total else None,
        "rows_per_min": 2_640 * one,
        "row_s": times(total, 1.32 * one, 3.85 * one),
        "model_call_s": times(sums["model_calls"], 0.94 * one, 2.7 * one),
        "page_s": times(total // 3, 0.41 * one, 6.4 * one),
        "errors": {
            name: count
            for name, count in (
                ("page_timeout", failed // 2),
                ("model_timeout", failed // 3),
                ("bad_answer", failed - failed // 2 - failed // 3),
            )
            if count
        },
        "model_calls": sums["model_calls"],
        "tokens_in": total * 220,
        "tokens_out": total * 40,
        "cost_microusd": sums["cost_microusd"],
        "cached": sums["cached"],
        "saved_microusd": sums["saved_microusd"],
        "worker": {"busy_s": total // 44, "cpu_s": total / 62, "peak_mb": 214 * one},
        "points": points,
        **changes,
    }  # fmt: skip


def a_run(days_ago: int, **changes: Any) -> dict[str, Any]:
    """An occurrence at seven that went well."""
    return {
        "at": shown(NOW.replace(hour=7, minute=0) - timedelta(days=days_ago)),
        "sentence": "Started.",
        "started": True,
        "job_id": f"{days_ago:020d}",
        "status": "COMPLETED",
        "total": 1200,
        "done": 1200,
        "failed": 0,
        "cost_microusd": 33_600,
        **changes,
    }


def a_skipped_run(days_ago: int) -> dict[str, Any]:
    sentence = "Skipped: the last run was still going."
    return a_run(days_ago, sentence=sentence, started=False, job_id=None, status=None, total=0, done=0,
                 cost_microusd=0)  # fmt: skip


def a_schedule(**changes: Any) -> dict[str, Any]:
    """Every morning at seven, for a fortnight already."""
    tomorrow = NOW.replace(hour=7, minute=0) + timedelta(days=1)
    return {
        "id": "a" * 20,
        "spreadsheet_id": "s" * 20,
        "sheet_id": 0,
        "sheet_name": "Companies",
        "recipe": "case_a",
        "mode": "only_empty",
        "filter": None,
        "start_row": 2,
        "max_rows": None,
        "priority": "normal",
        "budget_microusd": None,
        "cron": "0 7 * * *",
        "time_zone": "Europe/London",
        "in_english": "At 07:00 every day",
        "next_times": [shown(tomorrow + timedelta(days=n)) for n in range(3)],
        "state": "active",
        "sentence": None,
        "created_at": "2026-11-09T09:00:00Z",
        "created_by": "ada@example.com",
        "yours": True,
        "runs": [a_run(0), a_run(1, failed=12, done=1188), a_run(2)],
        "moves": ["pause", "remove"],
        **changes,
    }


def shown(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
