"""Case B: one sheet whose websites are read before the model is asked."""

from __future__ import annotations

from tests.bench.figures import Figure, Goal
from tests.bench.scene import PAGE_KB, PAGE_LATENCY_MS, Scene


def one_sheet(scene: Scene, rows: int) -> list[Figure]:
    cpu = scene.cpu_s()
    run = scene.queue(scene.a_sheet(rows, "pages"), "case_b")
    scene.follow([run])
    cpu = scene.cpu_s() - cpu
    scene.check(run)
    return [
        Figure(
            f"Case B, one sheet, {rows:,} rows, {PAGE_KB} KB pages in {PAGE_LATENCY_MS} ms",
            run.rows_per_min,
            "rows/min",
            Goal(at_least=5_000),
            note=f"every website with its robots.txt first; {cpu * 1_000 / rows:.1f} CPU-s per 1,000 rows of "
            "the backend and its parsers",
        )
    ]
