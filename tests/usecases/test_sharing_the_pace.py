"""Batches that ask the same model with the same key keep to one bound together, and share it evenly."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable

from backend.adapters.event_loop import EventLoop
from backend.adapters.system_clock import SystemClock
from backend.domain.money import Price
from backend.domain.pace import Pace
from backend.domain.recipes import CASE_A
from backend.domain.rows import Row
from backend.ports import Answer, Prompt, RateLimits
from backend.usecases.batch.asking import Asker, SharedCalls

MOST = 12
ROWS = 40
ANSWER = '{"category": "Hardware Stores", "brand_name": "Acme", "email_question": "Who sells nails?"}'


class HeldModel:
    """Answers when it is told to; counts the calls in flight by the batch that made them."""

    provider = "standin"

    def __init__(self) -> None:
        self.in_flight: Counter[str] = Counter()
        self.most = 0
        self.may_answer = asyncio.Event()

    async def ask(self, prompt: Prompt, *, model: str, api_key: str | None, timeout_s: float) -> Answer:
        batch = prompt.user.partition("batch ")[2][:1]
        self.in_flight[batch] += 1
        self.most = max(self.most, self.in_flight.total())
        await self.may_answer.wait()
        await asyncio.sleep(0)
        self.in_flight[batch] -= 1
        return Answer(ANSWER, None, "stop", 10, 10, RateLimits())

    async def check(self, *, model: str, api_key: str, timeout_s: float) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        pass


def test_three_batches_share_what_is_allowed_and_the_last_gets_all_of_it() -> None:
    model, pace, loop = HeldModel(), Pace(MOST, allowed=MOST), EventLoop()
    askers = [asker(model, pace, loop) for _ in range(3)]
    try:
        for number, one in enumerate(askers):
            one.ask([one.question(f"{number}-{i}", [row(i, f"batch {number} row {i}")]) for i in range(ROWS)])
        until(lambda: model.in_flight.total() >= MOST and pace.sharers == 3)
        loop.loop.call_soon_threadsafe(model.may_answer.set)
        until(lambda: all(one.finished == ROWS for one in askers))
        # What the first ones sent while they were fewer comes back first: 1 + 1/2 + 1/3 at the very most.
        assert model.most <= MOST + MOST // 2 + MOST // 3
        until(lambda: pace.sharers == 0)
        assert pace.share == MOST
    finally:
        loop.close()


def test_a_batch_that_is_abandoned_leaves_its_share_to_the_others() -> None:
    model, pace, loop = HeldModel(), Pace(MOST, allowed=MOST), EventLoop()
    stays, goes = asker(model, pace, loop), asker(model, pace, loop)
    try:
        for number, one in enumerate((stays, goes)):
            one.ask([one.question(f"{number}-{i}", [row(i, f"batch {number} row {i}")]) for i in range(ROWS)])
        until(lambda: pace.sharers == 2)
        goes.abandon()
        until(lambda: pace.sharers == 1)
        assert pace.share == MOST
        stays.abandon()
        until(lambda: pace.sharers == 0)
    finally:
        loop.close()


def asker(
    model: HeldModel,
    pace: Pace,
    loop: EventLoop,
    shared: SharedCalls | None = None,
    price: Price | None = None,
) -> Asker:
    return Asker(
        recipe=CASE_A,
        model=model,
        model_name="gpt-5-nano",
        api_key=None,
        price=price,
        pace=pace,
        shared=shared or SharedCalls(),
        runner=loop,
        clock=SystemClock(),
        timeout_s=10,
        window=None,
        wake=threading.Event(),
    )


def row(index: int, name: str) -> Row:
    return Row(index, index + 1, f"print-{index}", {"company_name": name, "company_keywords": "nails"})


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)
