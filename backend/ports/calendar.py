"""When repeating runs are due."""

from __future__ import annotations

from typing import Protocol


class Calendar(Protocol):
    """Cron expressions of five fields, in time zones. Raises `Invalid` for what is no expression or zone."""

    def next_times(self, cron: str, zone: str, after: float, count: int) -> list[float]:
        """The next occurrences after `after`, in Unix seconds; fewer than `count` where no more come."""
        ...

    def in_english(self, cron: str) -> str:
        """Such as "At 09:00 on Monday through Friday"."""
        ...
