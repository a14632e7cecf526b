"""A server that answers exactly as a test says: for the answers that no stand-in gives on demand."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.serving import serving


@dataclass(frozen=True)
class Answer:
    """One answer; a `cut` one ends after `body`, a `drip` one never does."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    drip: bool = False


@dataclass
class Scripted:
    """`says` what comes next, for ever or until it says something else; `asked` keeps what came in."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    _answers: list[Answer] = field(default_factory=list)
    _open_calls_wanted: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def says(self, status: int, body: object, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers = [Answer(status, raw, {"content-type": "application/json", **names})]

    def cuts(self, after: bytes = b"") -> None:
        """Ends the connection, having sent a head and `after` where that is given."""
        self._answers = [Answer(body=after, cut=True)]

    def drips(self) -> None:
        """Sends an answer a byte at a time, without an end."""
        self._answers = [Answer(drip=True)]

    def holds_until(self, open_calls: int) -> None:
        """Answers nobody until so many calls are open at the same time."""
        self._open_calls_wanted = open_calls

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            {
                "path": request.path,
                "peer": request.transport and request.transport.get_extra_info("peername"),
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": await request.read(),
            }
        )
        while len(self.asked) < self._open_calls_wanted and not self._ended.is_set():
            await asyncio.sleep(0.005)
        answer = self._answers[0]
        if answer.drip:
            return await self._drip(request)
        if not answer.cut:
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        if answer.body:
            response = web.StreamResponse(headers={"content-length": str(len(answer.body) + 100)})
            await response.prepare(request)
            await response.write(answer.body)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000000"})
        await response.prepare(request)
        while not self._ended.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.01)
        return response


@contextmanager
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    with serving(server.app()) as url:
        server.url = url
        try:
            yield server
        finally:
            server._ended.set()
