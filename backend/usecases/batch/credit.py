"""Money that calls may be made with: lent by the control thread, promised on the event loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from backend.usecases.batch.questions import Question


class Credit:
    """What was reserved and is not promised to a call yet, in micro-dollars."""

    def __init__(self) -> None:
        #: None: there is no budget to keep, and no price to keep it by.
        self.microusd: int | None = None
        #: Questions that wait for money to be asked again, by key: what one more try could cost.
        self._broke: dict[str, int] = {}

    def lend(self, microusd: int) -> None:
        self.microusd = (self.microusd or 0) + microusd

    def pay(self, question: Question) -> bool:
        """Promises what one try can cost at worst; False when that is not there."""
        if self.microusd is None:
            return True
        if question.worst_microusd > self.microusd:
            return False
        self.microusd -= question.worst_microusd
        question.reserved_microusd += question.worst_microusd
        return True

    @contextmanager
    def waited_for(self, question: Question) -> Iterator[None]:
        """While the block runs, the question is among those that would be asked again for money."""
        self._broke[question.key] = question.worst_microusd
        try:
            yield
        finally:
            del self._broke[question.key]

    @property
    def awaited_by(self) -> int:
        """Questions that were asked before and wait for money."""
        return len(self._broke)

    def short_of(self, waiting: Sequence[Question]) -> int:
        """What the next call could cost when that is not there; 0 when nothing is short."""
        if self.microusd is None:
            return 0
        worst = max(self._broke.values(), default=waiting[0].worst_microusd if waiting else 0)
        return worst if worst > self.microusd else 0

    def short_ahead(self, waiting: Sequence[Question], calls: int) -> int:
        """What the next call could cost, when there is not enough for so many more of them; else 0."""
        if self.microusd is None or not waiting:
            return 0
        worst = waiting[0].worst_microusd
        return worst if calls * worst > self.microusd else 0
