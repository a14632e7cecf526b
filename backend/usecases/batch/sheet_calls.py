"""Calls to Sheets, one at a time, in a thread of their own and inside the quota of one running place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from backend.domain.lease import Lease
from backend.ports import Clock
from backend.usecases.batch.last_moment import LastMoment

#: Of the 60 reads and 60 writes a minute of one service account, running jobs share so many of each;
#: the rest is for people who open, check and start.
SHARED_PER_MINUTE = 48
MINUTE_S = 60.0

#: A call is given up after so many seconds; a write is sent only with more lease left than this.
CALL_TIMEOUT_S = 10.0

Kind = Literal["reads", "writes"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call to Sheets that is to be made."""

    kind: Kind
    make: Callable[[], Any]


def per_minute(places: int) -> int:
    """Reads, and writes, that one place may make in any minute."""
    return max(1, SHARED_PER_MINUTE // places)


def flush_every_s(places: int) -> int:
    """Seconds between flushes: one read and one write each keep under the quota together."""
    return -(-60 * places // SHARED_PER_MINUTE)


class SheetCalls:
    """Starts a call, tells when it has ended, and keeps count by the minute."""

    def __init__(
        self, clock: Clock, lease: Lease, places: int, wake: threading.Event, last_moment: LastMoment
    ) -> None:
        """`wake` is set whenever a call has ended."""
        self._clock, self._wake, self._last_moment = clock, wake, last_moment
        self._most = per_minute(places)
        self._times: dict[Kind, list[float]] = {"reads": list(lease.reads), "writes": list(lease.writes)}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sheets")
        self._running: Future[Any] | None = None

    def may(self, kind: Kind) -> bool:
        """Whether a call of this kind may start now: no other runs, and the minute has room."""
        return self._running is None and len(self._recent(kind)) < self._most

    def start(self, kind: Kind, call: Callable[[], Any]) -> None:
        self._times[kind].append(self._clock.now())
        self._running = self._thread.submit(partial(self._make, kind, call))
        self._running.add_done_callback(lambda _: self._wake.set())

    def _make(self, kind: Kind, call: Callable[[], Any]) -> Any:
        """A worker that stood still must not add columns that its successor has added meanwhile."""
        if kind == "writes":
            self._last_moment.check(self._clock.monotonic())
        return call()

    def ended(self) -> Future[Any] | None:
        """The call that has ended since it was started; None while it runs, or when there is none."""
        if self._running is None or not self._running.done():
            return None
        future, self._running = self._running, None
        return future

    @property
    def running(self) -> bool:
        return self._running is not None

    def noted(self, lease: Lease) -> Lease:
        """The lease with what was called within the last minute, so that the next holder counts on."""
        return replace(lease, reads=tuple(self._recent("reads")), writes=tuple(self._recent("writes")))

    def _recent(self, kind: Kind) -> list[float]:
        now = self._clock.now()
        # A clock that jumped back must not leave entries that stay "recent" for an hour.
        self._times[kind] = [at for at in self._times[kind] if 0 <= now - at < MINUTE_S]
        return self._times[kind]

    def close(self) -> None:
        """Does not wait: a call that hangs ends by its own timeout."""
        self._thread.shutdown(wait=False, cancel_futures=True)
