"""One stack of real processes for all of these tests, with short leases, two workers and a small disk."""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from backend.local.person import Person
from tests.faults.disks import small_disk
from tests.stack import LocalStack, local_stack

OWN_KEY = "sk-planted-own-key-of-a-user-98765-LAST"
#: Short, so that a takeover takes 3 s and not 40; all other times of the lease follow from it.
LEASE_S = "2"
#: What a call meets whose process dies or stalls: before, within or instead of its answer.
DIED = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class Faulty(LocalStack):
    """The stack, and orders to the processes that serve it."""

    order: Path
    #: The disk that the store lies on, if it has one of its own.
    disk: Path | None

    def strikes(self, at: str, how: str = "kill") -> None:
        """The next process that comes to the point `at` is killed there, or stalls."""
        self._gives({"at": at, "how": how})

    def poisons(self, text: str) -> None:
        """Whoever asks the model about a row with this text dies."""
        self._gives({"poison": text})

    def is_struck(self) -> bool:
        """Whether the order was carried out."""
        return self.order.with_suffix(".done").exists()

    def insists(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """A call that is repeated when its process died or stalled, as it takes its connections with it."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.person.ask(method, path, body, key=key, wait_s=10)
            except DIED:
                if time.monotonic() > deadline:
                    raise
                self.person = Person(self.stack)

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.insists("GET", f"/api/jobs/{job_id}")
        return found

    def queue(self, spreadsheet_id: str, **wish: Any) -> dict[str, Any]:
        self.person.prove(spreadsheet_id)
        tab = self.insists("GET", f"/api/sheets/{spreadsheet_id}")["sheet_id"]
        body = {
            "spreadsheet_id": spreadsheet_id,
            "sheet_ids": [tab],
            "recipe": "case_a",
            "mode": "all",
            **wish,
        }
        job: dict[str, Any] = self.insists("POST", "/api/jobs", {**body, **wish}, key=secrets.token_hex(8))[
            "jobs"
        ][0]
        return job

    def workers(self, state: str | None = None) -> list[int]:
        """The process ids of gunicorn's workers, or of those in one state ("T": they stand still)."""
        master = self.stack.processes.pid_of("backend")
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [pid for pid in map(int, children) if state in (None, _state(pid))]

    def signals(self, pids: list[int], number: signal.Signals) -> None:
        for pid in pids:
            os.kill(pid, number)

    def heals(self) -> None:
        self.order.unlink(missing_ok=True)
        self.order.with_suffix(".done").unlink(missing_ok=True)
        self.faults(self.model_url)
        self.faults(self.tasks_url)

    def _gives(self, order: dict[str, str]) -> None:
        draft = self.order.with_suffix(".draft")
        draft.write_text(json.dumps(order))
        draft.rename(self.order)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    folder = tmp_path_factory.mktemp("faults")
    env = {"STRIKE": str(folder / "strike.json"), "LEASE_S": LEASE_S, "WEB_CONCURRENCY": "2"}
    with small_disk(folder) as disk:
        if disk is not None:
            for file in ("rowmill.db", "rowmill.db-wal", "rowmill.db-shm"):
                (folder / file).symlink_to(disk / file)
        with local_stack(
            folder,
            workbench=False,
            env=env,
            latency_ms=20,
            app="tests.faults.striking_app:serve()",
            sweep_every_s=1,
        ) as stack:
            faulty = Faulty(stack.stack)
            faulty.order, faulty.disk = folder / "strike.json", disk
            yield faulty


@pytest.fixture
def stack(running: Faulty, request: pytest.FixtureRequest) -> Iterator[Faulty]:
    """Every other test runs on the person's own key, whose way is another than the deployment's."""
    if zlib.crc32(request.node.name.encode()) % 2:
        running.insists("PUT", "/api/key", {"api_key": OWN_KEY})
    else:
        running.insists("DELETE", "/api/key")
    yield running
    running.heals()


@pytest.fixture(autouse=True)
def _no_secret_is_spilled(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test: no key, token, nonce, address or cell in a log, a task, a document or another cell."""
    yield
    if "running" in request.fixturenames:
        running: Faulty = request.getfixturevalue("running")
        assert not running.spilled()
