"""The pace towards a model: carefully at first, as wide as its headers allow, half as wide after a 429."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.pace import FIRST_IN_FLIGHT, SHARE, Bucket, Pace


def test_it_begins_with_a_few_and_never_with_more_than_it_may() -> None:
    assert Pace(1_000).allowed == FIRST_IN_FLIGHT
    assert Pace(5).allowed == 5


def test_headers_open_the_rest_at_once() -> None:
    pace = Pace(1_000)
    pace.answered(0, limit_requests=10_000, remaining_requests=9_000)
    assert pace.allowed == 1_000


def test_quiet_answers_add_one_each() -> None:
    pace = Pace(1_000)
    for _ in range(10):
        pace.answered(0)
    assert pace.allowed == FIRST_IN_FLIGHT + 10


def test_a_refusal_halves_once_for_a_burst_and_waits_as_asked() -> None:
    pace = Pace(1_000, allowed=100)
    for _ in range(50):
        pace.refused(10.0, delay_s=7)
    assert pace.allowed == 50
    assert pace.wait_s(1, 10.0) == 7
    assert pace.wait_s(1, 17.0) == 0


def test_calls_that_take_much_longer_than_usual_narrow_it_second_by_second() -> None:
    pace = Pace(1_000, allowed=1_000)
    for _ in range(100):
        pace.took(1_000, 0.0)
    for call in range(400):
        pace.took(20_000, 10.0 + call / 200)
        pace.answered(10.0 + call / 200)
    assert pace.is_slow
    assert pace.allowed == 1_000 * 0.9 * 0.9
    for _ in range(300):
        pace.took(1_000, 15.0)
        pace.answered(15.0)
    assert not pace.is_slow
    assert pace.allowed > 900


def test_slowness_never_narrows_it_below_a_start() -> None:
    pace = Pace(1_000, allowed=40)
    pace.took(100, 0.0)
    for second in range(60):
        pace.took(60_000, float(second))
    assert pace.allowed == FIRST_IN_FLIGHT


def test_it_never_falls_below_one() -> None:
    pace = Pace(1_000)
    for second in range(20):
        pace.refused(float(2 * second), None)
    assert pace.allowed == 1


@given(
    limit=st.integers(10, 5_000),
    asks=st.lists(st.floats(0, 2, allow_nan=False), min_size=1, max_size=200),
)
def test_no_minute_sees_more_than_our_share(limit: int, asks: list[float]) -> None:
    """Whatever the rhythm of the asking; one bucketful may come on top, at the start."""
    bucket, now = Bucket(), 0.0
    bucket.limit(limit, None, now)
    taken: list[float] = []
    for wait in asks:
        now += wait
        if bucket.wait_s(1, now) == 0:
            bucket.take(1, now)
            taken.append(now)
    for start in taken:
        assert sum(start <= at < start + 60 for at in taken) <= 2 * limit * SHARE + 1


def test_what_the_provider_says_is_left_is_believed_when_it_is_less() -> None:
    bucket = Bucket()
    bucket.limit(100, 20, 0.0)
    assert bucket.level == 20 - 100 * (1 - SHARE)
    bucket.limit(100, 90, 0.0)
    assert bucket.level == 20 - 100 * (1 - SHARE)


def test_a_full_bucket_lets_an_amount_pass_that_is_larger_than_itself() -> None:
    bucket = Bucket()
    bucket.limit(100, None, 0.0)
    assert bucket.wait_s(500, 0.0) == 0
    bucket.take(500, 0.0)
    assert bucket.wait_s(1, 0.0) > 60
