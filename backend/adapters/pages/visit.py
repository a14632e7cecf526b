"""One visit to one website: its deadline, its sockets, its bytes. Every connection is made here.

A name is resolved once in a visit; every address of the answer is checked; the socket is connected to
a checked address and to nothing else. At the deadline the watchdog shuts down a duplicate of each
socket: that ends a connect, a TLS handshake and a read that keeps dripping alike, while `timeout=`
starts anew with every byte, and TLS takes the original socket away.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from backend.adapters.pages.addresses import Resolver, checked, literal
from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.watchdog import Watchdog
from backend.errors import RowFailed

#: Connects to (address, port) within a number of seconds; raises OSError.
Connector = Callable[[str, int, float], socket.socket]

#: Addresses of a host that are tried.
ADDRESSES = 4
#: Bytes that an answer's head may add to its body.
HEAD_BYTES = 64 * 1024
#: Look-ups under way at once in this process; the operating system gives up on one after its own time.
LOOKUPS = threading.BoundedSemaphore(64)


def connect(address: str, port: int, timeout_s: float) -> socket.socket:
    """The real connector. `address` is a number, so nothing is looked up here."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    wire = socket.socket(family, socket.SOCK_STREAM)
    try:
        wire.settimeout(timeout_s)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.connect((address, port))
    except BaseException:
        wire.close()
        raise
    return wire


class Visit:
    """Use as a context manager: it holds file descriptors."""

    def __init__(
        self, settings: PagesSettings, watchdog: Watchdog, resolver: Resolver, connector: Connector
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._connector = connector
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._duplicates: list[socket.socket] = []
        self._lock = threading.Lock()
        self._bytes_left = 0
        self.deadline = time.monotonic() + settings.deadline_s
        self.expired = False
        self._alarm = watchdog.at(self.deadline, self._expire)

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._alarm.cancel()
        with self._lock:
            for duplicate in self._duplicates:
                duplicate.close()
            self._duplicates.clear()

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; raises `page_timeout` when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0 or self.expired:
            self.fail_in_time("answer")
        return left

    def fail_in_time(self, what: str) -> NoReturn:
        raise RowFailed(
            "page_timeout",
            f"The website did not {what} within {self._settings.deadline_s:g} seconds.",
            transient=True,
        )

    def allow(self, body_bytes: int) -> None:
        """Opens the account of the next answer: what it may send, head and body together."""
        self._bytes_left = body_bytes + HEAD_BYTES

    def spend(self, count: int) -> None:
        """Called by the sockets for what they received; raises `page_too_big`."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise too_big(self._settings.max_bytes)

    def dial(self, host: str, port: int) -> socket.socket:
        """A connected socket; raises `RowFailed` (not found, refused, unreachable, timeout)."""
        if self._settings.route_all_to is not None:
            local, port = self._settings.route_all_to
            addresses: tuple[str, ...] = (local,)
        else:
            addresses = self._resolve(host)
        until = time.monotonic() + min(self.left_s, self._settings.deadline_s * self._settings.connect_share)
        failure: OSError | None = None
        for number, address in enumerate(addresses[:ADDRESSES]):
            share = (until - time.monotonic()) / (min(len(addresses), ADDRESSES) - number)
            try:
                return self._kept(self._connector(address, port, max(share, 0.01)))
            except OSError as error:
                failure = error
        if self.expired:
            self.fail_in_time("answer")
        if isinstance(failure, TimeoutError):
            raise RowFailed(
                "page_unreachable", f"{host} did not accept a connection.", transient=True
            ) from failure
        raise RowFailed("page_unreachable", f"{host} could not be reached.", transient=True) from failure

    def _kept(self, wire: socket.socket) -> socket.socket:
        duplicate = wire.dup()
        with self._lock:
            self._duplicates.append(duplicate)
            late = self.expired
        if late:
            wire.close()
            self.fail_in_time("answer")
        wire.settimeout(self.left_s)
        return wire

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for duplicate in self._duplicates:
                with contextlib.suppress(OSError):  # the other side may have closed it already
                    duplicate.shutdown(socket.SHUT_RDWR)

    def _resolve(self, host: str) -> tuple[str, ...]:
        known = self._addresses.get(host)
        if known is None:
            number = literal(host)
            known = checked(host, [number] if number is not None else self._look_up(host))
            self._addresses[host] = known
        return known

    def _look_up(self, host: str) -> list[str]:
        """In a thread of its own, for a resolver has no deadline."""
        if not LOOKUPS.acquire(timeout=self.left_s):
            self.fail_in_time("have its name looked up")
        answers: list[list[str] | Exception] = []
        done = threading.Event()

        def look_up() -> None:
            try:
                answers.append(list(self._resolver(host)))
            except (OSError, UnicodeError) as error:
                answers.append(error)
            finally:
                LOOKUPS.release()
                done.set()

        threading.Thread(target=look_up, name="pages-look-up", daemon=True).start()
        if not done.wait(self.left_s) or not answers:
            self.fail_in_time("have its name looked up")
        answer = answers[0]
        if isinstance(answer, Exception):
            passing = isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_AGAIN
            sentence = (
                f"The name {host} could not be looked up just now."
                if passing
                else f"There is no website called {host} (DNS does not know it)."
            )
            raise RowFailed("page_not_found", sentence, transient=passing) from answer
        return answer


def too_big(max_bytes: int) -> RowFailed:
    return RowFailed("page_too_big", f"The page is larger than {max_bytes // 1024:,} KB.")
