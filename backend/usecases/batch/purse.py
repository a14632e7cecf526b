"""Money for a job's calls: reserved in blocks before they start, from every budget that applies.

A block counts as spent in the day's documents at once; what a call did not cost is given back with the
next block. So what a dead worker left unsettled stays spent, and no budget is ever passed.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Literal

from backend.domain import budget
from backend.domain.lease import Lease
from backend.ports import Clock, Create, Documents, Key, Replace, Write

#: A day's document is of no use once the day is over, wherever the clock stands.
KEPT_S = 3 * 86_400.0

Scope = Literal["user", "deployment"]


@dataclass(frozen=True, slots=True)
class Caps:
    """Micro-dollars a day; None: no limit."""

    user_day_microusd: int | None = None
    deployment_day_microusd: int | None = None

    def on_an_own_key(self) -> Caps:
        """The deployment's day is its own key's money, and others wait for what is left of it."""
        return replace(self, deployment_day_microusd=None)


@dataclass(frozen=True, slots=True)
class Block:
    """What may be reserved now, and the writes that go into the same commit."""

    microusd: int
    writes: list[Write]
    #: Which budget is used up when `microusd` is 0: "budget_reached" or "day_budget_reached".
    short: str | None = None


class Purse:
    """The budgets of one job."""

    def __init__(
        self, documents: Documents, clock: Clock, *, owner: str, job_budget: int | None, caps: Caps
    ) -> None:
        self._documents, self._clock = documents, clock
        self._owner, self._job_budget, self._caps = owner, job_budget, caps
        #: To be given back to the day: reserved on this day, settled, and not spent.
        self._refund = 0
        self._day = self._today()
        #: Reserved and not settled; and the part of it that an earlier day's budget paid for.
        self._outstanding = self._of_before = 0

    def job_budget_is(self, microusd: int | None) -> None:
        """A person raised or lowered it while the job runs."""
        self._job_budget = microusd

    @property
    def is_bounded(self) -> bool:
        """Whether any budget applies."""
        return self._job_budget is not None or bool(self._days())

    @property
    def job_budget_microusd(self) -> int | None:
        return self._job_budget

    def settle(self, reserved: int, cost: int) -> None:
        """Calls ended: what was reserved for them and not spent goes back with the next block.

        What an earlier day's budget paid for is not given back to today's.
        """
        self._turn_page()
        self._outstanding -= reserved
        if self._of_before > 0:
            self._of_before -= reserved
        else:
            self._refund += reserved - cost

    def block(self, lease: Lease, worst_call: int, calls: int) -> Block:
        """Plans a reservation for up to `calls` further calls that cost up to `worst_call` each."""
        self._turn_page()
        size = budget.block(
            self._job_budget, lease.spent_microusd, lease.reserved_microusd, worst_call, calls
        )
        if size == 0:
            return Block(0, [], "budget_reached")
        writes: list[Write] = []
        for key, cap in self._days():
            document = self._documents.get(key)
            spent = (document.data["spent_microusd"] if document else 0) - self._refund
            size = min(size, budget.block(cap, spent, 0, worst_call, calls))
            if size == 0:
                return Block(0, [], "day_budget_reached")
        for key, _ in self._days():
            document = self._documents.get(key)
            spent = (document.data["spent_microusd"] if document else 0) - self._refund + size
            data = {"spent_microusd": max(0, spent)}
            until = self._clock.now() + KEPT_S
            writes.append(
                Replace(key, document.version, data, until) if document else Create(key, data, until)
            )
        return Block(size, writes)

    def ahead(self, lease: Lease, worst_call: int, calls: int) -> int:
        """What may be reserved within a commit that is made anyway: 0 where a day's budget is to be asked."""
        if self._days():
            return 0
        return budget.block(
            self._job_budget, lease.spent_microusd, lease.reserved_microusd, worst_call, calls
        )

    def reserved(self, microusd: int) -> None:
        """The planned block was committed."""
        self._refund = 0
        self._outstanding += microusd

    def refund(self) -> list[Write]:
        """At the end of a batch: gives back to the day what was not spent."""
        self._turn_page()
        writes: list[Write] = []
        if self._refund:
            for key, _ in self._days():
                document = self._documents.get(key)
                if document is not None:
                    spent = max(0, document.data["spent_microusd"] - self._refund)
                    until = self._clock.now() + KEPT_S
                    writes.append(Replace(key, document.version, {"spent_microusd": spent}, until))
        return writes

    def _today(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self._clock.now()))

    def _turn_page(self) -> None:
        if self._today() != self._day:
            self._day, self._refund, self._of_before = self._today(), 0, self._outstanding

    def _days(self) -> list[tuple[Key, int]]:
        return [(key, cap) for _, key, cap in days(self._owner, self._caps, self._clock.now())]


def days(owner: str, caps: Caps, now: float) -> list[tuple[Scope, Key, int]]:
    """The day's documents that are kept, with their caps: one for each cap that is set."""
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    user = hashlib.sha256(owner.encode()).hexdigest()[:20]
    kept: list[tuple[Scope, str, int | None]] = [
        ("user", f"user.{user}.{day}", caps.user_day_microusd),
        ("deployment", f"all.{day}", caps.deployment_day_microusd),
    ]
    return [(scope, Key("spending", name), cap) for scope, name, cap in kept if cap is not None]
