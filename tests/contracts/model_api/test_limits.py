"""Limits per minute: kept, told in the headers, refilled evenly."""

from __future__ import annotations

from collections.abc import Callable

import openai
import pytest

from backend.local.model.limits import Allowance, Limits, duration
from backend.local.model.refusals import ApiError
from tests.contracts.model_api.asking import Model


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0ms"),
        (0.017, "17ms"),
        (0.9999, "1s"),
        (1.2, "1.2s"),
        (9.816, "9.816s"),
        (59.9991, "1m0s"),
        (360, "6m0s"),
        (3723, "1h2m3s"),
    ],
)
def test_durations_are_written_as_the_headers_write_them(seconds: float, written: str) -> None:
    """Source: OpenAI guide, Rate limits in headers (`1s`, `6m0s`); community threads (`12ms`, `9.816s`)."""
    assert duration(seconds) == written


def test_a_burst_of_a_minute_passes_and_the_next_call_waits(clock: Clock) -> None:
    limits = Limits(Allowance(60, 1_000_000), clock)
    remaining = [limits.charge("k", "m", 10)["x-ratelimit-remaining-requests"] for _ in range(60)]
    assert remaining == [str(left) for left in range(59, -1, -1)]
    with pytest.raises(ApiError) as caught:
        limits.charge("k", "m", 10)
    assert "Limit 60, Used 60, Requested 1. Please try again in 1s." in caught.value.message
    assert caught.value.headers["retry-after-ms"] == "1000"
    assert caught.value.headers["x-ratelimit-reset-requests"] == "1m0s"
    clock.now += 1.0
    limits.charge("k", "m", 10)


def test_any_minute_after_the_first_burst_keeps_the_limit(clock: Clock) -> None:
    limits = Limits(Allowance(120, 1_000_000), clock)
    passed = []
    for _ in range(6000):
        clock.now += 0.03
        try:
            limits.charge("k", "m", 1)
            passed.append(clock.now)
        except ApiError:
            continue
    later = [at for at in passed if at > passed[0] + 60]
    busiest = max(sum(start <= at < start + 60 for at in later) for start in later)
    assert busiest <= 121


def test_tokens_run_out_before_requests(clock: Clock) -> None:
    limits = Limits(Allowance(1000, 600), clock)
    limits.charge("k", "m", 500)
    with pytest.raises(ApiError) as caught:
        limits.charge("k", "m", 200)
    assert caught.value.type == "tokens"
    assert "(TPM): Limit 600, Used 500, Requested 200. Please try again in 10s." in caught.value.message
    clock.now += 10
    limits.charge("k", "m", 200)


def test_a_call_over_the_whole_limit_is_too_large_for_ever(clock: Clock) -> None:
    """Source: agent0ai/agent-zero issue 711."""
    limits = Limits(Allowance(1000, 600), clock)
    with pytest.raises(ApiError) as caught:
        limits.charge("k", "m", 601)
    assert caught.value.message.startswith("Request too large for m")
    assert "retry-after" not in caught.value.headers


def test_keys_and_models_have_limits_of_their_own(clock: Clock) -> None:
    limits = Limits(Allowance(1, 1000), clock)
    for key, model in (("a", "m"), ("b", "m"), ("a", "n")):
        limits.charge(key, model, 1)
    with pytest.raises(ApiError):
        limits.charge("a", "m", 1)


def test_the_client_sees_the_limit(start: Callable[..., Model]) -> None:
    model = start(allowance=Allowance(3, 1_000_000))
    for _ in range(3):
        model.ask()
    with pytest.raises(openai.RateLimitError) as caught:
        model.ask()
    headers = caught.value.response.headers
    assert caught.value.code == "rate_limit_exceeded"
    assert headers["x-ratelimit-limit-requests"] == "3"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert 1 <= int(headers["retry-after"]) <= 20


def test_the_charge_is_the_larger_of_limit_and_estimate(start: Callable[..., Model]) -> None:
    """Source: OpenAI guide, Rate limits; help centre, How can I solve 429 errors."""
    model = start(allowance=Allowance(1000, 100_000))
    model.ask(max_completion_tokens=90_000)
    with pytest.raises(openai.RateLimitError) as caught:
        model.ask(max_completion_tokens=20_000)
    assert caught.value.type == "tokens"
    model.ask(max_completion_tokens=100)
