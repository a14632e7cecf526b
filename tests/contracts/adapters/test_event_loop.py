"""One loop for the life of the process, and the machine's clocks."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import CancelledError

import pytest

from backend.adapters.event_loop import EventLoop
from backend.adapters.system_clock import SystemClock


async def where() -> tuple[int, int]:
    return id(asyncio.get_running_loop()), threading.get_ident()


async def forever() -> None:
    await asyncio.Event().wait()


def test_everything_runs_on_one_loop_in_one_thread_of_its_own() -> None:
    loop = EventLoop()
    seen: set[tuple[int, int]] = set()
    threads = [threading.Thread(target=lambda: seen.add(loop.submit(where()).result(5))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {(id(loop.loop), *{thread for _, thread in seen})}
    loop.close()
    assert threading.get_ident() not in {thread for _, thread in seen}


def test_closing_cancels_what_runs_and_ends_the_thread() -> None:
    loop = EventLoop("loop-under-test")
    running = loop.submit(forever())
    loop.close()
    loop.close()
    with pytest.raises(CancelledError):
        running.result(5)
    assert "loop-under-test" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(RuntimeError, match="closed"):
        loop.submit(where())
    with pytest.raises(RuntimeError, match="closed"):
        assert loop.loop


def test_a_cancelled_future_cancels_what_it_stands_for() -> None:
    loop, cancelled = EventLoop(), threading.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    running = loop.submit(waits())
    loop.submit(asyncio.sleep(0)).result(5)
    running.cancel()
    assert cancelled.wait(5)
    loop.close()


def test_an_unused_loop_survives_a_fork() -> None:
    """gunicorn forks after the application is loaded; the child's thread must be its own."""
    loop = EventLoop()
    child = os.fork()
    if child == 0:
        try:
            loop.submit(where()).result(5)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    loop.close()


def test_the_clock_tells_both_times() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 1
    first = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() >= first + 0.01
