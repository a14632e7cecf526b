"""Asks the model about many rows at once, on the event loop, within the pace and the money allowed.

The control thread hands in questions and takes out results; nothing here touches the store or the sheet.
A question's transient failure is tried again with growing waits; its neighbours never notice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from backend.domain import answers, estimate, failures
from backend.domain.money import Price, cost_microusd
from backend.domain.pace import Pace
from backend.domain.recipes import Recipe
from backend.domain.rows import Row
from backend.errors import PauseJob, RowFailed
from backend.ports import Answer, Clock, Model
from backend.usecases.batch.credit import Credit
from backend.usecases.batch.questions import (
    ALONE,
    About,
    Asked,
    Paid,
    Question,
    worst_call_microusd,
    write_prompt,
)

log = logging.getLogger(__name__)


#: Answers that are worth waking the control thread for: as many as it commits at once.
WAKE_AT = 200
#: So few calls in flight that every answer wakes it.
FEW = 16


class Runner(Protocol):
    """Runs coroutines on the process's one event loop."""

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]: ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...


class _Left(Exception):
    """A question goes unanswered in this batch; a later one asks it anew."""


@dataclass(slots=True)
class SharedCalls:
    """Calls in flight in this process, by answer key: equal questions of several jobs become one call.

    Touched on the event loop alone.
    """

    calls: dict[str, asyncio.Future[Paid]] = field(default_factory=dict)


class Asker:
    """The questions of one batch."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        model: Model,
        model_name: str,
        api_key: str | None,
        price: Price | None,
        pace: Pace,
        shared: SharedCalls,
        runner: Runner,
        clock: Clock,
        timeout_s: float,
        window: int | None,
        wake: threading.Event,
    ) -> None:
        self._recipe = recipe
        self._schema = answers.schema(recipe)
        self._model, self._model_name, self._api_key = model, model_name, api_key
        self._price = price
        self._pace = pace
        self._shared = shared
        self._runner = runner
        self._clock = clock
        self._timeout_s = timeout_s
        self._window = window
        self._wake = wake
        self._waiting: deque[Question] = deque()
        self._asked: deque[Asked] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        #: Whether we count among those who share the pace.
        self._sharing = False
        self.credit = Credit()
        #: Why no further call makes sense (a refused key, …).
        self.pause: PauseJob | None = None
        #: Set when a wait longer than a batch should hold was asked for.
        self.long_wait_s = 0.0

    # ── the control thread's side ──────────────────────────────────────────────────────────────────

    def question(
        self,
        key: str,
        rows: list[Row],
        about: About = ALONE,
    ) -> Question:
        """Writes the prompt for rows that share an answer."""
        prompt = write_prompt(self._recipe, self._schema, rows[0], about.page_text)
        worst = worst_call_microusd(prompt, self._price) if self._price is not None else 0
        likely = estimate.prompt_tokens(self._recipe, prompt.user)
        return Question(key, rows, prompt, about, worst, likely)

    def ask(self, questions: list[Question]) -> None:
        self._waiting.extend(questions)
        self._runner.loop.call_soon_threadsafe(self._start_more)

    def take(self, limit: int) -> list[Asked]:
        """Up to `limit` questions that have ended since the last take."""
        taken: list[Asked] = []
        while self._asked and len(taken) < limit:
            taken.append(self._asked.popleft())
        return taken

    @property
    def level(self) -> float:
        """Calls that may be in flight towards this key and model."""
        return self._pace.allowed

    @property
    def share(self) -> float:
        """Those of them that are this batch's, beside others with the same key and model."""
        return self._pace.share

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    @property
    def finished(self) -> int:
        return len(self._asked)

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._tasks and not self._asked

    @property
    def wants_microusd(self) -> int:
        """What the next call could cost when the credit does not cover it; 0 when nothing is short."""
        return self.credit.short_of(self._waiting)

    def wants_ahead_microusd(self, calls: int) -> int:
        """What the next call could cost, when the credit will not cover so many more of them; else 0."""
        return 0 if self._stopped else self.credit.short_ahead(self._waiting, calls)

    @property
    def only_money_is_missing(self) -> bool:
        """Whether nothing is on its way: what is not waiting to start waits to be paid again."""
        return len(self._tasks) == self.credit.awaited_by and not self._asked

    def stop(self) -> list[Question]:
        """Starts no further call; gives what was not started. Calls in flight end in their time."""
        self._stopped = True
        left = list(self._waiting)
        self._waiting.clear()
        return left

    def abandon(self) -> None:
        """Drops the calls in flight: the lease is lost, and nobody may use their answers."""
        self._stopped = True
        self._waiting.clear()
        self._runner.loop.call_soon_threadsafe(self._cancel)

    def lend(self, microusd: int) -> None:
        """Adds reserved money; waiting questions may start."""
        self.credit.lend(microusd)
        self._runner.loop.call_soon_threadsafe(self._start_more)

    # ── the event loop's side ──────────────────────────────────────────────────────────────────────

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._note_share()

    def _note_share(self) -> None:
        """Joins those who share the pace when there is something to ask, and leaves when all is done."""
        busy = bool(self._tasks) or (bool(self._waiting) and not self._stopped)
        if busy != self._sharing:
            self._sharing = busy
            self._pace.sharers += 1 if busy else -1

    def _start_more(self) -> None:
        self._note_share()
        while self._waiting and not self._stopped and self.pause is None:
            if len(self._tasks) >= min(self._pace.share, self._window or self._pace.most):
                return
            question = self._waiting[0]
            tokens = question.likely_in + estimate.answer_tokens(self._recipe)
            wait = self._pace.wait_s(tokens, self._clock.monotonic())
            if wait > 0:
                self.long_wait_s = wait
                self._later(wait)
                return
            if not self.credit.pay(question):
                self._wake.set()
                return
            self.long_wait_s = 0.0
            self._waiting.popleft()
            self._pace.started(tokens, self._clock.monotonic())
            task = self._runner.loop.create_task(self._answer(question))
            self._tasks.add(task)
            task.add_done_callback(partial(self._ended, question))

    def _later(self, wait_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._runner.loop.call_later(min(wait_s, 1.0), self._start_more)

    def _ended(self, question: Question, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            # A defect of ours: this row must end, and its neighbours must not notice.
            log.error("A call failed unexpectedly.", extra={"action": "call_broke"}, exc_info=error)
            self._finish(question, failure=RowFailed("model_error", failures.sentence("model_error")))
        self._tasks.discard(task)
        self._start_more()
        self._note_share()

    async def _answer(self, question: Question) -> None:
        question.began = question.began or time.perf_counter()
        while (other := self._shared.calls.get(question.key)) is not None:
            paid = await _outcome(other)
            if paid is not None:
                self._finish(question, outputs=paid.outputs, shared=paid)
                return
        mine: asyncio.Future[Paid] = self._runner.loop.create_future()
        self._shared.calls[question.key] = mine
        try:
            outputs = await self._ask_until_settled(question)
        except RowFailed as failure:
            self._finish(question, failure=failure)
        except _Left:
            self._finish(question, left=True)
        except PauseJob as pause:
            self.pause = pause
            self._finish(question, left=True)
        else:
            mine.set_result(Paid(outputs, question.cost_microusd))
            self._finish(question, outputs=outputs)
        finally:
            if self._shared.calls.get(question.key) is mine:
                del self._shared.calls[question.key]
            if not mine.done():
                mine.cancel()

    async def _ask_until_settled(self, question: Question) -> tuple[str, ...]:
        while True:
            question.tries += 1
            try:
                return await self._ask_once(question)
            except RowFailed as failure:
                if failure.error_class == "model_rate_limited":
                    self._pace.refused(self._clock.monotonic(), failure.delay_s)
                if failure.maybe_billed:
                    question.cost_microusd += question.worst_microusd
                repeat = failure.transient and failures.may_try_again(failure.error_class, question.tries)
                if not repeat:
                    raise
                if self._stopped:
                    raise _Left from failure  # it has tries left, and a later batch makes them
                await asyncio.sleep(failures.wait_s(question.tries, failure.delay_s, random.random()))
                await self._pay_again(question)

    async def _pay_again(self, question: Question) -> None:
        """A repeat is a call like any other. Raises `_Left` when there is no money and will be none."""
        if self.credit.pay(question):
            return
        with self.credit.waited_for(question):
            while not self.credit.pay(question):
                self._wake.set()
                if self._stopped:
                    raise _Left
                await asyncio.sleep(0.1)

    async def _ask_once(self, question: Question) -> tuple[str, ...]:
        began = time.perf_counter()
        try:
            answer = await self._model.ask(
                question.prompt, model=self._model_name, api_key=self._api_key, timeout_s=self._timeout_s
            )
        finally:
            question.calls_ms.append(round((time.perf_counter() - began) * 1000))
            self._pace.took(question.calls_ms[-1], self._clock.monotonic())
        self._learn(answer)
        question.tokens_in += answer.tokens_in
        question.tokens_out += answer.tokens_out
        if self._price is not None:
            question.cost_microusd += cost_microusd(self._price, answer.tokens_in, answer.tokens_out)
        fields = answers.judge(self._recipe, answer.content, answer.refusal, answer.finish_reason)
        return tuple(fields.values())

    def _learn(self, answer: Answer) -> None:
        self._pace.answered(
            self._clock.monotonic(),
            limit_requests=answer.limits.limit_requests,
            remaining_requests=answer.limits.remaining_requests,
            limit_tokens=answer.limits.limit_tokens,
            remaining_tokens=answer.limits.remaining_tokens,
        )

    def _finish(
        self,
        question: Question,
        *,
        outputs: tuple[str, ...] = (),
        failure: RowFailed | None = None,
        shared: Paid | None = None,
        left: bool = False,
    ) -> None:
        ms = round((time.perf_counter() - question.began) * 1000)
        self._asked.append(Asked(question, outputs, failure, ms, shared, left))
        # The control thread looks around several times a second; it is woken for what fills a commit, and
        # where so few calls are under way that each answer is awaited.
        if len(self._asked) >= WAKE_AT or len(self._tasks) <= FEW:
            self._wake.set()


async def _outcome(call: asyncio.Future[Paid]) -> Paid | None:
    """Another job's answer to the same question, or None when it did not get any."""
    await asyncio.wait([call])
    return None if call.cancelled() else call.result()
