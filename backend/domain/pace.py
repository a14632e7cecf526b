"""How many calls to the model may be in flight, and when the next one may start.

Begins where the last batch with that key and model ended, or with a few calls; the first answer's
`x-ratelimit-*` headers (or its absence of trouble) open the rest. A 429 halves, calls that take much longer
than usual narrow it by a tenth a second; quiet answers add back. Requests and tokens a minute are kept under
the provider's limits by two buckets that its own headers fill, with a tenth left for others on the same key.
"""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST_IN_FLIGHT = 32
#: Calls that take so many times as long as usual: the provider, or we, cannot do more.
SLOW = 4.0
#: What is left of the calls in flight after a second of that.
NARROWER = 0.9
#: How much one call's time counts in the average of the last ones.
FRESH = 0.02
#: The part of a provider's limit that we use.
SHARE = 0.9


@dataclass(slots=True)
class Bucket:
    """Tokens that refill evenly over a minute; unlimited until a limit is known."""

    per_minute: float | None = None
    level: float = 0.0
    at: float = 0.0

    def limit(self, per_minute: int, remaining: int | None, now: float) -> None:
        """Takes what the provider said; the level only falls by it, our own spending being newer."""
        usable = per_minute * SHARE
        if self.per_minute != usable:
            self.per_minute, self.level, self.at = usable, usable, now
        if remaining is not None:
            self._refill(now)
            self.level = min(self.level, max(0.0, remaining - per_minute * (1 - SHARE)))

    def wait_s(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; 0 when it may now. A full bucket lets any amount pass."""
        if self.per_minute is None:
            return 0.0
        self._refill(now)
        lacking = min(amount, self.per_minute) - self.level
        return max(0.0, lacking * 60 / self.per_minute)

    def take(self, amount: float, now: float) -> None:
        if self.per_minute is not None:
            self._refill(now)
            self.level -= amount

    def _refill(self, now: float) -> None:
        if self.per_minute is not None:
            self.level = min(self.per_minute, self.level + (now - self.at) * self.per_minute / 60)
            self.at = now


@dataclass(slots=True)
class Pace:
    """The pace towards one key and model; shared by every job that uses them. Times are monotonic seconds."""

    most: int
    allowed: float = FIRST_IN_FLIGHT
    requests: Bucket = field(default_factory=Bucket)
    tokens: Bucket = field(default_factory=Bucket)
    #: Nothing starts before this time: what a 429 asked for.
    not_before: float = 0.0
    cut_at: float = -1e9
    #: Batches that have something to ask or in flight.
    sharers: int = 0
    #: Milliseconds that the last calls took on average, and the least that this average has been.
    recent_ms: float = 0.0
    usual_ms: float = 0.0
    narrowed_at: float = -1e9

    def __post_init__(self) -> None:
        self.allowed = min(self.allowed, self.most)

    @property
    def share(self) -> float:
        """Calls that one of the batches may have in flight, so that together they keep to what is allowed.

        When one joins, what the others had sent before comes back first: a moment with more.
        """
        return max(1.0, self.allowed / max(1, self.sharers))

    def wait_s(self, tokens: int, now: float) -> float:
        """Seconds until a call of so many tokens may start."""
        return max(self.not_before - now, self.requests.wait_s(1, now), self.tokens.wait_s(tokens, now), 0.0)

    def started(self, tokens: int, now: float) -> None:
        self.requests.take(1, now)
        self.tokens.take(tokens, now)

    def answered(
        self,
        now: float,
        *,
        limit_requests: int | None = None,
        remaining_requests: int | None = None,
        limit_tokens: int | None = None,
        remaining_tokens: int | None = None,
    ) -> None:
        """An answer came: learn the limits; open to what they allow, or by one for each quiet answer."""
        if limit_requests is not None:
            self.requests.limit(limit_requests, remaining_requests, now)
        if limit_tokens is not None:
            self.tokens.limit(limit_tokens, remaining_tokens, now)
        if self.is_slow:
            return
        if remaining_requests is not None and self.cut_at < 0:
            self.allowed = min(self.most, max(self.allowed, remaining_requests * SHARE))
        else:
            self.allowed = min(self.most, self.allowed + 1)

    @property
    def is_slow(self) -> bool:
        return self.recent_ms > SLOW * self.usual_ms

    def took(self, ms: float, now: float) -> None:
        """A call has ended, well or not: while the last ones take much longer than usual, fewer may start."""
        self.recent_ms += (ms - self.recent_ms) * FRESH if self.recent_ms else ms
        self.usual_ms = min(self.usual_ms or self.recent_ms, self.recent_ms)
        if self.is_slow and now - self.narrowed_at >= 1.0:
            self.allowed = max(min(self.allowed, FIRST_IN_FLIGHT), self.allowed * NARROWER)
            self.narrowed_at = now

    def refused(self, now: float, delay_s: float | None) -> None:
        """A 429 came: half as many in flight (once a second at most: a burst of them is one event)."""
        if now - self.cut_at >= 1.0:
            self.allowed = max(1.0, self.allowed / 2)
            self.cut_at = now
        if delay_s is not None:
            self.not_before = max(self.not_before, now + delay_s)
