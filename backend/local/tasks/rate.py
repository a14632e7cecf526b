"""How fast a queue may go: its token bucket, and the brake that 429 and 503 answers put on all of it."""

from __future__ import annotations

from dataclasses import dataclass

#: Seconds the first brake lasts; each further one in a row doubles it.
FIRST_BRAKE_S = 1.0
LONGEST_BRAKE_S = 60.0
#: A worker's Retry-After is heeded up to this many seconds.
LONGEST_RETRY_AFTER_S = 3600.0


@dataclass
class TokenBucket:
    """RateLimits.maxDispatchesPerSecond and maxBurstSize: full at first, refilled all the time."""

    per_second: float
    burst: float
    tokens: float
    filled_at: float

    @classmethod
    def full(cls, per_second: float, burst: float, now: float) -> TokenBucket:
        return cls(per_second, burst, burst, now)

    def resize(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, burst

    def take(self, now: float) -> bool:
        """Takes one token; False where there is none yet."""
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.filled_at) * self.per_second)
        self.filled_at = now
        # A wait computed to the microsecond may end a hair before the token is whole.
        if self.tokens < 1 - 1e-6:
            return False
        self.tokens -= 1
        return True

    def next_at(self) -> float:
        """When the next token is there."""
        return self.filled_at + max(0.0, 1 - self.tokens) / self.per_second


@dataclass
class Brake:
    """System throttling: a worker that answers 429 or 503 stops its whole queue for a while.

    How long is not published; here it doubles from one second to a minute, and a Retry-After counts
    where it asks for more. The first answer of another kind lets the queue go at full rate again.
    """

    in_a_row: int = 0
    until: float = 0.0

    def overloaded(self, now: float, retry_after_s: float) -> None:
        own = min(FIRST_BRAKE_S * 2.0 ** min(self.in_a_row, 10), LONGEST_BRAKE_S)
        self.in_a_row += 1
        self.until = max(self.until, now + max(own, min(retry_after_s, LONGEST_RETRY_AFTER_S)))

    def answered(self) -> None:
        self.in_a_row = 0
