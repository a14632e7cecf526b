"""robots.txt, as RFC 9309 has it: kept for each host with an expiry; large ones are judged by the parsers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from backend.adapters.pages.parser_pool import ParserPool
from backend.adapters.pages.robots_rules import judge
from backend.adapters.pages.settings import ROBOT
from backend.domain.website import Address
from backend.errors import RowFailed

#: Seconds that "the file could not be read" is kept: short, for it closes the whole site.
UNREADABLE_S = 60.0
#: Files up to this size are judged at once, for whatever stands in them that takes milliseconds at most.
SMALL_BYTES = 8 * 1024


@dataclass(frozen=True)
class Rules:
    """What a host's robots.txt says. An empty file, or none (4xx), allows everything."""

    body: bytes = b""
    #: Set when the file could not be read: then the site counts as closed (RFC 9309, 2.3.1.4).
    unreadable: str = ""

    @property
    def say_something(self) -> bool:
        """Most files restrict nothing that matters here; those need no process to judge them."""
        lowered = self.body.lower()
        return b"allow" in lowered or b"delay" in lowered


class Robots:
    """The files of many hosts, and what they say; bounded in bytes; shared by all threads."""

    def __init__(self, parsers: ParserPool, expiry_s: float, max_bytes: int) -> None:
        self._parsers = parsers
        self._expiry_s = expiry_s
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, tuple[float, Rules]] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, host: str) -> Rules | None:
        with self._lock:
            kept = self._kept.get(host)
            if kept is None or kept[0] <= time.monotonic():
                return None
            self._kept.move_to_end(host)
            return kept[1]

    def keep(self, host: str, rules: Rules) -> None:
        until = time.monotonic() + (UNREADABLE_S if rules.unreadable else self._expiry_s)
        with self._lock:
            self._drop(host)
            self._kept[host] = (until, rules)
            self._bytes += _size(host, rules)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def check(self, rules: Rules, address: Address, until: float) -> float:
        """Raises `page_blocked` unless the page may be read; else the pause in seconds that is asked for."""
        host = address.host
        if rules.unreadable:
            raise RowFailed(
                "page_blocked",
                f"{host} does not say what may be read: its robots.txt fails ({rules.unreadable}).",
                transient=True,
            )
        if not rules.say_something:
            return 0.0
        try:
            if len(rules.body) <= SMALL_BYTES:
                allowed, delay_s = judge(rules.body, address.url, ROBOT)
            else:
                allowed, delay_s = self._parsers.robots(rules.body, address.url, until)
        except Exception as failure:
            if isinstance(failure, RowFailed) and failure.transient:
                raise
            raise RowFailed("page_blocked", f"The robots.txt of {host} cannot be understood.") from failure
        if not allowed:
            raise RowFailed("page_blocked", f"The robots.txt of {host} asks programs not to read this page.")
        return delay_s or 0.0

    def _drop(self, host: str) -> None:
        kept = self._kept.pop(host, None)
        if kept is not None:
            self._bytes -= _size(host, kept[1])


def _size(host: str, rules: Rules) -> int:
    # The objects around the text weigh more than most of the texts.
    return 500 + len(host) + len(rules.body)
