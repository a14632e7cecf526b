"""How much one user may ask in a minute: counted in the store, so that all instances count together.

A process takes its share in small blocks, so a request costs the store nothing most of the time; a user is
stopped at most that many blocks early.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from typing import Literal

from backend.errors import Conflict, TooMany, TryLater
from backend.ports import Clock, Create, Documents, Key, Replace

WINDOW_S = 60
#: A block is this part of what a minute allows.
BLOCKS = 20
#: Users whose block a process remembers.
REMEMBERED = 10_000
RACES = 10
#: What is counted, and what a person calls it; each apart from the others.
What = Literal["calls", "watching", "sheets"]
_WORDS: dict[What, str] = {
    "calls": "requests",
    "watching": "requests for news",
    "sheets": "requests that ask Google Sheets",
}


class RequestCounter:
    """Counts requests by user and minute (UTC); one per process, used from all its threads."""

    def __init__(self, documents: Documents, clock: Clock, per_minute: int) -> None:
        self._documents, self._clock, self._most = documents, clock, per_minute
        self._block = max(1, per_minute // BLOCKS)
        self._lock = threading.Lock()
        #: Requests of a user's minute that this process may still let pass.
        self._left: OrderedDict[Key, int] = OrderedDict()

    def count(self, sub: str, what: What = "calls") -> None:
        """Raises `TooMany` once the user's minute is used up, saying when the next one begins.

        An open sidebar asks for news all the time, and what asks Google takes from a minute that all share.
        """
        now = self._clock.now()
        minute, into_s = divmod(now, WINDOW_S)
        key = Key("requests", f"{hashlib.sha256(f'{what}|{sub}'.encode()).hexdigest()[:32]}.{int(minute)}")
        if self._spend(key):
            return
        taken = self._take_block(key, now + 2 * WINDOW_S)
        if taken == 0:
            raise TooMany(
                f"That is more than {self._most} {_WORDS[what]} in a minute. Please wait a moment.",
                retry_after_s=math.ceil(WINDOW_S - into_s),
            )
        self._keep(key, taken - 1)

    def _spend(self, key: Key) -> bool:
        with self._lock:
            left = self._left.get(key, 0)
            if left:
                self._left[key] = left - 1
            return left > 0

    def _keep(self, key: Key, left: int) -> None:
        with self._lock:
            self._left[key] = self._left.get(key, 0) + left
            self._left.move_to_end(key)
            while len(self._left) > REMEMBERED:
                self._left.popitem(last=False)

    def _take_block(self, key: Key, expires_at: float) -> int:
        for _ in range(RACES):
            document = self._documents.get(key)
            counted: int = document.data["n"] if document else 0
            size = min(self._block, self._most - counted)
            if size <= 0:
                return 0
            data = {"n": counted + size}
            write = (
                Replace(key, document.version, data, expires_at)
                if document
                else Create(key, data, expires_at)
            )
            try:
                self._documents.commit([write])
            except Conflict:
                continue
            return size
        raise TryLater("Many of your requests arrived at the same moment.", delay_s=1.0)
