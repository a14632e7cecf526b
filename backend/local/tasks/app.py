"""The tasks stand-in as one application: API, runners, timers, console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from backend.local.standin import Standin
from backend.local.tasks.clock import Clock, SystemClock
from backend.local.tasks.console import Console
from backend.local.tasks.faults import Luck, TasksFaults
from backend.local.tasks.routes import Routes
from backend.local.tasks.runner import Surroundings
from backend.local.tasks.sender import Sender
from backend.local.tasks.service import CloudTasks
from backend.local.tasks.store import Store
from backend.local.tasks.timer import Timer, run_timer

#: Seconds a used task name stays blocked; the reference says up to 24 hours.
NAMES_BLOCKED_S = 86_400.0
#: Bytes of a request: a task of 1 MiB in base64, with room for the rest.
MAX_REQUEST = 4 * 2**20


def create_app(
    data: Path,
    *,
    identity: str | None = None,
    queues: Mapping[str, int] | None = None,
    timers: Sequence[Timer] = (),
    names_blocked_s: float = NAMES_BLOCKED_S,
    clock: Clock | None = None,
) -> web.Application:
    """The application over the tasks in `data`.

    `identity` is the address that mints OIDC tokens; `queues` maps names to concurrent dispatches and
    are made where they are absent; `clock` is what every schedule, backoff and deadline goes by.
    """
    clock = clock or SystemClock()
    store = Store(data)
    sender = Sender(identity, clock)
    standin: Standin[TasksFaults] = Standin("tasks", TasksFaults, lambda: _status(store, service))
    luck = Luck(standin)
    service = CloudTasks(
        Surroundings(
            store=store,
            sender=sender,
            clock=clock,
            ledger=standin.ledger,
            luck=luck,
            names_blocked_s=names_blocked_s,
        )
    )
    for name, concurrency in (queues or {}).items():
        service.declare_queue(name, concurrency)

    async def running(_app: web.Application) -> AsyncIterator[None]:
        async with sender:
            service.start()
            ticking = [
                asyncio.create_task(run_timer(timer, sender, clock, standin.ledger)) for timer in timers
            ]
            yield
            for task in ticking:
                task.cancel()
            await asyncio.gather(*ticking, return_exceptions=True)
            await service.stop()
        store.close()

    app = web.Application(client_max_size=MAX_REQUEST)
    standin.add_routes(app)
    Console(service, store, clock).add_to(app)
    Routes(service, luck).add_to(app)
    app.cleanup_ctx.append(running)
    return app


def _status(store: Store, service: CloudTasks) -> dict[str, Any]:
    return {
        "queues": len(service.runners),
        "tasks": sum(store.count(name) for name in service.runners),
        "in_dispatch": sum(len(runner.in_flight) for runner in service.runners.values()),
    }
