"""backend/gunicorn.conf.py: real gunicorn, a small application, the settings of each role."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.infra.conftest import ROOT

CONFIG = ROOT / "backend" / "gunicorn.conf.py"

APPLICATION = """
import logging, threading
from flask import Flask

def serve():
    app, told = Flask("small"), threading.Event()
    app.extensions["stop"] = told.set

    @app.get("/healthz")
    def health():
        logging.getLogger("small").warning("Asked.", extra={"action": "asked", "rows": 3})
        return "well"

    @app.get("/batch")
    def batch():
        return "given back" if told.wait(20) else "too late"

    return app
"""


def _settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name in ("ROLE", "THREADS", "WEB_CONCURRENCY", "BIND", "PORT", "GUNICORN_TIMEOUT_S"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(CONFIG))


def test_the_role_decides_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch, ROLE="api")["threads"] == 64
    assert _settings(monkeypatch, ROLE="worker")["threads"] == 8
    assert _settings(monkeypatch, ROLE="worker", THREADS="3")["threads"] == 3


def test_the_address_is_cloud_run_s_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch)["bind"] == "0.0.0.0:8080"
    assert _settings(monkeypatch, PORT="9000")["bind"] == "0.0.0.0:9000"
    assert _settings(monkeypatch, PORT="9000", BIND="127.0.0.1:8081")["bind"] == "127.0.0.1:8081"


def test_one_process_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch)["workers"] == 1
    assert _settings(monkeypatch, WEB_CONCURRENCY="2")["workers"] == 2


def test_an_instance_ends_before_cloud_run_kills_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch)["graceful_timeout"] < 10


class Server:
    """gunicorn as a child, on a free port."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self._log = process, log
        self.url = self._address()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            return str(answer.read().decode())

    def _address(self) -> str:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for line in self._log.read_text().splitlines():
                if "Listening at: " in line:
                    return str(json.loads(line)["message"]).split()[2]
            time.sleep(0.02)
        raise AssertionError(f"gunicorn does not listen: {self._log.read_text()}")


@contextmanager
def _serving(folder: Path, **more: Any) -> Iterator[Server]:
    (folder / "small.py").write_text(APPLICATION)
    log = folder / "log"
    environment = os.environ | {"BIND": "127.0.0.1:0", "PYTHONPATH": f"{folder}:{ROOT}", "ROLE": "all"}
    command = [sys.executable, "-m", "gunicorn", "--config", str(CONFIG), "small:serve()"]
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment | more.pop("environment", {}),
            **more,
        )
    try:
        yield Server(process, log)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def test_every_line_is_json_with_its_fields(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        assert server.get("/healthz") == "well"
        server.process.terminate()
        assert server.process.wait(10) == 0
        asked = [line for line in server.lines() if line.get("action") == "asked"]
        assert asked == [{"severity": "WARNING", "message": "Asked.", "action": "asked", "rows": 3}]
        assert all({"severity", "message"} <= set(line) for line in server.lines())


def test_sigterm_tells_the_application_and_waits_for_its_answer(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        asking = subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import urllib.request as u; print(u.urlopen('{server.url}/batch').read())",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        [worker] = psutil.Process(server.process.pid).children()
        end = time.monotonic() + 10
        while not any(c.status == "ESTABLISHED" for c in worker.net_connections()) and time.monotonic() < end:
            time.sleep(0.02)
        started = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert asking.communicate(timeout=15)[0].strip() == "b'given back'"
        assert server.process.wait(10) == 0
        assert time.monotonic() - started < 10


def test_it_ends_with_the_local_command_that_started_it(tmp_path: Path) -> None:
    """The lifeline is a pipe: when its other end closes, however that came, gunicorn is gone."""
    reader, writer = os.pipe()
    with _serving(tmp_path, environment={"ROWMILL_LIFELINE_FD": str(reader)}, pass_fds=[reader]) as server:
        os.close(reader)
        assert server.get("/healthz") == "well"
        family = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children()]
        os.close(writer)
        server.process.wait(10)
        assert not psutil.wait_procs(family, timeout=5)[1]
        with pytest.raises(urllib.error.URLError):
            server.get("/healthz")
