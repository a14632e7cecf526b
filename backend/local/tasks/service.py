"""The service behind the addresses: queues and tasks, their rules, the store, and a runner for each queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backend.local.tasks import queue_rules, refusals, task_rules
from backend.local.tasks.queue_rules import PAUSED, RUNNING
from backend.local.tasks.runner import QueueRunner, Surroundings
from backend.local.tasks.store import StoredTask
from backend.local.tasks.wire import Message, a_queue

#: Seconds that the name of a deleted queue stays blocked (quotas: a queue may be re-created after 3 days).
QUEUE_NAME_BLOCKED_S = 3 * 86_400


@dataclass(frozen=True)
class Page:
    """Some of a list; `next_after` is where the next page begins, empty at the end."""

    items: list[Any]
    next_after: str


class CloudTasks:
    """What the API can do; every method that changes something is durable when it returns."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._store = around.store
        self.runners: dict[str, QueueRunner] = {}

    def start(self) -> None:
        """Starts the runners; a task that was in dispatch at a kill is simply due again."""
        self._store.forget_names(self._around.clock.now())
        for queue in self._store.queues():
            self._start_runner(queue.name)

    async def stop(self) -> None:
        for runner in list(self.runners.values()):
            await runner.stop()

    def declare_queue(self, name: str, concurrency: int) -> None:
        """Makes the queue, or sets how many of its tasks may run at once: what a deploy script does."""
        queue = self._store.queue(name) or a_queue()
        queue.name, queue.state = name, queue.state or RUNNING
        queue_rules.check_name(name, name.partition("/queues/")[0])
        queue.rate_limits.max_concurrent_dispatches = concurrency
        self._store.put_queue(queue_rules.complete(queue))
        if name in self.runners:
            self.runners[name].poke()

    # Queues

    def create_queue(self, queue: Message, parent: str) -> Message:
        queue_rules.check_name(queue.name, parent)
        if self._store.queue(queue.name) is not None:
            raise refusals.queue_exists()
        if self._store.is_blocked(queue.name, self._around.clock.now()):
            raise refusals.queue_existed()
        queue.state = RUNNING
        queue.ClearField("purge_time")
        self._store.put_queue(queue_rules.complete(queue))
        self._start_runner(queue.name)
        self._around.ledger.add("queue_created", queue=queue.name)
        return queue

    def queue(self, name: str) -> Message:
        queue = self._store.queue(name)
        if queue is None:
            raise refusals.queue_not_found()
        return queue

    def queues(self, parent: str, after: str, size: int) -> Page:
        found = self._store.queues(f"{parent}/queues/", after, size + 1)
        return Page(found[:size], found[size - 1].name if len(found) > size else "")

    def update_queue(self, name: str, changes: Message, mask: Message) -> Message:
        """Changes the masked fields, without a mask all; creates an unknown queue, as the reference says."""
        changes.name = name
        queue = self._store.queue(name)
        if queue is None:
            return self.create_queue(changes, name.partition("/queues/")[0])
        if mask.paths:
            updated = a_queue(queue.SerializeToString())
            mask.MergeMessage(changes, updated, True, True)
        else:
            updated = changes
        updated.name, updated.state = name, queue.state
        updated.ClearField("purge_time")
        if queue.HasField("purge_time"):
            updated.purge_time.CopyFrom(queue.purge_time)
        self._store.put_queue(queue_rules.complete(updated))
        self._around.ledger.add("queue_updated", queue=name)
        self.runners[name].poke()
        return updated

    async def delete_queue(self, name: str) -> None:
        if self._store.queue(name) is None:
            raise refusals.not_found()
        self._store.drop_queue(name, self._around.clock.now() + QUEUE_NAME_BLOCKED_S)
        await self.runners.pop(name).stop()
        self._around.ledger.add("queue_deleted", queue=name)

    def pause(self, name: str) -> Message:
        return self._set_state(name, PAUSED, "queue_paused")

    def resume(self, name: str) -> Message:
        return self._set_state(name, RUNNING, "queue_resumed")

    def purge(self, name: str) -> Message:
        queue = self.queue(name)
        now = self._around.clock.now()
        queue.purge_time.FromMicroseconds(int(now * 1e6))
        self._store.put_queue(queue)
        count = self._store.purge(name, now + self._around.names_blocked_s)
        self._around.ledger.add("queue_purged", queue=name, tasks=count)
        return queue

    # Tasks

    def create_task(self, task: Message, queue: str) -> Message:
        self.queue(queue)
        now = self._around.clock.now()
        kept = task_rules.complete(task, queue, now)
        if self._store.task(kept.name) is not None:
            raise refusals.task_exists()
        if self._store.is_blocked(kept.name, now):
            raise refusals.task_existed()
        if self._around.luck.strikes("drop"):
            self._store.block_name(kept.name, now + self._around.names_blocked_s)
            self._around.ledger.add("dropped", task=kept.name)
            return kept
        self._store.add(kept, queue)
        self._around.ledger.add(
            "created",
            task=kept.name,
            due=kept.schedule_time.ToMicroseconds() / 1e6,
            headers=dict(kept.http_request.headers),
            body=kept.http_request.body.decode(errors="replace"),
        )
        self.runners[queue].poke()
        return kept

    def task(self, name: str) -> StoredTask:
        task = self._store.task(name)
        if task is None:
            gone = self._store.is_blocked(name, self._around.clock.now())
            raise refusals.task_gone() if gone else refusals.not_found()
        return task

    def tasks(self, queue: str, after: str, size: int) -> Page:
        self.queue(queue)
        found = [task.message for task in self._store.tasks(queue, after, size + 1)]
        return Page(found[:size], found[size - 1].name if len(found) > size else "")

    def delete_task(self, name: str) -> None:
        self.task(name)
        self._store.drop(name, self._around.clock.now() + self._around.names_blocked_s)
        self._around.ledger.add("deleted", task=name)

    def run_task(self, name: str) -> Message:
        task = self.task(name)
        self._around.ledger.add("run", task=name)
        self.runners[name.partition("/tasks/")[0]].run_now(task)
        return task.message

    def _set_state(self, name: str, state: int, kind: str) -> Message:
        queue = self.queue(name)
        queue.state = state
        self._store.put_queue(queue)
        self._around.ledger.add(kind, queue=name)
        self.runners[name].poke()
        return queue

    def _start_runner(self, name: str) -> None:
        runner = self.runners[name] = QueueRunner(name, self._around)
        runner.start()
