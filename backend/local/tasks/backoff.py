"""When a failed task is tried again: the formula of the reference (RetryConfig), as pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from backend.local.tasks.wire import Message

#: Seconds a task is kept at most (quotas: "Maximum task retention", 31 days).
RETENTION_S = 31 * 86_400


@dataclass(frozen=True)
class RetryRule:
    """RetryConfig in seconds. `max_attempts` -1 and `max_retry_s` 0 set no limit."""

    max_attempts: int
    max_retry_s: float
    min_backoff_s: float
    max_backoff_s: float
    max_doublings: int

    @classmethod
    def of(cls, retry: Message) -> RetryRule:
        return cls(
            retry.max_attempts,
            retry.max_retry_duration.ToMicroseconds() / 1e6,
            retry.min_backoff.ToMicroseconds() / 1e6,
            retry.max_backoff.ToMicroseconds() / 1e6,
            retry.max_doublings,
        )


def backoff_s(rule: RetryRule, failures: int) -> float:
    """Seconds from the given failure (1 is the first) to the next attempt.

    The interval starts at min_backoff, doubles max_doublings times, then grows by the last doubled
    interval each time, and never passes max_backoff: 10, 20, 40, 80, 160, 240, 300, 300 for 10 s,
    300 s and 3 doublings.
    """
    doublings = min(failures - 1, rule.max_doublings)
    # Past a thousand doublings a float overflows; the cap was passed long before.
    doubled = rule.min_backoff_s * 2.0 ** min(doublings, 1000)
    steps = max(1, failures - rule.max_doublings)
    return min(doubled * steps, rule.max_backoff_s)


def gives_up(rule: RetryRule, attempts: int, since_first_s: float, age_s: float) -> bool:
    """Whether a task that has just failed is deleted instead of retried.

    Only when every limit that is set is used up: max_attempts and max_retry_duration stop nothing
    alone where both are set. `since_first_s` counts from the first attempt, `age_s` from the creation.
    """
    if age_s >= RETENTION_S:
        return True
    limits = []
    if rule.max_attempts != -1:
        limits.append(attempts >= rule.max_attempts)
    if rule.max_retry_s > 0:
        limits.append(since_first_s >= rule.max_retry_s)
    return bool(limits) and all(limits)
