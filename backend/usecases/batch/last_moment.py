"""What is looked at last, right before a write goes out: whether it still may."""

from __future__ import annotations

from collections.abc import Callable

from backend.domain.lease import LeaseTimes
from backend.errors import TryLater
from backend.ports import Clock


class LastMoment:
    """Asked in the thread of Sheets: a call may have waited there for its turn."""

    def __init__(self, clock: Clock, lease_left_s: Callable[[], float], times: LeaseTimes) -> None:
        self._clock, self._lease_left_s, self._times = clock, lease_left_s, times

    def check(self, looked_at: float) -> None:
        """Raises `TryLater` when the lease ends too soon, or the look that decided is too old."""
        if self._lease_left_s() <= self._times.write_s:
            raise TryLater("Too little of the lease is left to write.", delay_s=1)
        if self._clock.monotonic() - looked_at > self._times.write_s:
            raise TryLater("Too much time has passed since the look.", delay_s=1)
