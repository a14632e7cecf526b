"""The local stack: the stand-ins, the backend and the workbench as processes that end with their parent.

Everything is started with the product's own settings: only addresses and credentials differ from a
deployment. Logs go to files under the data folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

import requests

from backend.config import BACKGROUND_QUEUE, DEFAULT_PRICES, LIVE_QUEUE, Settings
from backend.errors import Invalid, RowmillError
from backend.local.processes import Processes

PROJECT = "rowmill-local"
LOCATION = "europe-west1"
UNIVERSE = "rowmill.localhost"
SHEETS_ACCOUNT = f"sheets@{PROJECT}.iam.gserviceaccount.com"
INVOKER = f"tasks@{PROJECT}.iam.gserviceaccount.com"
SCHEDULER = f"scheduler@{PROJECT}.iam.gserviceaccount.com"
WORKER_AUDIENCE = f"https://worker.{UNIVERSE}"
AUDIENCE = f"workbench.{UNIVERSE}"
USER = f"you@{UNIVERSE}"
#: As in the image (a test holds the two together): how glibc gives memory back. With arenas for its
#: threads it keeps a fifth more, and a sheet's answer of some megabytes would leave holes in its heap.
MALLOC = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "262144",
}
#: What gunicorn serves.
APP = "backend.app:serve()"
#: How often jobs are looked after locally; Cloud Scheduler does it every minute.
SWEEP_EVERY_S = 5
#: How long a process may take until it answers.
START_S = 30.0
LOCK_WAIT_S = 15.0


class StackFailed(RowmillError):
    """A part of the stack did not come up; the message names it and its log."""


@dataclass(frozen=True, slots=True)
class StackSettings:
    """What a command may choose. Port 0 takes a free one."""

    data: Path
    workbench_port: int = 0
    backend_port: int = 0
    #: The offline model's answer time.
    latency_ms: int = 1_000
    web: Literal["standin", "live"] | None = None
    web_latency_ms: int = 200
    page_kb: int = 40
    workbench: bool = True
    #: Settings of the backend that replace the local ones.
    backend_env: tuple[tuple[str, str], ...] = ()
    #: Tests put their own in these two places.
    app: str = APP
    sweep_every_s: float = SWEEP_EVERY_S
    #: api and worker as two processes, as on Cloud Run; otherwise one is both.
    two_services: bool = False


class Stack:
    """Starts on entering, ends on leaving; `…_url` say where the parts answer."""

    def __init__(self, settings: StackSettings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self._environ = dict(environ)
        self._logs = settings.data / "logs"
        self.processes = Processes(self._logs, environ)
        self._undo = contextlib.ExitStack()
        #: How each part is started again.
        self._again: dict[str, Callable[[], object]] = {}
        self.real_model = bool(environ.get("OPENAI_API_KEY"))
        defaults = {name: str(field.default) for name, field in Settings.model_fields.items()}
        #: The model that a real run asks, and where.
        self.model = environ.get("MODEL", defaults["model"])
        self.provider = urlsplit(environ.get("OPENAI_BASE_URL", defaults["openai_base_url"])).netloc
        self.real_web = (settings.web or ("live" if self.real_model else "standin")) == "live"
        self.identity_url = self.sheets_url = self.tasks_url = ""
        self.model_url = self.web_url = self.backend_url = self.worker_url = self.workbench_url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    # ── starting ───────────────────────────────────────────────────────────────────────────────────

    def _start(self) -> None:
        settings, data = self.settings, self.settings.data
        self._logs.mkdir(parents=True, exist_ok=True)
        self._undo.enter_context(_only_one(data))
        # Taken ports are told before anything is started.
        backend_port = free_port(settings.backend_port)
        workbench_port = free_port(settings.workbench_port) if settings.workbench else 0
        worker_port = free_port(0) if settings.two_services else backend_port
        self._undo.enter_context(self.processes)
        self.backend_url = f"http://127.0.0.1:{backend_port}"
        self.worker_url = f"http://127.0.0.1:{worker_port}"
        self.workbench_url = f"http://127.0.0.1:{workbench_port}" if settings.workbench else ""
        self.identity_url = self._standin("identity", "--data", data / "identity")
        key_file = self._service_accounts()
        self.sheets_url = self._standin("sheets", "--data", data / "sheets", "--identity", self.identity_url)
        if not self.real_model:
            self.model_url = self._standin("model", "--latency-ms", settings.latency_ms, *_price_list())
        if not self.real_web:
            self.web_url = self._standin(
                "web", "--latency-ms", settings.web_latency_ms, "--page-kb", settings.page_kb
            )
        queues = f"projects/{PROJECT}/locations/{LOCATION}/queues"
        self.tasks_url = self._standin(
            "tasks", "--data", data / "tasks", "--identity", self.identity_url,
            "--queue", f"{queues}/{BACKGROUND_QUEUE}:{self._limit('max_running_jobs')}",
            "--queue", f"{queues}/{LIVE_QUEUE}:{self._limit('live_places')}",
            "--every", settings.sweep_every_s, f"{self.worker_url}/tasks/sweep", SCHEDULER, WORKER_AUDIENCE,
        )  # fmt: skip
        if settings.two_services:
            self._backend("worker", "worker", self.worker_url, key_file)
            self._backend("backend", "api", self.backend_url, key_file)
        else:
            self._backend("backend", "all", self.backend_url, key_file)
        if settings.workbench:
            self._standin(
                "workbench", "--port", workbench_port, "--backend", self.backend_url,
                "--sheets", self.sheets_url, "--identity", self.identity_url, "--tasks", self.tasks_url,
                "--audience", AUDIENCE, "--user", USER,
            )  # fmt: skip

    def _standin(self, name: str, *arguments: object) -> str:
        """Starts a stand-in and waits for the line that says where it listens."""
        command = [sys.executable, "-m", f"backend.local.{name}", *map(str, arguments)]
        process = self.processes.start(name, command, {}, stdout=subprocess.PIPE)
        line = process.stdout.readline() if process.stdout else ""
        try:
            url: str = json.loads(line)["listening"]
        except (ValueError, KeyError) as error:
            raise StackFailed(
                f"The {name} stand-in did not start. Its log: {self.processes.log_of(name)}"
            ) from error
        port = url.rpartition(":")[2]
        self._again[name] = lambda: self._standin(name, *arguments, "--port", port)
        return url

    def _limit(self, field: str) -> int:
        """A limit that backend and queue share: the environment's, else the setting's default."""
        name = field.upper()
        given = {**self._environ, **dict(self.settings.backend_env)}.get(name, "")
        limit: int = Settings.model_fields[field].default
        if given and not (given.isdecimal() and int(given)):
            raise Invalid(f"{name} has to be a whole number above 0, and is {given!r}.")
        return int(given or limit)

    def _service_accounts(self) -> Path:
        """Registers the accounts with the identity stand-in; the key file of the one for Sheets."""
        for email in (INVOKER, SCHEDULER, SHEETS_ACCOUNT):
            answer = requests.post(
                f"{self.identity_url}/_standin/service_accounts",
                json={"email": email, "universe_domain": UNIVERSE},
                timeout=START_S,
            )
            answer.raise_for_status()
        path = self.settings.data / "sheets-account.json"
        path.touch(mode=0o600)
        path.write_text(answer.text)
        return path

    def _backend(self, name: str, role: str, url: str, key_file: Path) -> None:
        env = self._backend_environment(role, key_file) | {"BIND": url.removeprefix("http://")}
        command = [sys.executable, "-m", "gunicorn", "-c", "backend/gunicorn.conf.py", self.settings.app]
        process = self.processes.start(name, command, env | dict(self.settings.backend_env))
        self._again[name] = lambda: self._backend(name, role, url, key_file)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{url}/healthz", timeout=2).ok:
                    return
            time.sleep(0.05)
        raise StackFailed(f"The {name} did not start. Its log: {self.processes.log_of(name)}")

    def _backend_environment(self, role: str, key_file: Path) -> dict[str, str]:
        env = {
            "ROLE": role,
            **MALLOC,
            "DATABASE": f"sqlite:{self.settings.data / 'rowmill.db'}",
            "GOOGLE_APPLICATION_CREDENTIALS": str(key_file),
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "TASKS_LOCATION": LOCATION,
            "TASKS_ENDPOINT": self.tasks_url.removeprefix("http://"),
            "SHEETS_ENDPOINT": self.sheets_url,
            "SHEETS_ACCOUNT": SHEETS_ACCOUNT,
            "WORKER_URL": self.worker_url,
            "WORKER_AUDIENCE": WORKER_AUDIENCE,
            "TASKS_INVOKER": INVOKER,
            "SWEEP_INVOKER": SCHEDULER,
            "PUBLIC_URL": self.backend_url,
            "CERTS_URL": f"{self.identity_url}/oauth2/v1/certs",
            "AUDIENCES": AUDIENCE,
            "SIGNING_KEYS": self._secret("signing-keys"),
            "ENCRYPTION_KEYS": self._secret("encryption-keys"),
            "WATCH_ORIGIN": self.workbench_url,
            # One person here is the workbench, the terminal and the tests together.
            "REQUESTS_PER_MINUTE": "20000",
            "SHEET_REQUESTS_PER_MINUTE": "20000",
        }
        if not self.real_model:
            env |= {
                "OPENAI_API_KEY": "offline-stand-in",
                "OPENAI_BASE_URL": f"{self.model_url}/v1",
                "MODEL_STANDIN": "1",
            }
        if not self.real_web and role == "all":
            env["WEB_STANDIN"] = self.web_url.removeprefix("http://")
        return env

    def _secret(self, name: str) -> str:
        """A secret of this data folder, drawn when it is first asked for."""
        file = self.settings.data / name
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(48))
        return file.read_text()

    # ── starting again ─────────────────────────────────────────────────────────────────────────────

    def restart(self, name: str) -> None:
        """Kills a part as a crash would, and starts it again on its port; `name` as in the logs."""
        self.processes.kill(name)
        self.start_again(name)

    def start_again(self, name: str) -> None:
        """Starts a part that has ended, on its port."""
        self._again[name]()


def _price_list() -> list[str]:
    """What the offline model says its answers would have cost: the published prices."""
    prices = [f"{name}={price.tokens_in}/{price.tokens_out}" for name, price in DEFAULT_PRICES.items()]
    return [argument for price in prices for argument in ("--price", price)]


def free_port(port: int) -> int:
    """The port itself, or a free one for 0; raises `Invalid` when it is taken, or is none."""
    if not 0 <= port < 65_536:
        raise Invalid(f"{port} is no port (the backend takes the one after the workbench's): PORT=8090.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Invalid(
                f"Port {port} is taken by another program. End it, or choose another one: PORT={port + 10}."
            ) from error
        bound: int = probe.getsockname()[1]
        return bound


@contextlib.contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """Two stacks on one data folder would fight over its files. A dying one gets a moment."""
    with (data / "lock").open("w") as lock:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Invalid(
                        f"Another run is using {data}. End it first, or choose another folder with DATA=."
                    ) from None
                time.sleep(0.2)
        yield
