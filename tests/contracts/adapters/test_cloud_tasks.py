"""Enqueueing through Google's client: what arrives at the worker, and what doubt remains."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.adapters import cloud_tasks
from backend.adapters.cloud_tasks import CloudTasksQueue
from backend.errors import TryLater
from backend.local.tasks.app import create_app
from backend.ports import Task
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin
from tests.contracts.tasks_api.worker import Worker
from tests.serving import serving

LOCATION = "projects/rowmill/locations/europe-west1"
INVOKER = "queue@rowmill-local.iam.gserviceaccount.com"
AUDIENCE = "https://worker.example.com"


@contextmanager
def a_queue(url: str, worker_url: str = "http://127.0.0.1:9") -> Iterator[CloudTasksQueue]:
    queue = CloudTasksQueue(
        project="rowmill",
        location="europe-west1",
        queues={"background": "rowmill-background", "live": "rowmill-live"},
        worker_url=worker_url,
        invoker_email=INVOKER,
        audience=AUDIENCE,
        dispatch_deadline_s=330,
        endpoint=url.removeprefix("http://"),
    )
    try:
        yield queue
    finally:
        queue.close()


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    with serving(made.app()) as url:
        made.url = url
        yield made


@pytest.fixture
def tasks(tmp_path: Path, identity: Standin) -> Iterator[Standin]:
    identity.post("/_standin/service_accounts", {"email": INVOKER})
    queues = {f"{LOCATION}/queues/{name}": 3 for name in ("rowmill-background", "rowmill-live")}
    with serving(create_app(tmp_path, identity=identity.url, queues=queues)) as url:
        yield Standin(url)


@pytest.fixture
def queue(tasks: Standin, worker: Worker) -> Iterator[CloudTasksQueue]:
    with a_queue(tasks.url, worker.url) as made:
        yield made


def a_task(name: str = "h4sh-job-1", **other: Any) -> Task:
    return Task(**{"queue": "background", "name": name, "path": "/tasks/batches", "body": {"n": 1}, **other})


def eventually(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.005)


def test_a_task_arrives_at_the_worker_as_json_with_a_token_for_its_audience(
    queue: CloudTasksQueue, worker: Worker
) -> None:
    """Cloud Tasks sets no Content-Type; the audience would be the address with its path."""
    queue.enqueue(a_task(body={"job_id": "j1", "batch": 7}))
    eventually(lambda: bool(worker.finished))
    [received] = worker.received
    assert (received.method, received.path) == ("POST", "/tasks/batches")
    assert json.loads(received.body) == {"job_id": "j1", "batch": 7}
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["X-CloudTasks-QueueName"] == "rowmill-background"
    assert received.headers["Authorization"].startswith("Bearer ")


def test_what_the_worker_receives_is_what_identity_accepts(
    queue: CloudTasksQueue, worker: Worker, identity: Standin
) -> None:
    from tests.contracts.adapters.test_google_identity import an_identity

    queue.enqueue(a_task())
    eventually(lambda: bool(worker.finished))
    token = worker.received[0].headers["Authorization"].removeprefix("Bearer ")
    an_identity(identity, worker_audience=AUDIENCE, invoker_email=INVOKER).check_caller(token)


def test_the_live_queue_is_another_queue(queue: CloudTasksQueue, worker: Worker) -> None:
    queue.enqueue(a_task(queue="live"))
    eventually(lambda: bool(worker.finished))
    assert worker.received[0].headers["X-CloudTasks-QueueName"] == "rowmill-live"


def test_a_used_name_counts_as_enqueued(queue: CloudTasksQueue, worker: Worker, tasks: Standin) -> None:
    """It raises Conflict over REST, and AlreadyExists over gRPC."""
    queue.enqueue(a_task())
    queue.enqueue(a_task())
    eventually(lambda: bool(worker.finished))
    queue.enqueue(a_task())
    assert len(worker.received) == 1


def test_a_task_of_later_is_not_delivered_now(queue: CloudTasksQueue, worker: Worker) -> None:
    queue.enqueue(a_task("later", run_at=time.time() + 3600))
    queue.enqueue(a_task("now"))
    eventually(lambda: bool(worker.finished))
    assert [received.task for received in worker.received] == ["now"]


def test_a_lost_answer_leaves_doubt_and_the_repeat_counts_as_success(
    queue: CloudTasksQueue, worker: Worker, tasks: Standin
) -> None:
    tasks.switch(lose_answer={"next": 1})
    with pytest.raises(TryLater) as doubt:
        queue.enqueue(a_task())
    assert doubt.value.maybe_applied
    queue.enqueue(a_task())
    eventually(lambda: bool(worker.finished))
    assert len(worker.received) == 1


def test_a_queue_that_is_down_leaves_doubt(queue: CloudTasksQueue, tasks: Standin) -> None:
    tasks.switch(refuse_create={"next": 1})
    with pytest.raises(TryLater) as doubt:
        queue.enqueue(a_task())
    assert doubt.value.maybe_applied
    assert doubt.value.__cause__ is not None


def test_a_creation_that_takes_too_long_leaves_doubt(
    queue: CloudTasksQueue, tasks: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_tasks, "CREATE_TIMEOUT_S", 0.2)
    tasks.switch(create_delay_ms=1500)
    began = time.monotonic()
    with pytest.raises(TryLater) as doubt:
        queue.enqueue(a_task())
    assert doubt.value.maybe_applied
    assert time.monotonic() - began < 1.4
    tasks.switch()


def test_a_queue_that_does_not_exist_is_the_operators_to_mend(tmp_path: Path) -> None:
    with (
        serving(create_app(tmp_path)) as url,
        a_queue(url) as queue,
        pytest.raises(TryLater, match="rowmill-background") as refused,
    ):
        queue.enqueue(a_task())
    assert not refused.value.maybe_applied
    assert refused.value.delay_s >= 30


@pytest.mark.parametrize(
    ("status", "name", "doubt"),
    [(429, "RESOURCE_EXHAUSTED", False), (403, "PERMISSION_DENIED", False), (500, "INTERNAL", True)],
)
def test_refusals_say_whether_the_task_may_be_there(
    script: Scripted, status: int, name: str, doubt: bool
) -> None:
    script.says(status, {"error": {"code": status, "status": name, "message": name}})
    with a_queue(script.url) as queue, pytest.raises(TryLater) as refused:
        queue.enqueue(a_task())
    assert refused.value.maybe_applied is doubt
    assert len(script.asked) == 1


def test_a_task_says_its_whole_name_its_deadline_and_its_time(script: Scripted) -> None:
    script.says(200, {})
    with a_queue(script.url) as queue:
        queue.enqueue(a_task("h4sh-1", run_at=1_800_000_000))
    sent = json.loads(script.asked[0]["body"])["task"]
    assert sent["name"] == f"{LOCATION}/queues/rowmill-background/tasks/h4sh-1"
    assert sent["dispatchDeadline"] == "330s"
    assert datetime.fromisoformat(sent["scheduleTime"]) == datetime.fromtimestamp(1_800_000_000, UTC)
    assert sent["httpRequest"]["oidcToken"] == {"serviceAccountEmail": INVOKER, "audience": AUDIENCE}


def test_a_task_carries_ids_and_no_data(script: Scripted) -> None:
    with a_queue(script.url) as queue, pytest.raises(ValueError, match="send ids"):
        queue.enqueue(a_task(body={"cells": "x" * 100_000}))
    assert script.asked == []
