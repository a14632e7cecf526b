"""Long jobs: what they hold in memory, and how long a small one waits beside them."""

from __future__ import annotations

import time

from tests.bench.figures import Figure, Goal
from tests.bench.scene import Run, Scene
from tests.bench.usage import PeakMemory


def beside_two_long_ones(scene: Scene, rows: int, watched_s: float) -> list[Figure]:
    """Two jobs of `rows` rows run; a job of 5 rows is queued, and a third long one when that has ended.

    Memory is watched from the first one on, and for `watched_s` at most after the third has begun.
    """
    *sheets, third = [scene.a_sheet(rows, f"long {n}") for n in range(3)]
    small = scene.a_sheet(5, "small")
    with PeakMemory(scene.backend_pid) as memory:
        long_ones = [scene.queue(sheet) for sheet in sheets]
        scene.follow(long_ones, until=lambda runs: all(map(_answered, runs)))
        short = scene.queue(small)
        scene.follow([short], until=lambda runs: runs[0].job["status"] != "PENDING")
        waited = time.monotonic() - short.began
        scene.follow([short])
        scene.check(short)
        long_ones.append(scene.queue(third))
        until = time.monotonic() + watched_s
        scene.follow(
            long_ones,
            until=lambda runs: time.monotonic() > until or all(run.seconds for run in runs),
        )
    answered = sum(map(_answered, long_ones))
    for run in long_ones:
        if run.seconds:
            scene.check(run)
        else:
            scene.cancel(run)
    return [
        Figure(
            f"A 5-row job queued while two of {rows:,} rows run: starts after",
            waited,
            "s",
            Goal(at_most=10),
            note=f"COMPLETED, with its results in the sheet, {short.seconds:.1f} s after it was queued",
        ),
        Figure(
            f"Worker memory, three jobs of {rows:,} rows",
            memory.mb,
            "MB",
            Goal(at_most=250),
            note=f"until {answered:,} rows were answered",
        ),
    ]


def _answered(run: Run) -> int:
    counts = run.job["counts"]
    return int(counts["answered"] + counts["done"])
