"""A clock that the test moves: days of backoff pass in no time."""

from __future__ import annotations

import asyncio
import threading


class ManualClock:
    """Fits the stand-in's Clock; `advance` may be called from any thread."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def now(self) -> float:
        return self._now

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        moved = asyncio.Event()
        with self._lock:
            self._waiting[moved] = asyncio.get_running_loop()
        try:
            while not event.is_set() and (until is None or self._now < until):
                moved.clear()
                waits = [asyncio.create_task(each.wait()) for each in (event, moved)]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for each in waits:
                        each.cancel()
        finally:
            with self._lock:
                del self._waiting[moved]

    def advance(self, seconds: float) -> None:
        self.move_to(self._now + seconds)

    def move_to(self, moment: float) -> None:
        with self._lock:
            self._now = moment
            for moved, loop in self._waiting.items():
                loop.call_soon_threadsafe(moved.set)
