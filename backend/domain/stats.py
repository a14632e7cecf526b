"""What happened, hour by hour, in numbers that add up: counts, and histograms that merge by adding.

A histogram is a set of counters, one for each bucket that something fell into. Buckets grow by the fourth
root of two, so a percentile read from them is at most a tenth off, whatever was merged.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HOUR_S = 3_600
#: Buckets a doubling.
FINENESS = 4

#: What a histogram measures → the letter that its counters begin with.
ROW_MS, CALL_MS, PAGE_MS, WAIT_S, MEMORY_MB = "r", "m", "p", "w", "b"


def hour_of(at: float) -> int:
    """Hours since 1970 in UTC."""
    return int(at // HOUR_S)


def bucket(value: float) -> int:
    """0 holds what is below 1; n ends at 2 ** ((n - 1) / FINENESS), that value included."""
    return 0 if value < 1 else math.ceil(FINENESS * math.log2(value) - 1e-9) + 1


def middle(number: int) -> float:
    """What a value of the bucket is taken for: its geometric middle."""
    return 0.0 if number == 0 else 2 ** ((number - 1.5) / FINENESS)


def counters(letter: str, values: Iterable[float]) -> dict[str, int]:
    """The counters that these values add to, by name: the letter, then the bucket."""
    return {f"{letter}{number}": count for number, count in Counter(map(bucket, values)).items()}


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of `count` values; 0 where there is none."""

    count: int
    p50: float
    p95: float


def percentiles(letter: str, added: Mapping[str, int]) -> Percentiles:
    """Reads a histogram out of added-up counters. A percentile is the smallest value with its share below."""
    found = sorted(
        (int(name[1:]), count)
        for name, count in added.items()
        if name[0] == letter and name[1:].isdigit() and count > 0
    )
    total = sum(count for _, count in found)

    def at(share: float) -> float:
        rank, below = math.ceil(share * total), 0
        for number, count in found:
            below += count
            if below >= rank:
                return middle(number)
        return 0.0

    return Percentiles(total, at(0.5), at(0.95))


def add(into: dict[str, int], by: Mapping[str, int]) -> None:
    """Adds counters by name."""
    for name, count in by.items():
        into[name] = into.get(name, 0) + count
