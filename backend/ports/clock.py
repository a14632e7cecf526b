"""Time."""

from __future__ import annotations

import threading
from typing import Protocol


class Clock(Protocol):
    """Time, handed in so that tests own it."""

    def now(self) -> float:
        """Unix seconds; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow, of this process alone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits; only use cases wait, adapters never do."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Waits until the event is set, at most so long."""
        ...
