"""What a queue may be: the limits of its rates and retries, and what stands where nothing is said.

Refusals are worded as recorded from production (see `refusals`); limits and defaults are the reference's
(projects.locations.queues: RateLimits, RetryConfig).
"""

from __future__ import annotations

import math
import re

from backend.local.tasks.refusals import helpful, invalid
from backend.local.tasks.wire import Message

MAX_DISPATCHES_PER_SECOND = 500.0
MAX_CONCURRENT_DISPATCHES = 5000
DEFAULT_CONCURRENT_DISPATCHES = 1000
DEFAULT_MAX_ATTEMPTS = 100
DEFAULT_MAX_DOUBLINGS = 16
DEFAULT_MIN_BACKOFF_MS = 100
DEFAULT_MAX_BACKOFF_S = 3600
#: The smallest burst that a queue is given, however slow it is.
LEAST_BURST = 10

RUNNING, PAUSED = 1, 2

_LOCATION = re.compile(r"projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+")
_QUEUE_NAME = re.compile(rf"{_LOCATION.pattern}/queues/[A-Za-z0-9-]{{1,100}}")


def check_name(name: str, parent: str) -> None:
    """Raises Refusal unless this may be a queue's name under this location."""
    if not _QUEUE_NAME.fullmatch(name):
        raise invalid(
            'Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/'
            '<QUEUE_ID>".',
            helpful("Definition of queue name", "#Queue.FIELDS.name"),
        )
    if not name.startswith(f"{parent}/"):
        raise invalid(f"{name} must begin with {parent}.")


def complete(queue: Message) -> Message:
    """The queue with every default filled in; raises Refusal for a value out of its limits."""
    _check_rates(queue.rate_limits)
    check_retries(queue.retry_config)
    _complete_rates(queue.rate_limits)
    complete_retries(queue.retry_config)
    _check_backoff_order(queue.retry_config)
    return queue


def check_retries(retry: Message) -> None:
    if retry.max_attempts < -1:
        raise invalid("RetryConfig.maxAttempts must be greater or equal to -1.")
    if retry.max_doublings < 0:
        raise invalid("RetryConfig.maxDoublings cannot be negative.")
    for field in ("min_backoff", "max_backoff", "max_retry_duration"):
        if getattr(retry, field).ToMicroseconds() < 0:
            raise invalid(f"RetryConfig.{_camel(field)} cannot be negative.")


def complete_retries(retry: Message) -> None:
    """Fills in what is unset; a max_retry_duration of zero means no limit and stays zero."""
    if retry.max_attempts == 0:
        retry.max_attempts = DEFAULT_MAX_ATTEMPTS
    if not retry.HasField("min_backoff"):
        retry.min_backoff.FromMilliseconds(DEFAULT_MIN_BACKOFF_MS)
    if not retry.HasField("max_backoff"):
        retry.max_backoff.FromSeconds(max(DEFAULT_MAX_BACKOFF_S, retry.min_backoff.seconds))
    if retry.max_doublings == 0:
        # Unset and zero look the same in proto3; Cloud Tasks takes both for unset.
        retry.max_doublings = DEFAULT_MAX_DOUBLINGS


def _check_rates(rates: Message) -> None:
    if rates.max_dispatches_per_second < 0:
        raise invalid("RateLimits.maxDispatchesPerSecond cannot be negative.")
    if rates.max_dispatches_per_second > MAX_DISPATCHES_PER_SECOND:
        raise invalid("RateLimits.maxDispatchesPerSecond must be less than or equal to 500.")
    if rates.max_concurrent_dispatches < 0:
        raise invalid("RateLimits.maxConcurrentDispatches cannot be negative.")
    if rates.max_concurrent_dispatches > MAX_CONCURRENT_DISPATCHES:
        raise invalid("RateLimits.maxConcurrentDispatches must be less than or equal to 5000.")


def _complete_rates(rates: Message) -> None:
    rates.max_dispatches_per_second = rates.max_dispatches_per_second or MAX_DISPATCHES_PER_SECOND
    rates.max_concurrent_dispatches = rates.max_concurrent_dispatches or DEFAULT_CONCURRENT_DISPATCHES
    # Output only: what the caller says about the burst is ignored [recorded]; the reference has it at
    # least as high as the rate.
    rates.max_burst_size = max(LEAST_BURST, math.ceil(rates.max_dispatches_per_second))


def _check_backoff_order(retry: Message) -> None:
    if retry.min_backoff.ToMicroseconds() > retry.max_backoff.ToMicroseconds():
        raise invalid("RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.")


def _camel(field: str) -> str:
    head, *tail = field.split("_")
    return head + "".join(word.title() for word in tail)
