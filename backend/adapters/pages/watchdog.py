"""Calls something at a time, unless it is told in time not to: one thread serves every deadline."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Alarm:
    """One appointment; `cancel` costs nothing and may come late."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


class Watchdog:
    """Times are of `time.monotonic`. What is called must be quick and must not raise."""

    def __init__(self) -> None:
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ended = False

    def at(self, when: float, call: Callable[[], None]) -> Alarm:
        alarm = Alarm(call)
        with self._changed:
            heapq.heappush(self._alarms, (when, next(self._numbers), alarm))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="pages-watchdog", daemon=True)
                self._thread.start()
            elif self._alarms[0][2] is alarm:  # else the thread wakes in time for it anyway
                self._changed.notify()
        return alarm

    def close(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._ended:
                    return
                if not self._alarms:
                    self._changed.wait()
                    continue
                when, _, alarm = self._alarms[0]
                left = when - time.monotonic()
                if left > 0 and alarm.call is not None:
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._alarms)
                call = alarm.call
            if call is not None:
                call()
