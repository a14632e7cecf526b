"""A timer equal to a Cloud Scheduler job: posts to an address with an OIDC token, every so many seconds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from backend.local.standin import Ledger
from backend.local.tasks.clock import Clock
from backend.local.tasks.sender import NoToken, Sender

#: Seconds a job waits for its answer (Cloud Scheduler's attemptDeadline for HTTP targets by default).
ATTEMPT_DEADLINE_S = 180.0


@dataclass(frozen=True)
class Timer:
    """What to call, as whom, how often; the first call comes after one interval."""

    every_s: float
    url: str
    email: str
    audience: str


async def run_timer(timer: Timer, sender: Sender, clock: Clock, ledger: Ledger) -> None:
    """Calls until cancelled: no retries, and a call that is still under way holds back the next one."""
    due = clock.now() + timer.every_s
    while True:
        await clock.wait(asyncio.Event(), due)
        ledger.add("timer", url=timer.url, due=due, **await _call(timer, due, sender))
        # Occasions missed meanwhile are not made up for.
        due = max(due + timer.every_s, clock.now())


async def _call(timer: Timer, due: float, sender: Sender) -> dict[str, int | str]:
    headers = {
        "User-Agent": "Google-Cloud-Scheduler",
        "X-CloudScheduler": "true",
        "X-CloudScheduler-ScheduleTime": datetime.fromtimestamp(due, UTC).isoformat(),
    }
    try:
        async with asyncio.timeout(ATTEMPT_DEADLINE_S):
            return {"status": await sender.post(timer.url, timer.email, timer.audience, headers)}
    except (aiohttp.ClientError, OSError, NoToken, TimeoutError) as error:
        return {"status": 0, "reason": f"{type(error).__name__}: {error}"}
