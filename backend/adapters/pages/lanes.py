"""One request at a time for each host, with a gap: politeness, and no thread that waits long for it.

Why rows are sent away instead of waiting: the callers' threads are few and serve every site, so
a hundred rows of one slow host would hold most of them. A few wait in the lane, bounded in number and
time; the others fail as transient with the time at which their turn is due, each its own. A caller that
asks for one page of a host at a time (`domain.website.page_host`) meets this only across jobs.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from backend.errors import RowFailed

#: Hosts whose last turn is remembered.
HOSTS = 4096
#: The longest pause between two turns that a robots.txt can ask for (`Crawl-delay`).
LONGEST_GAP_S = 10.0


class _Lane:
    __slots__ = (
        "began",
        "busy",
        "due",
        "failure",
        "free_at",
        "gap_s",
        "last",
        "rests_until",
        "turn_s",
        "waiting",
    )

    def __init__(self, gap_s: float) -> None:
        self.busy = False
        self.waiting = 0
        self.gap_s = gap_s
        #: When the next turn may begin, except for the visit that had the last one.
        self.free_at = 0.0
        self.last: object = None
        self.began = 0.0
        #: How long a turn took of late, and when the last row that was sent away is due.
        self.turn_s = 0.5
        self.due = 0.0
        #: The host is left alone until then, and this is why.
        self.rests_until = 0.0
        self.failure: RowFailed | None = None


class Place:
    """The one turn that a visit holds. Use as a context manager."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.host = ""

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._leave()

    def go_to(self, host: str, longest_wait_s: float | None = None) -> None:
        """Gives up the turn held and takes the one at `host`: two are never held, so none deadlock."""
        if host != self.host:
            self._leave()
            self._lanes.take(host, self, longest_wait_s)
            self.host = host

    def widen(self, gap_s: float) -> None:
        self._lanes.widen(self.host, gap_s)

    def _leave(self) -> None:
        if self.host:
            self._lanes.leave(self.host)
            self.host = ""


class Lanes:
    """Shared by all threads. Times are of `time.monotonic`."""

    def __init__(self, gap_s: float, wait_s: float, waiters: int) -> None:
        self._gap_s = gap_s
        self._wait_s = wait_s
        self._waiters = waiters
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()
        self._moved = threading.Condition()

    def take(self, host: str, visitor: object, longest_wait_s: float | None = None) -> None:
        """Makes the host the visitor's alone until `leave`.

        Raises `RowFailed`, transient, when its line is too long and while the host is left alone.
        """
        wait_s = self._wait_s if longest_wait_s is None else min(self._wait_s, longest_wait_s)
        until = time.monotonic() + wait_s
        with self._moved:
            lane = self._lane(host)
            self._check_rest(lane)
            if lane.busy and lane.waiting >= self._waiters:
                raise self._later(lane, host)
            lane.waiting += 1
            try:
                self._wait(lane, host, visitor, until)
            finally:
                lane.waiting -= 1
            lane.busy, lane.last, lane.began = True, visitor, time.monotonic()

    def leave(self, host: str) -> None:
        with self._moved:
            lane, now = self._lane(host), time.monotonic()
            lane.busy = False
            lane.free_at = now + lane.gap_s
            lane.turn_s = (lane.turn_s + now - lane.began) / 2
            self._moved.notify_all()

    def rest(self, host: str, failure: RowFailed, rest_s: float) -> None:
        """Leaves a host alone: until then its rows fail like this one, without a request."""
        with self._moved:
            lane = self._lane(host)
            lane.failure = failure
            lane.rests_until = time.monotonic() + rest_s
            self._moved.notify_all()

    def widen(self, host: str, gap_s: float) -> None:
        """Keeps at least this gap, up to `LONGEST_GAP_S`: what the host's robots.txt asks for."""
        with self._moved:
            lane = self._lane(host)
            lane.gap_s = max(self._gap_s, min(gap_s, LONGEST_GAP_S))

    def _wait(self, lane: _Lane, host: str, visitor: object, until: float) -> None:
        while lane.busy or (lane.free_at > time.monotonic() and lane.last is not visitor):
            now = time.monotonic()
            if now >= until:
                raise self._later(lane, host)
            self._moved.wait((until if lane.busy else min(lane.free_at, until)) - now)
            self._check_rest(lane)

    def _lane(self, host: str) -> _Lane:
        lane = self._lanes.get(host)
        if lane is None:
            lane = self._lanes[host] = _Lane(self._gap_s)
            self._forget_idle()
        self._lanes.move_to_end(host)
        return lane

    def _forget_idle(self) -> None:
        now = time.monotonic()
        for host in list(self._lanes)[: max(0, len(self._lanes) - HOSTS)]:
            lane = self._lanes[host]
            if not lane.busy and not lane.waiting and max(lane.free_at, lane.rests_until) < now:
                del self._lanes[host]

    def _later(self, lane: _Lane, host: str) -> RowFailed:
        now = time.monotonic()
        lane.due = max(lane.due, now) + lane.turn_s + lane.gap_s
        return RowFailed(
            "page_timeout",
            f"{host} is being read for other rows, and this one's turn did not come in time.",
            transient=True,
            delay_s=lane.due - now,
        )

    @staticmethod
    def _check_rest(lane: _Lane) -> None:
        left = lane.rests_until - time.monotonic()
        if lane.failure is not None and left > 0:
            known = lane.failure
            raise RowFailed(known.error_class, known.message, transient=known.transient, delay_s=left)
