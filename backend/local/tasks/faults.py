"""What can be made to go wrong with tasks: each mishap by chance (repeatable by seed) or the next N times."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from backend.local.standin import FaultSwitches, Standin

Line = TypeVar("Line")


class Mishap(BaseModel):
    """How often: the `next` occasions for sure, then each with probability `chance`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chance: float = Field(default=0.0, ge=0.0, le=1.0)
    next: int = Field(default=0, ge=0)


class TasksFaults(FaultSwitches):
    """The switches; nothing goes wrong by default."""

    #: A creation is answered 503 and not applied.
    refuse_create: Mishap = Mishap()
    #: A creation is applied and its connection cut before the answer.
    lose_answer: Mishap = Mishap()
    #: A creation is acknowledged and the task never dispatched; its name counts as used.
    drop: Mishap = Mishap()
    #: A task that has succeeded is delivered once more.
    duplicate: Mishap = Mishap()
    #: A task is delivered twice at the same time.
    twin: Mishap = Mishap()
    #: Of the tasks that are due, another than the first goes out next.
    reorder: Mishap = Mishap()
    #: A dispatch that is due is put off by `delay_s`.
    delay: Mishap = Mishap()
    delay_s: float = Field(default=1.0, gt=0.0)
    #: Milliseconds before a creation is looked at.
    create_delay_ms: int = Field(default=0, ge=0)


@dataclass
class Luck:
    """Decides whether a mishap strikes, counting the occasions since the switches were last set."""

    standin: Standin[TasksFaults]
    _faults: TasksFaults | None = None
    _struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, name: str) -> bool:
        faults = self.standin.faults
        if faults is not self._faults:
            self._faults, self._struck = faults, Counter()
        mishap: Mishap = getattr(faults, name)
        if self._struck[name] < mishap.next:
            self._struck[name] += 1
            return True
        return mishap.chance > 0 and self.standin.chance.random() < mishap.chance

    def shuffled(self, line: list[Line]) -> list[Line]:
        """The line as it is, or, where the mishap strikes, in an order of chance."""
        if len(line) > 1 and self.strikes("reorder"):
            return self.standin.chance.sample(line, len(line))
        return line
