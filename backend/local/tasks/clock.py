"""The time that schedules, backoffs and deadlines go by; tests hand in one that they move themselves."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Unix time in seconds, and waiting on it."""

    def now(self) -> float: ...

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        """Returns when the event is set or the time has come; None waits for the event alone."""


class SystemClock:
    """The machine's own clock."""

    #: Seconds after which a wait looks at the clock again, since the clock itself may be set.
    LOOK_AGAIN_S = 1.0

    def now(self) -> float:
        return time.time()

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        if until is None:
            await event.wait()
            return
        while not event.is_set() and (left := until - self.now()) > 0:
            try:
                async with asyncio.timeout(min(left, self.LOOK_AGAIN_S)):
                    await event.wait()
            except TimeoutError:
                continue
