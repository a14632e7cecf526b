"""Processes that parse, each killed when it takes too long: a page decides nothing but its own row's fate.

Started lazily with a new program (no fork of a process with threads, no import of its main module), with
an environment that holds no secret. A process that has read some thousand pages is replaced, so that what
a library may leak stays bounded.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import backend
from backend.adapters.pages import parser_process
from backend.adapters.pages.settings import ROBOT, PagesSettings
from backend.domain.page import Reading
from backend.errors import RowFailed

#: Longest start of a process: importing takes a third of a second on a machine that is not busy.
START_S = 10.0
#: What parsing gets at least, after a page arrived just within its time or a process had to be started.
LEAST_S = 0.5
#: Pages after which a process makes room for a new one.
PAGES_EACH = 5000


class _Worker:
    """One process and the socket to it."""

    def __init__(self, memory_bytes: int, limit_s: float) -> None:
        self.pages = 0
        ours, theirs = socket.socketpair()
        root = str(Path(backend.__file__).parent.parent)
        environ = {"PYTHONPATH": root, "LANG": "C.UTF-8", "PATH": os.environ.get("PATH", "")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", parser_process.__name__, str(memory_bytes), str(limit_s)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environ,
                cwd="/",
            )
        self._wire = ours
        self._ready = False

    def wait_ready(self) -> None:
        """Raises `RowFailed`, transient, when the process does not start."""
        if not self._ready:
            self._wire.settimeout(START_S)
            try:
                self._ready = parser_process.receive(self._wire) == b"ready"
            except (OSError, EOFError) as error:
                raise RowFailed(
                    "page_timeout", "The page parser's process does not start.", transient=True
                ) from error

    def ask(self, question: dict[str, Any], body: bytes, limit_s: float) -> dict[str, Any]:
        """Raises TimeoutError, or EOFError when the process died over it."""
        self.pages += 1
        # A socket's timeout starts anew with each piece; the answer comes in one, once it is complete.
        self._wire.settimeout(limit_s)
        try:
            parser_process.send(self._wire, json.dumps(question).encode(), body)
            return dict(json.loads(parser_process.receive(self._wire)))
        except ConnectionError as error:
            raise EOFError("the parser's process is gone") from error

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._wire.close()
        self._process.kill()
        self._process.wait()


class ParserPool:
    """As many processes as set, the last one used first; called from any thread."""

    def __init__(self, settings: PagesSettings) -> None:
        self._settings = settings
        self._free: list[_Worker] = []
        self._places = threading.BoundedSemaphore(settings.parse_processes)
        self._lock = threading.Lock()
        self._closed = False
        self._warm = False

    def warm_up(self) -> None:
        """Starts the first process, to be ready when the first page is; costs a few milliseconds, once."""
        with self._lock:
            if not self._closed and not self._warm:
                self._warm = True
                self._free.append(self._new())

    def read(self, body: bytes, content_type: str, until: float) -> Reading:
        """What a page says. Raises `RowFailed` by `until` (monotonic) at the latest."""
        question = {"ask": "page", "content_type": content_type, "max_chars": self._settings.max_chars}
        fields = self._ask(question, body, until)
        fields["headings"], fields["further"] = tuple(fields["headings"]), tuple(fields["further"])
        return Reading(**fields)

    def robots(self, body: bytes, url: str, until: float) -> tuple[bool, float | None]:
        """Does a robots.txt let us read an address, and with what delay in seconds?"""
        said = self._ask({"ask": "robots", "robot": ROBOT, "url": url}, body, until)
        return bool(said["allowed"]), said["delay_s"]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            ending, self._free = self._free, []
        for worker in ending:
            worker.end()

    def _ask(self, question: dict[str, Any], body: bytes, until: float) -> dict[str, Any]:
        if not self._places.acquire(timeout=max(0.0, until - time.monotonic())):
            raise RowFailed("page_timeout", "The page waited too long to be parsed.", transient=True)
        worker: _Worker | None = None
        try:
            worker = self._take()
            worker.wait_ready()
            left_s = max(LEAST_S, until - time.monotonic())
            said = worker.ask(question, body, min(left_s, self._settings.parse_timeout_s))
        except TimeoutError as error:
            self._end(worker)
            raise RowFailed("page_timeout", "The page takes too long to be parsed.") from error
        except EOFError as error:
            self._end(worker)
            raise RowFailed("page_too_big", "The page needs more memory than a page may have.") from error
        except BaseException:
            self._end(worker)
            raise
        else:
            self._give_back(worker)
        finally:
            self._places.release()
        if said.get("failed") == "memory":
            raise RowFailed("page_too_big", "The page needs more memory than a page may have.")
        if "failed" in said:
            raise RowFailed("page_no_content", "The page is built in a way that cannot be read.")
        return said

    def _take(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise RowFailed("page_timeout", "The reader is shutting down.", transient=True)
            worker = self._free.pop() if self._free else None
        if worker is not None and worker.alive:
            return worker
        self._end(worker)
        return self._new()

    def _new(self) -> _Worker:
        # Twice the time: the parent kills first, unless it is gone.
        return _Worker(self._settings.parse_memory_bytes, self._settings.parse_timeout_s * 2)

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if not self._closed and worker.pages < PAGES_EACH:
                self._free.append(worker)
                return
        worker.end()

    @staticmethod
    def _end(worker: _Worker | None) -> None:
        if worker is not None:
            worker.end()
