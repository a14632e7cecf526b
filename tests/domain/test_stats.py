"""Histograms that merge by adding, and percentiles that are at most a tenth off."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from backend.domain import stats

VALUES = st.lists(st.integers(1, 5_000_000), min_size=1, max_size=300)


def exact(values: list[int], share: float) -> int:
    return sorted(values)[math.ceil(share * len(values)) - 1]


@given(VALUES)
def test_a_percentile_is_at_most_a_tenth_off(values: list[int]) -> None:
    found = stats.percentiles("r", stats.counters("r", values))
    assert found.count == len(values)
    for share, given_ in ((0.5, found.p50), (0.95, found.p95)):
        assert abs(given_ - exact(values, share)) <= 0.1 * exact(values, share)


@given(VALUES, VALUES)
def test_merged_histograms_are_the_histogram_of_all(some: list[int], more: list[int]) -> None:
    added = stats.counters("m", some)
    stats.add(added, stats.counters("m", more))
    assert added == stats.counters("m", some + more)


@given(st.integers(1, 2**40))
def test_a_value_lies_in_its_bucket(value: int) -> None:
    number = stats.bucket(value)
    assert (
        2 ** ((number - 2) / stats.FINENESS) * 0.999999
        <= value
        <= 2 ** ((number - 1) / stats.FINENESS) * 1.000001
    )


def test_nothing_has_no_percentiles_and_other_counters_are_no_buckets() -> None:
    empty = stats.percentiles("r", {"rows": 7, "m3": 2, "running": 1})
    assert (empty.count, empty.p50, empty.p95) == (0, 0.0, 0.0)


def test_zero_is_a_value() -> None:
    found = stats.percentiles("w", stats.counters("w", [0, 0, 0, 60]))
    assert (found.count, found.p50) == (4, 0.0)
    assert 54 < found.p95 < 66


def test_hours_are_counted_in_utc() -> None:
    assert stats.hour_of(0) == 0
    assert stats.hour_of(3_599.9) == 0
    assert stats.hour_of(1_760_000_400) == 488_889
