"""The console page: queues and tasks as the Cloud Console shows them, refreshed by polling JSON."""

from __future__ import annotations

from importlib import resources
from typing import Any

from aiohttp import web

from backend.local.tasks import task_rules
from backend.local.tasks.clock import Clock
from backend.local.tasks.queue_rules import RUNNING
from backend.local.tasks.runner import QueueRunner
from backend.local.tasks.service import CloudTasks
from backend.local.tasks.store import Store, StoredTask
from backend.local.tasks.wire import Message

#: Tasks shown of one queue; the page says when there are more.
SHOWN = 200


class Console:
    """`/_standin/console` and its data; what the page does, it does through the API itself."""

    def __init__(self, service: CloudTasks, store: Store, clock: Clock) -> None:
        self._service = service
        self._store = store
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/_standin/console", self.page)
        app.router.add_get("/_standin/console.json", self.data)

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text=_page(), content_type="text/html", charset="utf-8")

    async def data(self, request: web.Request) -> web.Response:
        """All queues; with `?queue=NAME` also that queue's first tasks."""
        queues = [self._queue(queue) for queue in self._store.queues()]
        answer: dict[str, Any] = {"now": self._clock.now(), "queues": queues}
        chosen = request.query.get("queue")
        if chosen is not None and self._store.queue(chosen) is not None:
            in_flight = self._service.runners[chosen].in_flight
            first = self._store.waiting(chosen, SHOWN)
            tasks = [task for each in first if (task := self._store.task(each.name)) is not None]
            answer["tasks"] = [_task(task, task.id in in_flight) for task in tasks]
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    def _queue(self, queue: Message) -> dict[str, Any]:
        runner: QueueRunner = self._service.runners[queue.name]
        rates, retries = queue.rate_limits, queue.retry_config
        return {
            "name": queue.name,
            "id": queue.name.rpartition("/")[2],
            "running": queue.state == RUNNING,
            "tasks": self._store.count(queue.name),
            "in_dispatch": len(runner.in_flight),
            "max_concurrent": rates.max_concurrent_dispatches,
            "per_second": rates.max_dispatches_per_second,
            "braked_until": runner.brake.until,
            "max_attempts": retries.max_attempts,
            "min_backoff_s": retries.min_backoff.ToMicroseconds() / 1e6,
            "max_backoff_s": retries.max_backoff.ToMicroseconds() / 1e6,
        }


def _page() -> str:
    """One self-contained page: style and script are put where the page names them."""
    files = resources.files(__package__) / "console_page"
    page = (files / "page.html").read_text(encoding="utf-8")
    for part in ("page.css", "page.js"):
        page = page.replace(f"/* {part} */", (files / part).read_text(encoding="utf-8"))
    return page


def _task(task: StoredTask, in_dispatch: bool) -> dict[str, Any]:
    message = task.message
    last = message.last_attempt
    return {
        "name": task.name,
        "id": task.name.rpartition("/")[2],
        "due": task.due,
        "created": message.create_time.seconds,
        "in_dispatch": in_dispatch,
        "attempts": message.dispatch_count,
        "answers": message.response_count,
        "last_at": last.dispatch_time.ToMicroseconds() / 1e6 if last.HasField("dispatch_time") else None,
        "last_answer": last.response_status.message if last.HasField("response_time") else "",
        "method": task_rules.METHODS[message.http_request.http_method],
        "url": message.http_request.url,
    }
