"""Case B: one sheet whose websites are read before the model is asked."""

from __future__ import annotations

from tests.bench.figures import Figure, Goal
from tests.bench.scene import PAGE_KB, PAGE_LATENCY_MS, Scene
from tests.bench.usage import PeakMemory


def one_sheet(scene: Scene, rows: int) -> list[Figure]:
    sheet = scene.a_sheet(rows, "pages")
    cpu, standins = scene.cpu_s(), scene.standins_cpu_s()
    with PeakMemory(scene.backend_pid) as memory:
        run = scene.queue(sheet, "case_b")
        scene.follow([run])
    cpu, standins = scene.cpu_s() - cpu, scene.standins_cpu_s() - standins
    late = scene.check(run)
    return [
        Figure(
            f"Case B, one sheet, {rows:,} rows, {PAGE_KB} KB pages in {PAGE_LATENCY_MS} ms",
            run.rows_per_min,
            "rows/min",
            Goal(at_least=5_000),
            note=f"every website with its robots.txt first; {late:,} websites did not answer in time, and "
            "their rows were done without them",
        ),
        Figure(
            "Case B, CPU per 1,000 rows",
            cpu * 1_000 / rows,
            "CPU-s",
            note="gunicorn and all its children, the parsers among them; the stand-ins take "
            f"{standins * 1_000 / rows:.2f} CPU-s more from the same cores",
        ),
        Figure(
            "Case B, worker memory",
            memory.mb,
            "MB",
            note="the most that gunicorn and its children held, the parsers among them",
        ),
    ]
