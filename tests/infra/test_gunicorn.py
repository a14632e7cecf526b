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

from backend.config import Settings
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

    @app.get("/thread")
    def thread():
        def fails():
            raise ValueError("with the header Bearer abcdef0123456789")

        threading.Thread(target=fails).start()
        return "started"

    @app.get("/batch")
    def batch():
        logging.getLogger("small").warning("Begun.", extra={"action": "begun"})
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


SECRET = "a-signing-key-of-no-known-shape-0123456789"


def test_a_boot_that_fails_is_told_in_lines_without_secrets() -> None:
    """The real application, whose problem would quote a secret: somebody put it into the wrong setting."""
    environment = {
        "PATH": os.environ["PATH"],
        "BIND": "127.0.0.1:0",
        "ROLE": "api",
        "SIGNING_KEYS": SECRET,
        "DATABASE": SECRET,
        **dict.fromkeys(
            ("SHEETS_ACCOUNT", "WORKER_URL", "WORKER_AUDIENCE", "TASKS_INVOKER", "PUBLIC_URL"), "x"
        ),
    }
    lines = _cannot_start(environment, code=3)
    assert any(
        line["severity"] == "CRITICAL"
        and "DATABASE must be sqlite:PATH or firestore, not '[redacted]'" in line["message"]
        for line in lines
    )
    assert (lines[-1]["severity"], lines[-1]["message"]) == ("ERROR", "Reason: Worker failed to boot.")


def test_every_missing_setting_is_named_in_one_line() -> None:
    lines = _cannot_start(
        {"PATH": os.environ["PATH"], "BIND": "127.0.0.1:0", "ENCRYPTION_KEYS": SECRET}, code=3
    )
    (named,) = [line["message"] for line in lines if line["severity"] == "CRITICAL"]
    assert all(name in named for name in ("DATABASE", "SHEETS_ACCOUNT", "SIGNING_KEYS", "PUBLIC_URL"))


def test_a_number_that_is_none_is_named() -> None:
    for name in ("THREADS", "GUNICORN_TIMEOUT_S", "PORT"):  # gunicorn itself looks at WEB_CONCURRENCY
        (line,) = _cannot_start({"PATH": os.environ["PATH"], name: "many"}, code=1)
        assert line["message"] == f"Rowmill cannot start: {name} has to be a whole number, not 'many'."


def test_a_mistake_of_the_master_itself_is_told_in_a_line() -> None:
    lines = _cannot_start({"PATH": os.environ["PATH"], "BIND": "127.0.0.1:99999"}, code=1)
    assert lines[-1]["action"] == "uncaught"
    assert "port must be 0-65535" in lines[-1]["stack_trace"]


def _cannot_start(environment: dict[str, str], code: int) -> list[dict[str, Any]]:
    """The lines that gunicorn leaves with the real application: each is JSON, and no secret stands there."""
    command = [sys.executable, "-m", "gunicorn", "--config", str(CONFIG), "backend.app:serve()"]
    ended = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        text=True,
        timeout=60,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert ended.returncode == code, ended.stdout
    assert SECRET not in ended.stdout
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_the_secrets_kept_out_of_the_masters_lines_are_those_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENAI_API_KEY", "SIGNING_KEYS", "ENCRYPTION_KEYS"):
        monkeypatch.setenv(
            name, f"{name.lower()}-1, {name.lower()}-2" if name.endswith("S") else name.lower()
        )
    for name in (
        "DATABASE",
        "SHEETS_ACCOUNT",
        "WORKER_URL",
        "WORKER_AUDIENCE",
        "TASKS_INVOKER",
        "PUBLIC_URL",
    ):
        monkeypatch.setenv(name, "x")
    known = _settings(monkeypatch)["logconfig_dict"]["formatters"]["json"]["known"]
    assert sorted(known) == sorted(Settings().secrets)


@pytest.mark.parametrize(
    ("how", "says"), [(signal.SIGKILL, "was sent SIGKILL"), (signal.SIGSTOP, "WORKER TIMEOUT")]
)
def test_a_worker_that_is_killed_or_hangs_is_told_and_replaced(
    tmp_path: Path, how: signal.Signals, says: str
) -> None:
    with _serving(tmp_path, environment={"GUNICORN_TIMEOUT_S": "2"}) as server:
        assert server.get("/healthz") == "well"
        [worker] = psutil.Process(server.process.pid).children()
        worker.send_signal(how)
        end = time.monotonic() + 60
        while not any(says in line["message"] for line in server.lines()):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert server.get("/healthz") == "well"
        assert all({"severity", "message"} <= set(line) for line in server.lines())


def test_what_a_thread_does_not_catch_is_a_line_without_secrets(tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        assert server.get("/thread") == "started"
        end = time.monotonic() + 30
        while not (told := [line for line in server.lines() if line.get("action") == "uncaught"]):
            assert time.monotonic() < end
            time.sleep(0.02)
        assert told[0]["severity"] == "CRITICAL"
        assert "ValueError: with the header Bearer [redacted]" in told[0]["stack_trace"]


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
        end = time.monotonic() + 60
        while not any(line.get("action") == "begun" for line in server.lines()):
            assert time.monotonic() < end
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
