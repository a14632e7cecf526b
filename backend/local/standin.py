"""What every stand-in shares: faults switched over HTTP, a ledger of what it was asked, a status page.

The routes stand under `/_standin` so that they never collide with a service's own paths:

  GET /_standin/               a page for people
  GET /_standin/status         the same as JSON
  GET /_standin/faults         the switches as they stand; PUT replaces them, DELETE clears them
  GET /_standin/ledger?after=N entries with a number above N, oldest first; DELETE empties it
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import random
import signal
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from backend.local import lifeline

#: Entries the ledger keeps; older ones are dropped and counted, so memory stays bounded.
LEDGER_ENTRIES = 200_000


class FaultSwitches(BaseModel):
    """The base of a stand-in's switches. Everything off by default; `seed` makes chance repeatable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0


S = TypeVar("S", bound=FaultSwitches)


class Ledger:
    """What the stand-in was asked, in order: the tests' witness that shares no code with the product."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=LEDGER_ENTRIES)
        self._next = 1

    def add(self, kind: str, **facts: Any) -> None:
        """Appends an entry; `at` is Unix time in seconds."""
        self._entries.append({"n": self._next, "at": time.time(), "kind": kind, **facts})
        self._next += 1

    def after(self, number: int) -> list[dict[str, Any]]:
        return [entry for entry in self._entries if entry["n"] > number]

    def clear(self) -> None:
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


class Standin(Generic[S]):
    """The part of a stand-in that is the same for all: name, switches, chance, ledger."""

    def __init__(
        self,
        name: str,
        switches: type[S],
        status: Callable[[], dict[str, Any]] = dict,
        *,
        faults: S | None = None,
    ) -> None:
        self.name = name
        self._type = switches
        self.faults: S = faults if faults is not None else switches()
        self.ledger = Ledger()
        self.chance = random.Random(self.faults.seed)
        self._status = status

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/_standin/", self._page)
        app.router.add_get("/_standin/status", self._status_json)
        app.router.add_get("/_standin/faults", self._get_faults)
        app.router.add_put("/_standin/faults", self._put_faults)
        app.router.add_delete("/_standin/faults", self._clear_faults)
        app.router.add_get("/_standin/ledger", self._get_ledger)
        app.router.add_delete("/_standin/ledger", self._clear_ledger)

    def status(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "standin": True,
            "asked": len(self.ledger),
            "faults": self.faults.model_dump(exclude_defaults=True),
            **self._status(),
        }

    def _set_faults(self, faults: S) -> None:
        self.faults = faults
        self.chance = random.Random(faults.seed)

    async def _page(self, _request: web.Request) -> web.Response:
        rows = "".join(
            f"<tr><th scope=row>{html.escape(key)}</th><td>{html.escape(json.dumps(value))}</td></tr>"
            for key, value in self.status().items()
        )
        return web.Response(
            content_type="text/html",
            text=f"<!doctype html><html lang=en><title>{html.escape(self.name)} stand-in</title>"
            "<style>body{font:14px system-ui;margin:2rem}th{text-align:left;padding-right:1rem}</style>"
            f"<h1>{html.escape(self.name)} stand-in</h1><p>A local program that speaks the service's HTTP. "
            f"Nothing it answers left this machine.</p><table>{rows}</table>",
        )

    async def _status_json(self, _request: web.Request) -> web.Response:
        return web.json_response(self.status())

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(self.faults.model_dump())

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            self._set_faults(self._type.model_validate_json(await request.read()))
        except ValidationError as error:
            return web.Response(status=422, text=error.json(), content_type="application/json")
        return web.json_response(self.faults.model_dump())

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._set_faults(self._type())
        return web.json_response(self.faults.model_dump())

    async def _get_ledger(self, request: web.Request) -> web.Response:
        return web.json_response({"entries": self.ledger.after(int(request.query.get("after", "0")))})

    async def _clear_ledger(self, _request: web.Request) -> web.Response:
        self.ledger.clear()
        return web.json_response({})


def arguments(name: str) -> argparse.ArgumentParser:
    """The command line that every stand-in has: `--port` (0 takes a free one) and `--host`."""
    parser = argparse.ArgumentParser(
        prog=f"python -m backend.local.{name}", description=f"The {name} stand-in."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port and prints it")
    return parser


def serve(app: web.Application, host: str, port: int) -> None:
    """Serves until SIGTERM or Ctrl-C; prints one line, `{"listening": "http://…"}`, once it answers."""
    lifeline.watch()
    asyncio.run(_serve(app, host, port))


async def _serve(app: web.Application, host: str, port: int) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=4096)
    await site.start()
    bound = runner.addresses[0][1]
    print(json.dumps({"listening": f"http://{host}:{bound}"}), flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    await runner.cleanup()
