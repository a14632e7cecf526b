"""Whether a tab holds still, so that what is displaced can be put right without displacing more."""

from __future__ import annotations

from collections.abc import Sequence

from backend.domain.selection import Layout
from backend.usecases.batch.seen import Seen

#: So many searches wait for the tab; then a repair has to be dared.
WAITS = 6


class Stillness:
    """A repair that misses hits cells that nobody has seen, so it waits for a tab that nobody is moving."""

    def __init__(self) -> None:
        self._picture = 0
        self._waits = 0

    def holds(self, where: Layout, rows: Sequence[Seen]) -> bool:
        """Whether every cell is as when this was last asked, or it was asked too often."""
        picture = hash((where.headers, tuple(row.picture for row in rows)))
        still = picture == self._picture or self._waits >= WAITS
        self._picture, self._waits = picture, 0 if still else self._waits + 1
        return still
