"""Requests and tokens per minute, kept as token buckets, and the headers that tell the truth about them.

A bucket holds a minute's worth and refills evenly, as OpenAI's guide "Rate limits" describes (a limit of
60 a minute may be enforced as one a second). Each key and model has its own pair. A call is charged one
request and, in tokens, the larger of its completion limit and a quarter of its characters, before it is
answered: the guide says the estimate comes from the character count. A call that fails afterwards stays
charged; one refused for its tokens has still used its request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.local.model import refusals

#: Characters the estimate counts as one token (OpenAI help centre, "What are tokens").
CHARACTERS_PER_TOKEN = 4


def duration(seconds: float) -> str:
    """A duration as the headers write it: `17ms`, `1.2s`, `6m0s`, `1h2m3s`."""
    milliseconds = math.ceil(max(seconds, 0.0) * 1000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(math.ceil(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s"


class Bucket:
    """`per_minute` units that refill evenly."""

    __slots__ = ("_at", "_held", "_rate", "per_minute")

    def __init__(self, per_minute: int, now: float) -> None:
        self.per_minute = per_minute
        self._rate = per_minute / 60
        self._held = float(per_minute)
        self._at = now

    def refill(self, now: float) -> float:
        """What is held now."""
        self._held = min(float(self.per_minute), self._held + (now - self._at) * self._rate)
        self._at = now
        return self._held

    def take(self, amount: int) -> None:
        self._held -= amount

    def wait_s(self, amount: int) -> float:
        """Seconds until `amount` can be taken."""
        return max(0.0, (amount - self._held) / self._rate)

    @property
    def whole(self) -> int:
        """Whole units held, never below none."""
        return max(0, int(self._held))

    def full_in_s(self) -> float:
        return (self.per_minute - self._held) / self._rate


@dataclass(frozen=True)
class Allowance:
    """What a key may do with a model, in units per minute."""

    requests: int
    tokens: int


class Limits:
    """The buckets of every key and model."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float] = time.monotonic) -> None:
        self.allowance = allowance
        self._clock = clock
        self._buckets: dict[tuple[str, str], tuple[Bucket, Bucket]] = {}

    def _pair(self, key: str, model: str, now: float) -> tuple[Bucket, Bucket]:
        pair = self._buckets.get((key, model))
        if pair is None:
            pair = (Bucket(self.allowance.requests, now), Bucket(self.allowance.tokens, now))
            self._buckets[key, model] = pair
        return pair

    def charge(self, key: str, model: str, tokens: int) -> dict[str, str]:
        """Takes one request and `tokens`; returns the headers. Raises `ApiError` 429 when it may not."""
        now = self._clock()
        requests, budget = self._pair(key, model, now)
        held, spare = requests.refill(now), budget.refill(now)
        if held < 1:
            raise self._reached(model, "requests", requests, budget, requests, 1)
        requests.take(1)
        if tokens > budget.per_minute:
            raise refusals.request_too_large(model, budget.per_minute, tokens)
        if spare < tokens:
            raise self._reached(model, "tokens", requests, budget, budget, tokens)
        budget.take(tokens)
        return _headers(requests, budget)

    def _reached(
        self, model: str, unit: str, requests: Bucket, tokens: Bucket, short: Bucket, amount: int
    ) -> refusals.ApiError:
        wait = short.wait_s(amount)
        headers = _headers(requests, tokens)
        headers["retry-after-ms"] = str(math.ceil(wait * 1000))
        headers["retry-after"] = str(math.ceil(wait))
        used = short.per_minute - short.whole
        return refusals.rate_limited(model, unit, short.per_minute, used, amount, duration(wait), headers)


def _headers(requests: Bucket, tokens: Bucket) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(requests.per_minute),
        "x-ratelimit-limit-tokens": str(tokens.per_minute),
        "x-ratelimit-remaining-requests": str(requests.whole),
        "x-ratelimit-remaining-tokens": str(tokens.whole),
        "x-ratelimit-reset-requests": duration(requests.full_in_s()),
        "x-ratelimit-reset-tokens": duration(tokens.full_in_s()),
    }
