"""What can be made to go wrong, switched at `/_standin/faults`, and its application to one request.

The workbench's own door (`/_standin/as-owner`) is spared: whoever sits there is no part of the experiment.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from backend.local.sheets.errors import GoogleError, internal, unavailable
from backend.local.sheets.quotas import Quotas, exceeded
from backend.local.standin import FaultSwitches, Standin

Kind = Literal["read", "write"]

#: Seconds between two looks at whether a held request may go on.
_HOLD_POLL_S = 0.02


class SheetsFaults(FaultSwitches):
    """The switches; `only` narrows all but the quotas and the delays to reads or to writes.

    A fault happens to the next `*_next` requests, then by its `*_rate` (0 to 1), drawn by `seed`.
    """

    only: Literal["read", "write"] | None = None
    #: Google's quotas, really kept.
    quotas: bool = False
    quota_per_project: int = Field(300, ge=1)
    quota_per_user: int = Field(60, ge=1)
    quota_window_s: float = Field(60.0, gt=0)
    quota_window: Literal["sliding", "fixed"] = "sliding"
    #: An error answer; nothing is applied.
    fail_next: int = Field(0, ge=0)
    fail_rate: float = Field(0.0, ge=0, le=1)
    fail_code: Literal[429, 500, 503] = 503
    #: The connection is cut before anything is applied.
    cut_next: int = Field(0, ge=0)
    cut_rate: float = Field(0.0, ge=0, le=1)
    #: The request is applied, then the connection is cut.
    lose_next: int = Field(0, ge=0)
    lose_rate: float = Field(0.0, ge=0, le=1)
    #: Milliseconds before a request is applied, and at most as much again by chance.
    read_delay_ms: int = Field(0, ge=0)
    write_delay_ms: int = Field(0, ge=0)
    delay_jitter_ms: int = Field(0, ge=0)
    #: Requests stop here, before or after they are applied, until the switches change.
    hold: Literal["before", "after"] | None = None


class CutConnection(Exception):
    """The answer must not reach the caller: the connection is to be cut."""


class Mischief:
    """Applies the switches of a stand-in to its requests; counts what `*_next` has left."""

    def __init__(self, standin: Standin[SheetsFaults]) -> None:
        self._standin = standin
        self.held = 0
        self._restart()

    def _restart(self) -> None:
        faults = self._standin.faults
        self._seen = faults
        self._left = {"fail": faults.fail_next, "cut": faults.cut_next, "lose": faults.lose_next}
        self._quotas = Quotas(
            faults.quota_per_project, faults.quota_per_user, faults.quota_window_s, faults.quota_window
        )

    @property
    def _faults(self) -> SheetsFaults:
        if self._standin.faults is not self._seen:
            self._restart()
        return self._seen

    def quota(self, kind: Kind, user: str) -> None:
        """Raises Google's 429 when quotas are on and used up."""
        if self._faults.quotas:
            self._quotas.use(kind, user)

    async def before(self, kind: Kind) -> None:
        """Delays, holds, cuts or refuses a request that is about to be applied."""
        faults = self._faults
        delay_ms = faults.read_delay_ms if kind == "read" else faults.write_delay_ms
        if faults.delay_jitter_ms:
            delay_ms += self._standin.chance.randrange(faults.delay_jitter_ms + 1)
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)
        await self._hold("before", kind)
        if self._strikes("cut", faults.cut_rate, kind):
            raise CutConnection
        if self._strikes("fail", faults.fail_rate, kind):
            raise _failure(faults.fail_code, kind)

    async def after(self, kind: Kind) -> None:
        """Holds or loses the answer to a request that has been applied."""
        await self._hold("after", kind)
        if self._strikes("lose", self._faults.lose_rate, kind):
            raise CutConnection

    async def _hold(self, place: str, kind: Kind) -> None:
        if not self._holds(place, kind):
            return
        self.held += 1
        try:
            while self._holds(place, kind):
                await asyncio.sleep(_HOLD_POLL_S)
        finally:
            self.held -= 1

    def _holds(self, place: str, kind: Kind) -> bool:
        faults = self._faults
        return faults.hold == place and faults.only in (None, kind)

    def _strikes(self, name: str, rate: float, kind: Kind) -> bool:
        if self._faults.only not in (None, kind):
            return False
        if self._left[name]:
            self._left[name] -= 1
            return True
        return rate > 0 and self._standin.chance.random() < rate


def _failure(code: int, kind: Kind) -> GoogleError:
    if code == 429:
        return exceeded(kind, 60, per_user=True)
    return internal() if code == 500 else unavailable()
