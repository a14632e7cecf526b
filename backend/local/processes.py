"""Processes that end with their parent, each with a log of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from backend.local import lifeline

STOP_S = 8.0


class Processes:
    """The parts of a stack, by name; started between entering and leaving, which ends them all."""

    def __init__(self, logs: Path, environ: Mapping[str, str]) -> None:
        self._logs, self._environ = logs, dict(environ)
        self._running: list[tuple[str, subprocess.Popen[str]]] = []
        self._started: set[str] = set()
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._end_with_us, held = os.pipe()
        self._undo.callback(os.close, held)
        self._undo.callback(os.close, self._end_with_us)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for _, process in reversed(self._running):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        self._running.clear()
        self._undo.close()

    def start(
        self, name: str, command: list[str], env: Mapping[str, str], stdout: int | IO[str] | None = None
    ) -> subprocess.Popen[str]:
        # A part that is started again goes on in its log: what it said before is told nowhere else.
        log = self.log_of(name).open("a" if name in self._started else "w")
        self._undo.callback(log.close)
        process = subprocess.Popen(
            command,
            env={
                **self._environ,
                lifeline.ENVIRONMENT_NAME: str(self._end_with_us),
                # A proxy of the environment must not be asked for what is on this machine.
                "NO_PROXY": "127.0.0.1,localhost",
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=stdout or log,
            stderr=log,
            text=True,
            pass_fds=(self._end_with_us,),
            # Ctrl-C goes to the command alone, which ends the others in order.
            start_new_session=True,
        )
        self._started.add(name)
        self._running.append((name, process))
        return process

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def pid_of(self, name: str) -> int:
        """The process id of a part, for those who want to kill it."""
        return self._find(name).pid

    def failed(self) -> str | None:
        """The name of a part that has ended by itself, with its log; None while all live."""
        for name, process in self._running:
            if process.poll() is not None:
                return f"{name} (log: {self.log_of(name)})"
        return None

    def kill(self, name: str) -> None:
        """Ends a part and all that it started, as a crash would."""
        process = self._find(name)
        os.killpg(process.pid, signal.SIGKILL)
        self._ended(name, process)

    def terminate(self, name: str, within_s: float) -> None:
        """Asks a part to end, as Cloud Run does, and waits; raises `TimeoutExpired` when it takes longer."""
        process = self._find(name)
        process.send_signal(signal.SIGTERM)
        process.wait(within_s)
        self._ended(name, process)

    def _find(self, name: str) -> subprocess.Popen[str]:
        return next(process for part, process in self._running if part == name)

    def _ended(self, name: str, process: subprocess.Popen[str]) -> None:
        process.wait()
        if process.stdout:
            process.stdout.close()
        self._running.remove((name, process))
