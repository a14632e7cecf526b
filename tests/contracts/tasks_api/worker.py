"""A worker that takes tasks over HTTP: it answers what it is told to and remembers every request."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def task(self) -> str:
        return self.headers["X-CloudTasks-TaskName"]


@dataclass
class Worker:
    """Answers 200 unless told otherwise; `holds` keeps requests open until `lets_go`."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _answers: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    _always: int = 200
    _open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._open.set()

    def answers(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        """The next requests get these, in order."""
        self._answers.extend((status, headers or {}) for status in statuses)

    def always_answers(self, status: int) -> None:
        self._always = status

    def holds(self) -> None:
        self._open.clear()

    def lets_go(self) -> None:
        self._open.set()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        # A handler of production goes on when its caller hangs up; aiohttp's is shielded to do the same.
        return await asyncio.shield(asyncio.ensure_future(self._handle(request)))

    async def _handle(self, request: web.Request) -> web.Response:
        received = Received(request.method, request.raw_path, dict(request.headers), await request.read())
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        self.received.append(received)
        try:
            while not self._open.is_set():
                await asyncio.sleep(0.005)
            status, headers = self._answers.popleft() if self._answers else (self._always, {})
            return web.Response(status=status, headers=headers)
        finally:
            self._at_once -= 1
            self.finished.append(received.task if "X-CloudTasks-TaskName" in received.headers else "")
