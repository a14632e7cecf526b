"""Case A: one sheet beside the bare client, three sheets at once, and a model that fails now and then."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from tests.bench.figures import Figure, Goal, percentile
from tests.bench.scene import Run, Scene
from tests.bench.usage import PeakMemory
from tests.bench.visiting import Visitor

IN_FLIGHT = 1_000


def one_sheet(scene: Scene, rows: int) -> list[Figure]:
    """The bare client first, then the whole way, both against the same stand-in."""
    bare = scene.bare_loop(rows, IN_FLIGHT, "bare")
    sheet = scene.a_sheet(rows, "one")
    cpu = scene.cpu_s()
    run = scene.queue(sheet)
    scene.follow([run])
    cpu = scene.cpu_s() - cpu
    scene.check(run)
    limit = rows * 60 / bare["seconds"]
    return [
        Figure(
            f"Case A, one sheet, {rows:,} rows",
            run.rows_per_min,
            "rows/min",
            Goal(at_least=20_000, ratio_at_least=0.8),
            limit,
            "from the press of the button until COMPLETED: frozen, asked, committed, written, verified; "
            f"every cell compared with the stand-in's answer; limit: the bare client, {rows:,} other rows, "
            f"{IN_FLIGHT:,} in flight",
        ),
        Figure(
            "CPU per 1,000 rows",
            cpu * 1_000 / rows,
            "CPU-s",
            Goal(ratio_at_most=1.4),
            bare["cpu_s"] * 1_000 / rows,
            "gunicorn and all its children, api included",
        ),
    ]


def three_sheets(scene: Scene, rows: int) -> list[Figure]:
    """Three sheets at once, with somebody who keeps looking."""
    sheets = [scene.a_sheet(rows, f"three {n}") for n in range(3)]
    after = _newest(scene)
    shares: list[float] = []
    began = time.monotonic()
    runs = [scene.queue(sheet) for sheet in sheets]
    with PeakMemory(scene.backend_pid) as memory, Visitor(scene, runs[0]) as visitor:

        def all_ended(watched: Sequence[Run]) -> bool:
            if not any(run.seconds for run in watched):
                shares[:] = _shares(watched) or shares
            return all(run.seconds for run in watched)

        scene.follow(runs, until=all_ended)
    seconds = time.monotonic() - began
    for run in runs:
        scene.check(run)
    furthest = max((abs(share * 3 - 1) for share in shares), default=float("nan"))
    return [
        Figure(
            f"Case A, three sheets of {rows:,} rows at once, total",
            3 * rows * 60 / seconds,
            "rows/min",
            Goal(at_least=24_000),
            note="until the last one is COMPLETED",
        ),
        Figure(
            "Three sheets: furthest from a third",
            furthest * 100,
            "%",
            Goal(at_most=20),
            note="rows answered when the first of the three was about to end",
        ),
        Figure(
            f"Worker memory, three jobs of {rows:,} rows",
            memory.mb,
            "MB",
            Goal(at_most=250),
            note="the most that gunicorn and its children held (proportional set size), api included",
        ),
        Figure(
            "Api answers while three jobs run, p95",
            percentile(visitor.ms, 0.95),
            "ms",
            Goal(at_most=100),
            note=f"{len(visitor.ms)} calls of {len(visitor.paths)} routes, one after another, p50 "
            f"{statistics.median(visitor.ms):.0f} ms",
        ),
        *_sheets_calls(scene, runs, after),
    ]


def failing_now_and_then(scene: Scene, rows: int) -> list[Figure]:
    """5 % of the calls meet a fault that passes: an error, a rate limit, a cut connection."""
    share = 0.05 / 3
    faults = [
        {"fault": "server_error", "probability": share},
        {"fault": "rate_limited", "probability": share, "retry_after_s": 0.5},
        {"fault": "cut", "probability": share},
    ]
    sheet = scene.a_sheet(rows, "faults")
    scene.local.faults(scene.stack.model_url, seed=7, rules=faults)
    try:
        run = scene.queue(sheet)
        scene.follow([run])
    finally:
        scene.local.faults(scene.stack.model_url)
    scene.check(run)
    return [
        Figure(
            f"Rows done, {rows:,} rows, 5 % of calls failing transiently",
            run.job["counts"]["done"] * 100 / rows,
            "%",
            Goal(at_least=100),
            note=f"errors 500, 429 and cut connections; {run.job['model_calls']:,} calls, "
            f"{run.rows_per_min:,.0f} rows/min",
        )
    ]


def _shares(runs: Sequence[Run]) -> list[float]:
    """What part of all answered rows is each run's; nothing before every run has some."""
    answered = [sum(run.job["counts"][state] for state in ("answered", "done")) for run in runs]
    return [one / sum(answered) for one in answered] if all(answered) else []


def _newest(scene: Scene) -> int:
    return max((entry["n"] for entry in scene.local.ledger(scene.stack.sheets_url)), default=0)


def _sheets_calls(scene: Scene, runs: Sequence[Run], after: int) -> list[Figure]:
    """Calls of the service account in the busiest minute of each job, once it runs, from the ledger."""
    entries = [
        entry
        for entry in scene.local.ledger(scene.stack.sheets_url, after)
        if entry["door"] == "api" and entry["kind"] in ("read", "write")
    ]
    refused = sum(entry["status"] == 429 for entry in entries)
    figures = []
    for kind in ("read", "write"):
        most = max(
            busiest_minute(
                [
                    entry["at"]
                    for entry in entries
                    if entry["kind"] == kind
                    and run.spreadsheet in entry["path"]
                    and entry["at"] >= datetime.fromisoformat(run.job["started_at"]).timestamp()
                ]
            )
            for run in runs
        )
        figures.append(
            Figure(f"Sheets {kind}s of a running job in its busiest minute", most, "calls", Goal(at_most=12))
        )
    statuses = dict(Counter(entry["status"] for entry in entries))
    refusals = Figure(
        "Sheets calls refused by Google's quotas", refused, "calls", Goal(at_most=0), note=f"{statuses}"
    )
    return [*figures, refusals]


def busiest_minute(times: Sequence[float]) -> int:
    return max((sum(at <= other < at + 60 for other in times) for at in times), default=0)
