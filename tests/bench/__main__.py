"""`make bench`: the whole stack measured in one run, each figure beside its goal and its limit.

Every measurement gets the results it timed checked. One with a wrong cell gives no figure, and the status 1.
QUICK=1 takes fewer rows and leaves out what needs long jobs or Java.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench import browsing, case_a, case_b, cold, long_jobs, many_jobs, visiting
from tests.bench.figures import Figure, Goal, number, replace_section, section, table
from tests.bench.scene import LATENCY_MS, Scene, a_scene
from tests.chromium import chromium_path
from tests.emulator import Emulator, Unavailable

PAGE = Path("docs/performance.md")
REPORT = Path("bench.json")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is run."""

    rows: int
    each_of_three: int
    pages: int
    failing: int
    watched: int
    jobs: int
    long: int
    long_watched_s: float


FULL = Size(6_000, 6_000, 3_000, 6_000, 3_000, 1_000, 50_000, 150.0)
QUICK = Size(3_000, 2_000, 800, 1_000, 1_000, 200, 10_000, 0.0)

Measure = Callable[[Scene], list[Figure]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measures the whole stack.")
    parser.add_argument("--quick", action="store_true", help="under two minutes")
    parser.add_argument("--only", help="measurements whose name contains this (for work on one of them)")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    began = time.monotonic()
    load = os.getloadavg()[0]
    figures: list[Figure] = []
    wrong: list[str] = []
    for name, measure in measurements(size, quick=arguments.quick):
        if arguments.only and arguments.only not in name:
            continue
        print(f"{time.monotonic() - began:5.0f} s  {name} …", file=sys.stderr, flush=True)
        try:
            found = measure()
        except Exception as reason:  # noqa: BLE001 - whatever it was, the other measurements stand
            why = str(reason) or type(reason).__name__
            wrong.append(f"{name}: {why}")
            found = [Figure(name, math.nan, "", Goal(at_least=0), note=f"not measured: {why}")]
        for figure in found:
            print(f"         {figure.name}: {number(figure.value)} {figure.unit}", file=sys.stderr)
        figures += found
    print("\n" + table(figures))
    if not arguments.only:
        write(figures, machine(load), quick=arguments.quick)
    missed = [figure.name for figure in figures if figure.ok is False]
    print(f"\n{len(figures)} figures in {time.monotonic() - began:.0f} s, in {REPORT}.", end=" ")
    print(f"Not reached: {', '.join(missed)}." if missed else "Every goal is reached.")
    for line in wrong:
        print(f"Not measured, {line}")
    return 1 if wrong else 0


def measurements(size: Size, *, quick: bool) -> Iterator[tuple[str, Callable[[], list[Figure]]]]:
    """What is measured, in order; each on a stack of its own unless it does not matter."""
    yield "case a: one sheet", _on_a_stack(lambda scene: case_a.one_sheet(scene, size.rows))
    yield "case a: three sheets", _on_a_stack(lambda scene: case_a.three_sheets(scene, size.each_of_three))
    yield "case b", _on_a_stack(lambda scene: case_b.one_sheet(scene, size.pages))
    yield (
        "smaller ones",
        _on_a_stack(
            lambda scene: [
                *case_a.failing_now_and_then(scene, size.failing),
                *_visible(scene, size.watched),
                *many_jobs.creating_and_listing(scene, size.jobs, "SQLite"),
                *many_jobs.weight(scene),
                *cold.starts(scene),
            ],
            workbench=True,
        ),
    )
    yield (
        "long jobs",
        _on_a_stack(lambda scene: long_jobs.beside_two_long_ones(scene, size.long, size.long_watched_s)),
    )
    if not quick:
        yield "firestore", lambda: _on_firestore(size)


def _on_a_stack(measure: Measure, *, workbench: bool = False, **env: str) -> Callable[[], list[Figure]]:
    def measured() -> list[Figure]:
        with _folder() as folder, a_scene(folder, _environ(), workbench=workbench, **env) as scene:
            return measure(scene)

    return measured


def _visible(scene: Scene, rows: int) -> list[Figure]:
    if chromium_path() is not None:
        return browsing.visible(scene, rows)
    print("         Chromium is missing: measured up to the watch route's answer.", file=sys.stderr)
    return visiting.visible(scene, rows)


def _on_firestore(size: Size) -> list[Figure]:
    try:
        emulator = Emulator()
    except Unavailable as missing:
        print(f"         {missing}", file=sys.stderr)
        return []
    emulator.start()
    try:
        return _on_a_stack(
            lambda scene: many_jobs.creating_and_listing(scene, size.jobs, "Firestore emulator"),
            DATABASE="firestore",
            FIRESTORE_EMULATOR_HOST=emulator.address,
        )()
    finally:
        emulator.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rowmill-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _environ() -> dict[str, str]:
    """Ours without a real model's key: a bench costs nothing and leaves the machine alone."""
    real = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    return {name: value for name, value in os.environ.items() if name not in real}


def machine(load: float) -> dict[str, Any]:
    """Where it was measured."""
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cores": os.cpu_count() or 0,
        "cpu": names[0].partition(":")[2].strip() if names else platform.machine(),
        "memory_gb": round(memory_kb / 1e6, 1),
        "load_before": round(load, 2),
        "model_latency_ms": LATENCY_MS,
    }


def write(figures: list[Figure], where: dict[str, Any], *, quick: bool) -> None:
    """`bench.json`; and, after a full run, the page's section."""
    versions = {"python": platform.python_version()}
    versions |= {name: version(name) for name in ("openai", "aiohttp", "flask", "gunicorn", "lxml")}
    report = {
        "figures": [figure.to_data() for figure in figures],
        "machine": where,
        "versions": versions,
        "quick": quick,
    }
    REPORT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if not quick and PAGE.exists():
        when = time.strftime("%Y-%m-%d", time.gmtime())
        PAGE.write_text(replace_section(PAGE.read_text(), section(figures, where, versions, when)))


if __name__ == "__main__":
    sys.exit(main())
