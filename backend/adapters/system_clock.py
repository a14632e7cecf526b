"""The machine's clocks."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """Time as the operating system tells it."""

    def now(self) -> float:
        """Unix seconds; jumps when the machine's clock is set."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only grow, of this process alone."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits; for use cases alone."""
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Waits until the event is set, at most so long."""
        event.wait(seconds)
