"""What a worker sees, and what the queue makes of its answer."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from backend.local.identity.app import create_app as identity_app
from tests.contracts.tasks_api.conftest import QUEUE, World, a_world, eventually
from tests.serving import serving

EMAIL = "tasks@rowmill.iam.gserviceaccount.com"


def test_a_delivery_carries_the_recorded_headers(world: World) -> None:
    # aertje/cloud-tasks-emulator, conformance/golden/dispatch.json, dispatch/http: production's headers
    # over five failures. The execution count leaves out 5xx; the retry reason is there and empty.
    for status in (503, 404, 429, 500, 302):
        world.worker.answers(status)
    world.create("one", http_request={"body": b"{}"})
    for failures in range(1, 6):
        world.until("retry", failures)
        world.clock.advance(120)
    world.until("done")
    names = ("TaskRetryCount", "TaskExecutionCount", "TaskPreviousResponse", "TaskRetryReason")
    seen = [
        tuple(request.headers.get(f"X-CloudTasks-{name}") for name in names)
        for request in world.worker.received
    ]
    assert seen == [
        ("0", "0", None, None),
        ("1", "0", "503", ""),
        ("2", "1", "404", ""),
        ("3", "2", "429", ""),
        ("4", "2", "500", ""),
        ("5", "3", "302", ""),
    ]
    for request in world.worker.received:
        assert request.headers["User-Agent"] == "Google-Cloud-Tasks"
        assert request.headers["X-CloudTasks-QueueName"] == "background"
        assert request.headers["X-CloudTasks-TaskName"] == "one"
        assert request.headers["X-CloudTasks-TaskETA"].startswith("1800000")


def test_the_request_is_the_tasks(world: World) -> None:
    # HttpRequest: method, URL with its query, body, headers; Content-Type is not set by Cloud Tasks.
    world.create("one", path="/work/ü x?a=1&b=%2F", http_request={"http_method": "PUT", "body": b"\x00\xff"})
    world.create("two", http_request={"headers": {"Content-Type": "application/json"}, "body": b"{}"})
    world.create("three", http_request={"http_method": "GET"})
    world.until("done", 3)
    requests_ = {request.task: request for request in world.worker.received}
    assert (requests_["one"].method, requests_["one"].path) == ("PUT", "/work/%C3%BC%20x?a=1&b=%2F")
    assert requests_["one"].body == b"\x00\xff"
    assert "Content-Type" not in requests_["one"].headers
    assert requests_["two"].headers["Content-Type"] == "application/json"
    assert (requests_["three"].method, requests_["three"].body) == ("GET", b"")


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_ends_the_task(world: World, status: int) -> None:
    world.worker.answers(status)
    world.create("one")
    world.until("done")
    assert list(world.client.list_tasks(parent=QUEUE)) == []


@pytest.mark.parametrize(
    ("status", "code"),
    # google/rpc/code.proto, "HTTP Mapping", read backwards.
    [(302, 2), (400, 3), (401, 16), (403, 7), (404, 5), (409, 10), (418, 9), (429, 8), (500, 13), (503, 14)],
)
def test_any_other_answer_is_a_failure_with_its_code(world: World, status: int, code: int) -> None:
    world.worker.answers(status, headers={"Location": f"{world.worker.url}/elsewhere"})
    name = world.create("one").name
    world.until("retry")
    assert world.client.get_task(name=name).last_attempt.response_status.code == code
    assert [request.path for request in world.worker.received] == ["/work"]  # a redirect is not followed


def test_a_worker_out_of_reach_is_a_failure_without_a_response(world: World) -> None:
    name = world.create("one", http_request={"url": "http://127.0.0.1:9/nobody"}).name
    assert world.until("answer")[0]["status"] == 0
    world.until("retry")
    task = world.client.get_task(name=name)
    assert (task.dispatch_count, task.response_count) == (1, 0)
    assert task.last_attempt.response_status.code == 14


@pytest.mark.parametrize(
    "request_", [{"url": "http://"}, {"url": "http://[::1"}, {"headers": {"X-Split": "a\r\nX-Forged: b"}}]
)
def test_a_request_that_cannot_be_made_is_a_failure_and_harms_no_other(
    world: World, request_: dict[str, Any]
) -> None:
    # errors.json: task/create/invalid-url-bad-escape; a malformed URL is taken and fails at its dispatch.
    world.create("one", http_request=request_)
    world.until("retry")
    world.create("two")
    world.until("done")
    assert [received.task for received in world.worker.received] == ["two"]


def test_past_its_deadline_a_delivery_is_dropped_while_the_handler_goes_on(world: World) -> None:
    # Task.dispatch_deadline: DEADLINE_EXCEEDED, retried; whether the worker stops depends on the worker.
    # dispatch.json, dispatch/http-timeout: the next attempt says 504.
    world.worker.holds()
    name = world.create("one", dispatch_deadline=datetime.timedelta(seconds=15)).name
    eventually(lambda: len(world.worker.received), lambda count: count == 1)
    world.clock.advance(14.9)
    assert world.ledger("answer") == []
    world.clock.advance(0.1)
    world.until("retry")
    assert world.ledger("answer")[0]["ms"] == pytest.approx(15_000)
    task = world.client.get_task(name=name)
    assert (task.dispatch_count, task.response_count) == (1, 0)
    assert task.last_attempt.response_status.code == 4
    assert world.worker.finished == []
    world.clock.advance(60)
    eventually(lambda: len(world.worker.received), lambda count: count == 2)
    assert world.worker.most_at_once == 2  # the first handler still runs beside the second
    world.worker.lets_go()
    world.until("done")
    eventually(lambda: world.worker.finished, lambda finished: finished == ["one", "one"])
    second = world.worker.received[1].headers
    assert second["X-CloudTasks-TaskPreviousResponse"] == "504"
    assert second["X-CloudTasks-TaskExecutionCount"] == "0"


def test_the_default_deadline_is_ten_minutes(world: World) -> None:
    world.worker.holds()
    world.create("one")
    eventually(lambda: len(world.worker.received), lambda count: count == 1)
    world.clock.advance(599)
    assert world.ledger("answer") == []
    world.clock.advance(1)
    assert world.until("answer")[0]["status"] == 504


def test_no_more_run_at_once_than_the_queue_allows(tmp_path: Path) -> None:
    with a_world(tmp_path, queues={QUEUE: 3}) as world:
        world.worker.holds()
        for number in range(20):
            world.create(f"t{number}")
        eventually(lambda: len(world.worker.received), lambda count: count == 3)
        world.client.update_queue(
            queue={"name": QUEUE, "rate_limits": {"max_concurrent_dispatches": 5}},
            update_mask={"paths": ["rate_limits.max_concurrent_dispatches"]},
        )
        eventually(lambda: len(world.worker.received), lambda count: count == 5)
        world.worker.lets_go()
        world.until("done", 20)
        assert world.worker.most_at_once == 5


def test_queues_have_their_own_places(tmp_path: Path) -> None:
    live = QUEUE.replace("background", "live")
    with a_world(tmp_path, queues={QUEUE: 1, live: 1}) as world:
        world.worker.holds()
        for number in range(3):
            world.create(f"b{number}")
            world.create(f"l{number}", queue=live)
        eventually(
            lambda: {request.task for request in world.worker.received}, lambda seen: seen == {"b0", "l0"}
        )
        world.worker.lets_go()
        world.until("done", 6)


def test_the_rate_is_a_token_bucket(world: World) -> None:
    # RateLimits.max_burst_size: tokens up to the burst, refilled at max_dispatches_per_second.
    queue = world.client.update_queue(queue={"name": QUEUE, "rate_limits": {"max_dispatches_per_second": 2}})
    burst = queue.rate_limits.max_burst_size
    for number in range(burst + 4):
        world.create(f"t{number}")
    world.until("done", burst)
    for extra in range(1, 5):
        assert len(world.ledger("dispatch")) == burst + extra - 1
        world.clock.advance(0.5)
        world.until("done", burst + extra)
    times = [entry["clock"] - 1_800_000_000 for entry in world.ledger("dispatch")]
    assert times == [0.0] * burst + [0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_worker_slows_the_whole_queue(world: World, status: int) -> None:
    # HttpRequest, "System throttling"; Retry-After is considered.
    world.worker.answers(status, headers={"Retry-After": "30"})
    world.create("one")
    assert world.until("retry")[0]["wait_s"] == 30
    world.settle()
    world.create("other")
    world.clock.advance(29.9)
    assert len(world.worker.received) == 1
    world.clock.advance(0.1)
    world.until("done", 2)


def test_each_overload_in_a_row_brakes_longer(world: World) -> None:
    waits = []
    for number in range(4):
        world.worker.answers(503)
        world.create(f"t{number}", retry_config={"min_backoff": datetime.timedelta(hours=1)})
        world.until("retry", number + 1)
        world.settle()
        state = requests.get(f"{world.url}/_standin/console.json", timeout=5).json()
        waits.append(state["queues"][0]["braked_until"] - state["now"])
        world.clock.advance(waits[-1])
    assert waits == pytest.approx([1, 2, 4, 8])


@pytest.mark.parametrize("nonsense", ["soon", "-5", ""])
def test_a_senseless_retry_after_is_ignored(world: World, nonsense: str) -> None:
    world.worker.answers(503, headers={"Retry-After": nonsense})
    world.create("one")
    assert world.until("retry")[0]["wait_s"] == pytest.approx(0.1)


def test_a_retry_after_may_be_a_date(world: World) -> None:
    # RFC 9110, 10.2.3. The moved clock began on 15 January 2027, 08:00:00 UTC.
    world.worker.answers(503, headers={"Retry-After": "Fri, 15 Jan 2027 08:00:45 GMT"})
    world.create("one")
    assert world.until("retry")[0]["wait_s"] == pytest.approx(45, abs=1e-3)


@pytest.mark.parametrize("audience", ["https://worker.example.com", ""])
def test_each_delivery_brings_a_fresh_oidc_token(tmp_path: Path, audience: str) -> None:
    # OidcToken: minted at the dispatch; the audience defaults to the URL of the target.
    with serving(identity_app(tmp_path / "identity")) as identity, ready(tmp_path, identity) as world:
        world.worker.answers(500)
        oidc = {"service_account_email": EMAIL, "audience": audience}
        world.create("one", http_request={"oidc_token": oidc, "headers": {"Authorization": "Bearer mine"}})
        world.until("retry")
        requests.post(f"{identity}/_standin/rotate", timeout=5).raise_for_status()
        world.clock.advance(1)
        world.until("done")
        tokens = [request.headers["Authorization"] for request in world.worker.received]
        assert len(set(tokens)) == 2
        for token in tokens:
            claims: Any = id_token.verify_token(
                token.removeprefix("Bearer "),
                Request(),
                audience or f"{world.worker.url}/work",
                certs_url=f"{identity}/oauth2/v1/certs",
            )
            assert claims["email"] == EMAIL
            assert claims["email_verified"] is True


def test_without_a_token_nothing_is_delivered(tmp_path: Path) -> None:
    with serving(identity_app(tmp_path / "identity")) as identity, ready(tmp_path, identity) as world:
        world.create("one", http_request={"oidc_token": {"service_account_email": "nobody@example.com"}})
        assert "404 for nobody@example.com" in world.until("answer")[0]["reason"]
        world.until("retry")
        assert world.worker.received == []


def ready(data: Path, identity: str) -> Any:
    requests.post(
        f"{identity}/_standin/service_accounts", json={"email": EMAIL}, timeout=5
    ).raise_for_status()
    return a_world(data / "tasks", identity=identity)
