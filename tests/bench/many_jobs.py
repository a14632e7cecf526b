"""A store with a thousand jobs: how long creating and listing take, and what a job's document weighs."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.local.person import Person
from tests.bench.figures import Figure, Goal, percentile
from tests.bench.scene import Scene

#: Calls that are timed, each alone.
TIMED = 100
HANDS = 4


def creating_and_listing(scene: Scene, jobs: int, store: str) -> list[Figure]:
    """Jobs that wait for their time tomorrow; the last ones are timed, with `jobs` in the store."""
    spreadsheet, _ = scene.a_sheet(5, "many")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {
        "spreadsheet_id": spreadsheet,
        "sheet_ids": [0],
        "recipe": "case_a",
        "mode": "all",
        "run_at": tomorrow,
    }

    def create(person: Person) -> Any:
        return person.ask("POST", "/api/jobs", body)

    people = [Person(scene.stack) for _ in range(HANDS)]
    each = (jobs - TIMED) // HANDS
    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(lambda person: [create(person) for _ in range(each)], people))
    creating = _timed(lambda: create(people[0]))
    listing = _timed(lambda: people[0].ask("GET", f"/api/jobs?spreadsheet_id={spreadsheet}"))
    watching = _timed(lambda: people[0].ask("GET", f"/api/jobs?spreadsheet_id={spreadsheet}&status=PENDING"))
    return [
        Figure(
            f"Creating a job, {jobs:,} in the store ({store}), p95",
            percentile(creating, 0.95),
            "ms",
            Goal(at_most=100),
            note="over HTTP, with the proof of the right to edit looked up",
        ),
        Figure(
            f"Listing 50 of {jobs:,} jobs ({store}), p95",
            percentile([*listing, *watching], 0.95),
            "ms",
            Goal(at_most=100),
            note="over HTTP, all and by status",
        ),
    ]


def weight(scene: Scene) -> list[Figure]:
    """What the job documents take, as JSON, for each 1,000 of them."""
    store = sqlite3.connect(f"file:{scene.stack.settings.data / 'rowmill.db'}?mode=ro", uri=True)
    try:
        sizes: dict[str, tuple[int, int]] = {
            collection: (count, size)
            for collection, count, size in store.execute(
                "SELECT collection, count(*), sum(length(id) + length(CAST(data AS BLOB)))"
                " FROM documents GROUP BY collection"
            )
        }
    finally:
        store.close()
    jobs, of_jobs = sizes["jobs"]
    beside = sum(sizes[name][1] for name in ("leases", "progress", "events") if name in sizes)
    return [
        Figure("Job documents per 1,000 jobs", of_jobs / jobs / 1_000, "MB", Goal(at_most=1.0)),
        Figure(
            "The same with leases, progress and events",
            (of_jobs + beside) / jobs / 1_000,
            "MB",
            Goal(at_most=3.0),
        ),
    ]


def _timed(call: Callable[[], Any]) -> list[float]:
    took: list[float] = []
    for _ in range(TIMED):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1_000)
    return took
