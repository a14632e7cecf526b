"""One asyncio loop in a thread of its own, for the life of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

#: Seconds that cancelled coroutines have to finish when the loop is closed.
CLOSE_TIMEOUT_S = 5.0


class EventLoop:
    """Runs coroutines for threads that have no loop.

    A client of the model keeps its connections on one loop, so every call has to run on the same one. The
    thread starts with the first `submit`: a process that forks (gunicorn) may hold an unused `EventLoop`
    and each child gets a thread of its own.
    """

    def __init__(self, name: str = "event-loop") -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop itself, started if it was not. RuntimeError once closed."""
        with self._lock:
            return self._started()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts the coroutine on the loop; cancelling the future cancels it. RuntimeError once closed."""
        with self._lock:
            try:
                return asyncio.run_coroutine_threadsafe(coroutine, self._started())
            except RuntimeError:
                coroutine.close()
                raise

    def close(self) -> None:
        """Cancels what still runs, waits for it and ends the thread. May be called again."""
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CLOSE_TIMEOUT_S)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise RuntimeError(f"The {self._name} is closed.")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_run, args=(self._loop,), name=self._name, daemon=True)
            self._thread.start()
        return self._loop


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=CLOSE_TIMEOUT_S))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
