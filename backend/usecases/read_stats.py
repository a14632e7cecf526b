"""A spreadsheet's last hours in numbers, added up from its hourly documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.domain import stats
from backend.domain.results import ROW_STATES
from backend.domain.stats import HOUR_S, Percentiles
from backend.ports import Clock, Documents
from backend.usecases.records import STATS

#: Hours that a point of the charts stands for, by the hours that are asked for.
STEPS = {24: 1, 720: 24}
PAGE = 500


@dataclass(frozen=True, slots=True)
class Point:
    """One step of the charts. `at` is its begin in Unix seconds."""

    at: int
    added: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stats:
    """All of the span, and its steps oldest first; a step without anything is there with no counters."""

    step_hours: int
    added: Mapping[str, int]
    points: list[Point]

    @property
    def rows(self) -> dict[str, int]:
        """Rows that came to a terminal state, a repeated row each time it did."""
        return {state: self.added.get(state, 0) for state in ROW_STATES}

    @property
    def failures(self) -> dict[str, int]:
        return {name[2:]: count for name, count in self.added.items() if name.startswith("f_") and count}

    def percentiles(self, letter: str) -> Percentiles:
        return stats.percentiles(letter, self.added)


def read_stats(spreadsheet_id: str, hours: int, *, documents: Documents, clock: Clock) -> Stats:
    """`hours` is a key of `STEPS`: the running step and those before it."""
    step = STEPS[hours]
    last = stats.hour_of(clock.now()) // step
    first = last - hours // step + 1
    steps: dict[int, dict[str, int]] = {number: {} for number in range(first, last + 1)}
    cursor: str | None = None
    while True:
        found = documents.query(
            STATS,
            {"spreadsheet_id": spreadsheet_id},
            low=first * step,
            high=(last + 1) * step,
            limit=PAGE,
            cursor=cursor,
        )
        for document in found.documents:
            counters = {
                name: n for name, n in document.data.items() if name not in ("spreadsheet_id", "hour")
            }
            stats.add(steps[document.data["hour"] // step], counters)
        cursor = found.cursor
        if cursor is None:
            break
    added: dict[str, int] = {}
    for counters in steps.values():
        stats.add(added, counters)
    points = [Point(number * step * HOUR_S, counters) for number, counters in steps.items()]
    return Stats(step, added, points)


def rows_per_min(added: Mapping[str, int]) -> int:
    """Rows that a job at work answers in a minute."""
    busy_ms = added.get("busy_ms", 0)
    return round(added.get("answered", 0) * 60_000 / busy_ms) if busy_ms else 0
