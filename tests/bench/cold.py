"""From a process's start to its first answer, by role; and what it then holds."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import requests

from backend.local.stack import free_port
from tests.bench.figures import Figure, Goal
from tests.bench.scene import Scene, WrongResult
from tests.bench.usage import memory_mb

TRIES = 3
LONGEST_S = 30.0


def starts(scene: Scene) -> list[Figure]:
    """The best of three: what the machine does beside it only adds."""
    figures: list[Figure] = []
    for role in ("api", "worker"):
        took, held = min(_start(scene, role) for _ in range(TRIES))
        figures.append(
            Figure(
                f"Cold start, {role}",
                took,
                "s",
                Goal(),
                note=f"to the first answer; holds {held:.0f} MB then",
            )
        )
    return figures


def _start(scene: Scene, role: str) -> tuple[float, float]:
    """Seconds and megabytes of a backend of that role, with the settings of the one that runs."""
    port = free_port(0)
    settings = Path(f"/proc/{scene.backend_pid}/environ").read_bytes().decode().split("\0")
    env = dict(setting.split("=", 1) for setting in settings if "=" in setting)
    env |= {"ROLE": role, "BIND": f"127.0.0.1:{port}"}
    # Stand-in websites are for ROLE=all alone; the lifeline's descriptor is not handed on.
    for name in ("WEB_STANDIN", "ROWMILL_LIFELINE_FD"):
        env.pop(name, None)
    command = [sys.executable, "-m", "gunicorn", "-c", "backend/gunicorn.conf.py", "backend.app:serve()"]
    began = time.monotonic()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while time.monotonic() - began < LONGEST_S and process.poll() is None:
                with contextlib.suppress(requests.RequestException):
                    if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok:
                        return time.monotonic() - began, memory_mb(process.pid)
                time.sleep(0.01)
            raise WrongResult(f"A backend with ROLE={role} did not start.")
        finally:
            process.terminate()
