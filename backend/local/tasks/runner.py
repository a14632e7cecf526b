"""The life of one queue: who goes next, how many at once, how fast, and what follows each delivery."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import dataclass

from backend.local.standin import Ledger
from backend.local.tasks import queue_rules
from backend.local.tasks.backoff import RetryRule, backoff_s, gives_up
from backend.local.tasks.clock import Clock
from backend.local.tasks.delivery import Outcome, mark_dispatched, mark_failed
from backend.local.tasks.faults import Luck
from backend.local.tasks.rate import Brake, TokenBucket
from backend.local.tasks.sender import Sender
from backend.local.tasks.store import Store, StoredTask, Waiting
from backend.local.tasks.wire import Message

_log = logging.getLogger(__name__)

#: Lines of the queue that are looked at in one go.
LOOK_AHEAD = 100


@dataclass(frozen=True)
class Surroundings:
    """What every queue's runner works with."""

    store: Store
    sender: Sender
    clock: Clock
    ledger: Ledger
    luck: Luck
    names_blocked_s: float


class QueueRunner:
    """Dispatches one queue's tasks from `start` to `stop`; `poke` it after every change."""

    def __init__(self, name: str, around: Surroundings) -> None:
        self.name = name
        self._around = around
        self._poked = asyncio.Event()
        self._deliveries: dict[int, asyncio.Task[None]] = {}
        self._bucket: TokenBucket | None = None
        self.brake = Brake()
        self._loop: asyncio.Task[None] | None = None

    @property
    def in_flight(self) -> set[int]:
        """Ids of the tasks that are being delivered."""
        return set(self._deliveries)

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run(), name=f"queue {self.name}")

    async def stop(self) -> None:
        tasks = [*self._deliveries.values(), *([self._loop] if self._loop else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def poke(self) -> None:
        """Something changed: look again who may go."""
        self._poked.set()

    def run_now(self, task: StoredTask) -> None:
        """RunTask: at once, past the rates, the place and the pause; one in dispatch is left alone."""
        if task.id not in self._deliveries:
            task.message.schedule_time.FromMicroseconds(int(self._around.clock.now() * 1e6))
            self._deliver(task)

    async def _run(self) -> None:
        while True:
            self._poked.clear()
            try:
                look_again = self._dispatch_due()
            except sqlite3.Error:
                # A full or locked disk may be well again soon; a queue that stops for good is worse.
                _log.exception("cannot read the queue %s, looking again in a second", self.name)
                look_again = self._around.clock.now() + 1
            await self._around.clock.wait(self._poked, look_again)

    def _dispatch_due(self) -> float | None:
        """Starts every delivery that may start; returns when to look again (None: when poked)."""
        queue = self._around.store.queue(self.name)
        if queue is None or queue.state != queue_rules.RUNNING:
            return None
        now = self._around.clock.now()
        if self.brake.until > now:
            return self.brake.until
        places = queue.rate_limits.max_concurrent_dispatches - len(self._deliveries)
        if places <= 0:
            return None
        first = self._around.store.waiting(self.name, len(self._deliveries) + LOOK_AHEAD)
        line = [each for each in first if each.id not in self._deliveries]
        due = [each for each in line if each.due <= now]
        bucket = self._bucket_for(queue.rate_limits, now)
        for waiting in self._around.luck.shuffled(due)[:places]:
            if not bucket.take(now):
                return bucket.next_at()
            self._start(waiting, now)
        if due:
            self._poked.set()  # more may be due behind those looked at
        return min((each.due for each in line if each.due > now), default=None)

    def _bucket_for(self, rates: Message, now: float) -> TokenBucket:
        if self._bucket is None:
            self._bucket = TokenBucket.full(rates.max_dispatches_per_second, rates.max_burst_size, now)
        self._bucket.resize(rates.max_dispatches_per_second, rates.max_burst_size)
        return self._bucket

    def _start(self, waiting: Waiting, now: float) -> None:
        task = self._around.store.task(waiting.name)
        if task is None:
            return
        if self._around.luck.strikes("delay"):
            self._around.ledger.add("delayed", task=task.name)
            task.message.schedule_time.FromMicroseconds(
                int((now + self._around.luck.standin.faults.delay_s) * 1e6)
            )
            self._around.store.save(task)
            return
        self._deliver(task)

    def _deliver(self, task: StoredTask) -> None:
        mark_dispatched(task, self._around.clock.now())
        self._around.store.save(task)
        delivery = asyncio.create_task(self._delivery(task), name=f"delivery of {task.name}")
        self._deliveries[task.id] = delivery

    async def _delivery(self, task: StoredTask) -> None:
        try:
            if self._around.luck.strikes("twin"):
                outcome, _ = await asyncio.gather(self._send(task), self._send(task, twin=True))
            else:
                outcome = await self._send(task)
            self._settle(task.id, task.name, outcome)
        finally:
            del self._deliveries[task.id]
            self.poke()

    async def _send(self, task: StoredTask, *, twin: bool = False) -> Outcome:
        ledger, clock = self._around.ledger, self._around.clock
        attempt, began = task.message.dispatch_count, clock.now()
        ledger.add("dispatch", task=task.name, attempt=attempt, twin=twin, clock=began, due=task.due)
        outcome = await self._around.sender.send(task)
        ledger.add(
            "answer",
            task=task.name,
            attempt=attempt,
            twin=twin,
            status=outcome.status,
            ms=round((clock.now() - began) * 1000, 3),
            reason=outcome.reason,
        )
        return outcome

    def _settle(self, task_id: int, name: str, outcome: Outcome) -> None:
        """What follows a delivery: done, tried again, or given up; nothing for a task deleted meanwhile."""
        now = self._around.clock.now()
        if outcome.overloaded:
            self.brake.overloaded(now, outcome.retry_after_s)
        elif outcome.responded:
            self.brake.answered()
        task, queue = self._around.store.task(name), self._around.store.queue(self.name)
        if task is None or task.id != task_id or queue is None:
            return
        if outcome.succeeded and not self._around.luck.strikes("duplicate"):
            self._end(name, "done", now)
            return
        retry = task.message.retry_config if task.message.HasField("retry_config") else queue.retry_config
        self._fail(task, RetryRule.of(retry), outcome, now)

    def _fail(self, task: StoredTask, rule: RetryRule, outcome: Outcome, now: float) -> None:
        mark_failed(task, outcome, now)
        message = task.message
        first = message.first_attempt.dispatch_time.ToMicroseconds() / 1e6
        if gives_up(rule, message.dispatch_count, now - first, now - message.create_time.seconds):
            self._end(task.name, "gave_up", now)
            return
        wait = max(backoff_s(rule, message.dispatch_count), outcome.retry_after_s)
        message.schedule_time.FromMicroseconds(int((now + wait) * 1e6))
        self._around.store.save(task)
        self._around.ledger.add("retry", task=task.name, after=message.dispatch_count, wait_s=wait)

    def _end(self, name: str, kind: str, now: float) -> None:
        self._around.store.drop(name, now + self._around.names_blocked_s)
        self._around.ledger.add(kind, task=name)
