"""The product's own application, in a process that ends itself at a chosen point.

A test writes what is to happen into the file that `STRIKE` names: `{"at": …, "how": …}`. The first process
that comes to the point carries it out, once; a text in `poison` kills every process that asks about it. Only
the calls between the use cases and their ports are watched; everything behind them is the real thing.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask

from backend.app import create_app
from backend.bootstrap import bootstrap
from backend.config import load
from backend.entrypoints import logs
from backend.ports import Create, Replace

SIGNALS = {"kill": signal.SIGKILL, "stall": signal.SIGSTOP}


def _claims(writes: list[Any]) -> bool:
    return len(writes) == 1 and isinstance(writes[0], Replace) and "holder" in writes[0].data


def _creates(collection: str) -> Callable[[list[Any]], bool]:
    return lambda writes: any(isinstance(w, Create) and w.key.collection == collection for w in writes)


def _announces(writes: list[Any]) -> bool:
    return any(_creates("writes")([write]) and write.data["places"] for write in writes)


def _starts(writes: list[Any]) -> bool:
    return any(not hasattr(w, "by") and w.key.collection == "slots" and w.data["taken"] for w in writes)


def _is_next(task: Any) -> bool:
    return task.body["enqueue_no"] > 1


#: Point → method of a port, before or after it, and which calls of it are meant.
POINTS: dict[str, tuple[str, str, Callable[[Any], bool]]] = {
    "after the claim": ("commit", "after", _claims),
    "after the freeze": ("commit", "after", _creates("rows")),
    "before the model call": ("ask", "before", lambda _: True),
    "after the model call": ("ask", "after", lambda _: True),
    "before the results' commit": ("commit", "before", _creates("results")),
    "after the results' commit": ("commit", "after", _creates("results")),
    "after the intent": ("commit", "after", _announces),
    "after the sheet write": ("write", "after", lambda _: True),
    "before the job's commit": ("commit", "before", _creates("jobs")),
    "after the job's commit": ("commit", "after", _creates("jobs")),
    "after the start": ("commit", "after", _starts),
    "before the enqueue": ("enqueue", "before", lambda _: True),
    "after the enqueue": ("enqueue", "after", lambda _: True),
    "before the next batch's enqueue": ("enqueue", "before", _is_next),
    "after the next batch's enqueue": ("enqueue", "after", _is_next),
}


class Strike:
    """Reads the file at every call: one application serves many tests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def at(self, method: str, when: str, what: Any) -> None:
        try:
            order = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return
        if method == "ask" and when == "before" and order.get("poison", "\0") in what.user:
            os.kill(os.getpid(), signal.SIGKILL)
        if order.get("at") not in POINTS:
            return
        point = POINTS[order["at"]]
        if point[:2] == (method, when) and point[2](what):
            self._path.rename(self._path.with_suffix(".done"))
            os.kill(os.getpid(), SIGNALS[order["how"]])


class Watched:
    """A port whose calls are watched."""

    def __init__(self, port: Any, strike: Strike) -> None:
        self._port, self._strike = port, strike

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in ("commit", "write", "enqueue"):
            return method

        def call(*args: Any, **named: Any) -> Any:
            what = args[0]
            self._strike.at(name, "before", what)
            answer = method(*args, **named)
            self._strike.at(name, "after", what)
            return answer

        return call


class WatchedModel:
    """The model, watched likewise."""

    def __init__(self, model: Any, strike: Strike) -> None:
        self._model, self._strike = model, strike
        self.provider = model.provider

    async def ask(self, prompt: Any, **named: Any) -> Any:
        self._strike.at("ask", "before", prompt)
        answer = await self._model.ask(prompt, **named)
        self._strike.at("ask", "after", prompt)
        return answer

    async def check(self, **named: Any) -> None:
        await self._model.check(**named)


def serve() -> Flask:
    """For gunicorn."""
    logs.configure()
    service, strike = bootstrap(load()), Strike(Path(os.environ["STRIKE"]))
    watched: dict[str, Any] = {
        name: Watched(getattr(service, name), strike) for name in ("documents", "sheets", "queue")
    }
    return create_app(replace(service, **watched, model=WatchedModel(service.model, strike)))
