"""The tasks stand-in with a moved clock, a worker that takes its tasks, and Google's own client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud.tasks_v2 import CloudTasksClient
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksRestTransport

from backend.local.tasks.app import create_app
from tests.contracts.tasks_api.clock import ManualClock
from tests.contracts.tasks_api.worker import Worker
from tests.serving import serving

LOCATION = "projects/rowmill/locations/europe-west1"
QUEUE = f"{LOCATION}/queues/background"


def client_of(url: str) -> CloudTasksClient:
    """Google's client, pointed at the stand-in the way the product points it."""
    transport = CloudTasksRestTransport(
        host=url.removeprefix("http://"), url_scheme="http", credentials=AnonymousCredentials()
    )
    return CloudTasksClient(transport=transport, client_options=ClientOptions())


@dataclass
class World:
    """Everything a test touches."""

    url: str
    client: CloudTasksClient
    clock: ManualClock
    worker: Worker

    def create(self, name: str = "", *, queue: str = QUEUE, path: str = "/work", **fields: Any) -> Any:
        request = {"url": f"{self.worker.url}{path}", **fields.pop("http_request", {})}
        task = {"http_request": request, **fields}
        if name:
            task["name"] = f"{queue}/tasks/{name}"
        return self.client.create_task(parent=queue, task=task)

    def switch(self, **faults: Any) -> None:
        answer = requests.put(f"{self.url}/_standin/faults", json=faults, timeout=5)
        assert answer.status_code == 200, answer.text

    def ledger(self, *kinds: str) -> list[dict[str, Any]]:
        entries = requests.get(f"{self.url}/_standin/ledger", timeout=5).json()["entries"]
        return [entry for entry in entries if entry["kind"] in kinds or not kinds]

    def until(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Waits for so many entries of a kind in the ledger; returns all there are."""
        return eventually(lambda: self.ledger(kind), lambda entries: len(entries) >= count)

    def settle(self) -> None:
        """Waits until nothing is under way."""
        eventually(
            lambda: requests.get(f"{self.url}/_standin/status", timeout=5).json(),
            lambda status: status["in_dispatch"] == 0,
        )


def eventually(look: Callable[[], Any], good: Callable[[Any], bool], patience_s: float = 10.0) -> Any:
    """Looks again and again until what is seen is good; fails with what was seen last."""
    ends = time.monotonic() + patience_s
    while not good(seen := look()):
        assert time.monotonic() < ends, f"after {patience_s} s still: {seen}"
        time.sleep(0.002)
    return seen


@contextmanager
def a_world(data: Path, **options: Any) -> Iterator[World]:
    worker, clock = Worker(), options.pop("clock", None) or ManualClock()
    options.setdefault("queues", {QUEUE: 1000})
    with ExitStack() as stack:
        worker.url = stack.enter_context(serving(worker.app()))
        url = stack.enter_context(serving(create_app(data, clock=clock, **options)))
        # A request still held at the end would keep the worker's server from ending.
        stack.callback(worker.lets_go)
        client = client_of(url)
        stack.callback(client.transport.close)
        yield World(url, client, clock, worker)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as made:
        yield made
