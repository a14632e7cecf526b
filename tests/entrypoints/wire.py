"""The service as the network meets it: gunicorn with one role, and bytes that no client would send."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from tests.entrypoints.house import Standins, settings_of

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """An answer: 0 is a connection that was closed without one."""

    status: int
    headers: Mapping[str, str]
    text: str

    def problem(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True)
class Served:
    """One role under gunicorn."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def send(self, raw: bytes, *, within_s: float = 30) -> Said:
        """These very bytes; what is left unsent when the other side closes is left."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=within_s) as connection:
            try:
                connection.sendall(raw)
                method = raw.partition(b" ")[0].decode("latin-1")
                response = HTTPResponse(connection, method=method)
                response.begin()
                body = response.read()
            except (OSError, HTTPException):
                return Said(0, {}, "")
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Said(response.status, headers, body.decode(errors="replace"))

    def ask(
        self, line: str, headers: Mapping[str, str] | None = None, body: bytes = b"", **options: Any
    ) -> Said:
        """A request line such as `GET /api/system`, as it stands, with a length where there is a body."""
        given = {"Host": "127.0.0.1", "Connection": "close", **(headers or {})}
        if body and not any(name.lower() in ("content-length", "transfer-encoding") for name in given):
            given["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        return self.send(f"{line} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body, **options)

    def lines(self) -> list[dict[str, Any]]:
        """The log; every line of it has to be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def served(standins: Standins, folder: Path, role: str, **changes: Any) -> Iterator[Served]:
    """gunicorn with the product's own configuration, as Cloud Run starts it."""
    wanted = settings_of(standins, folder) | {"database": f"sqlite:{folder / 'served.db'}", "role": role}
    if role != "all":
        wanted["web_standin"] = ""
    environment = {
        "PATH": os.environ["PATH"],
        "GOOGLE_APPLICATION_CREDENTIALS": str(standins.key_file),
        "BIND": "127.0.0.1:0",
        **{name.upper(): str(value) for name, value in (wanted | changes).items()},
    }
    log = folder / f"{role}.log"
    command = [sys.executable, "-m", "gunicorn", "-c", "backend/gunicorn.conf.py", "backend.app:serve()"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        served = Served(_port(process, log), process, log)
        deadline = time.monotonic() + 60
        while served.ask("GET /healthz").status != 200:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield served
    finally:
        process.terminate()
        process.wait(30)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if "Listening at: " in line:
                return int(line.partition("127.0.0.1:")[2].partition(" ")[0])
        time.sleep(0.05)
    raise AssertionError(f"gunicorn does not listen: {log.read_text()}")
