"""How many requests of one person may wait for news at once: each holds a thread that others need."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

#: Sidebars that one person has open at the same time, and a spare one; more of them are answered at once.
SEATS = 4


class Waiting:
    """Of one process; used from all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def seat(self, sub: str) -> Iterator[bool]:
        """Whether there is one for this person, until the block ends."""
        with self._lock:
            free = self._taken[sub] < SEATS
            self._taken[sub] += 1
        try:
            yield free
        finally:
            with self._lock:
                self._taken[sub] -= 1
                if not self._taken[sub]:
                    del self._taken[sub]
