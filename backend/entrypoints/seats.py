"""How many requests that hold much of a process one person may have under way, and all together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Seats:
    """Of one process; used from all its threads."""

    def __init__(self, *, each: int, all: int | None = None) -> None:
        """So many for each person, and for `all` together (None: no limit)."""
        self._each, self._all = each, all
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def seat(self, sub: str) -> Iterator[bool]:
        """Whether there is one for this person, until the block ends."""
        with self._lock:
            full = self._all is not None and self._taken.total() >= self._all
            free = self._taken[sub] < self._each and not full
            self._taken[sub] += free
        try:
            yield free
        finally:
            with self._lock:
                self._taken[sub] -= free
                if not self._taken[sub]:
                    del self._taken[sub]
