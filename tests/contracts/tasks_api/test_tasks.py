"""Tasks through Google's client: creating, reading, listing, deleting, running, and every refusal."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud.tasks_v2 import HttpMethod, Task

from tests.contracts.tasks_api.conftest import QUEUE, World, a_world

URL = "http://127.0.0.1:9/never"


def posted(world: World, body: Any, queue: str = QUEUE) -> requests.Response:
    return requests.post(f"{world.url}/v2/{queue}/tasks", json=body, timeout=5)


@pytest.fixture
def paused(world: World) -> World:
    """A world whose tasks stay where they are."""
    world.client.pause_queue(name=QUEUE)
    return world


def test_a_task_is_kept_as_the_reference_says(paused: World) -> None:
    # projects.locations.queues.tasks: defaults of httpMethod, scheduleTime, dispatchDeadline; createTime
    # is truncated to the second. golden/happypath.json: User-Agent is in, letters stay as they were.
    paused.clock.advance(0.75)
    created = paused.create(
        "one", http_request={"body": b'{"job": 1}', "headers": {"X-Mixed-Case": "preserve-me"}}
    )
    assert created.name == f"{QUEUE}/tasks/one"
    assert created.http_request.http_method == HttpMethod.POST
    assert dict(created.http_request.headers) == {
        "User-Agent": "Google-Cloud-Tasks",
        "X-Mixed-Case": "preserve-me",
    }
    assert created.dispatch_deadline == datetime.timedelta(minutes=10)
    assert created.schedule_time.timestamp() == paused.clock.now()
    assert created.create_time.timestamp() == int(paused.clock.now())
    assert (created.dispatch_count, created.response_count) == (0, 0)
    assert created.view == Task.View.BASIC
    assert created == paused.client.get_task(name=created.name)


def test_the_body_shows_in_the_full_view_alone(paused: World) -> None:
    # Task.View.
    task = {
        "name": f"{QUEUE}/tasks/one",
        "http_request": {"url": URL, "body": b'{"hello":"world"}'},
    }
    full = paused.client.create_task(request={"parent": QUEUE, "task": task, "response_view": Task.View.FULL})
    assert (full.http_request.body, full.view) == (b'{"hello":"world"}', Task.View.FULL)
    name = full.name
    assert paused.client.get_task(name=name).http_request.body == b""
    assert paused.client.get_task(request={"name": name, "response_view": "FULL"}) == full
    (listed,) = paused.client.list_tasks(parent=QUEUE)
    assert listed.http_request.body == b""
    (listed,) = paused.client.list_tasks(request={"parent": QUEUE, "response_view": Task.View.FULL})
    assert listed == full


def test_a_task_without_a_name_gets_one(paused: World) -> None:
    names = {paused.create().name for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith(f"{QUEUE}/tasks/") and name[-1].isdigit() for name in names)


def test_what_is_output_only_is_ignored(paused: World) -> None:
    created = paused.create("one", dispatch_count=7, response_count=7, last_attempt={"response_status": {}})
    assert (created.dispatch_count, created.response_count) == (0, 0)
    assert "last_attempt" not in created


def test_headers_of_google_are_replaced(paused: World) -> None:
    # HttpRequest.headers: "A partial list of headers that will be ignored or replaced".
    headers = {
        "host": "evil.example.com",
        "Content-Length": "1",
        "user-agent": "mine",
        "X-Google-Thing": "1",
        "X-AppEngine-QueueName": "forged",
        "X-CloudTasks-TaskRetryCount": "99",
        "X-Mine": "kept",
    }
    created = paused.create("one", http_request={"headers": headers})
    assert dict(created.http_request.headers) == {"User-Agent": "Google-Cloud-Tasks", "X-Mine": "kept"}


def test_proto_json_is_read_as_google_reads_it(paused: World) -> None:
    # protobuf.dev/programming-guides/json: enumerations by name or number, snake_case also accepted.
    for method in ("PUT", 4):
        answer = posted(paused, {"task": {"httpRequest": {"url": URL, "httpMethod": method}}})
        assert answer.json()["httpRequest"]["httpMethod"] == "PUT"
    answer = posted(paused, {"task": {"http_request": {"url": URL}, "dispatch_deadline": "15s"}})
    assert answer.json()["dispatchDeadline"] == "15s"


DAY = 86_400


@pytest.mark.parametrize(
    ("task", "message"),
    [
        # golden/errors.json: task/create/*, recorded from production.
        ({"httpRequest": {"url": ""}}, "HttpRequest.url is required."),
        (
            {"httpRequest": {"url": "example.com/path"}},
            "HttpTarget.url must start with 'http://' or 'https://'.",
        ),
        (
            {"httpRequest": {"url": "ftp://example.com/"}},
            "HttpTarget.url must start with 'http://' or 'https://'.",
        ),
        (
            {"name": f"{QUEUE}/tasks/not a valid id", "httpRequest": {"url": URL}},
            'Task ID "not a valid id" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or '
            "underscores (_). Task ID must between 1 and 500 characters.",
        ),
        (
            {"name": f"{QUEUE}-other/tasks/one", "httpRequest": {"url": URL}},
            f"The queue name from request ('{QUEUE}') must be the same as the queue name in the named task "
            f"('{QUEUE}-other').",
        ),
        # The same project's error mapping, from the same recordings.
        (
            {"name": "one", "httpRequest": {"url": URL}},
            'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>'
            '/tasks/<TASK_ID>"',
        ),
        (
            {"httpRequest": {"url": URL}, "dispatchDeadline": "14.999s"},
            "Task.dispatchDeadline must be between [15s, 30m].",
        ),
        (
            {"httpRequest": {"url": URL}, "dispatchDeadline": "1800.001s"},
            "Task.dispatchDeadline must be between [15s, 30m].",
        ),
        # bettersg/checkMate, issue 510: the zone of the time shown is production's.
        (
            {"httpRequest": {"url": URL}, "scheduleTime": "2027-02-14T08:00:01Z"},
            "The Task.scheduleTime, 2027-02-14T00:00:01-08:00, is too far in the future. Schedule time must "
            "be no more than 720h in the future.",
        ),
        # googleapis/nodejs-tasks, issue 353.
        (
            {
                "httpRequest": {
                    "url": "http://worker.example.com/",
                    "oidcToken": {"serviceAccountEmail": "tasks@rowmill.iam.gserviceaccount.com"},
                }
            },
            "HttpRequest.url must start with 'https://' for request with HttpRequest.authorization_header",
        ),
        # The limits are the reference's (HttpRequest); their wording is ours.
        (
            {"httpRequest": {"url": f"http://127.0.0.1/{'x' * 2083}"}},
            "HttpRequest.url must be at most 2083 characters long.",
        ),
        (
            {"httpRequest": {"url": URL, "httpMethod": "GET", "body": "aGk="}},
            "HttpRequest.body is not allowed with HttpRequest.httpMethod GET.",
        ),
        (
            {"httpRequest": {"url": URL, "headers": {"X-Long": "x" * 82_000}}},
            "HttpRequest.headers must be smaller than 80KB.",
        ),
        (
            {"httpRequest": {"url": URL, "oidcToken": {"audience": "x"}}},
            "OidcToken.serviceAccountEmail is required.",
        ),
        ({"httpRequest": {"url": URL, "httpMethod": 77}}, "HttpRequest.httpMethod 77 is not a method."),
        ({}, "Task.httpRequest is required."),
    ],
)
def test_a_task_that_breaks_a_rule_is_refused(tmp_path: Path, task: dict[str, Any], message: str) -> None:
    with a_world(tmp_path) as world:
        world.clock.move_to(datetime.datetime(2027, 1, 15, 8, tzinfo=datetime.UTC).timestamp())
        answer = posted(world, {"task": task})
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
        assert error["message"] == message
        assert world.ledger("created") == []


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        # Google's JSON front end: google.rpc.BadRequest names the field.
        (
            {"task": {"httpRequest": {"url": URL, "colour": 1}}},
            "task.http_request",
            "Invalid JSON payload received. Unknown name \"colour\" at 'task.http_request': "
            "Cannot find field.",
        ),
        (
            {"colour": 1},
            "",
            'Invalid JSON payload received. Unknown name "colour": Cannot find field.',
        ),
        ({"task": {"httpRequest": {"url": 5}}}, "task.url", None),
        ({"task": {"scheduleTime": "tomorrow"}}, "task.schedule_time", None),
        ({"task": {"httpRequest": {"httpMethod": "FLY"}}}, "task.http_method", None),
    ],
)
def test_a_body_that_does_not_fit_names_the_field(
    world: World, body: Any, field: str, message: str | None
) -> None:
    error = posted(world, body).json()["error"]
    assert error["status"] == "INVALID_ARGUMENT"
    (violation,) = error["details"][0]["fieldViolations"]
    assert violation["field"] == field
    assert message is None or error["message"] == message


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(world: World, body: bytes) -> None:
    answer = requests.post(f"{world.url}/v2/{QUEUE}/tasks", data=body, timeout=5)
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_task_may_weigh_a_mebibyte_and_no_more(paused: World) -> None:
    # aertje/cloud-tasks-emulator, internal/engine/tasksize.go: measured on production, 2^20 - 7 bytes stored.
    probe = Task.pb(paused.create("probe"))
    probe.ClearField("view")
    probe.http_request.body = b"x" * 1_000_000
    most = 1_000_000 + (2**20 - 7) - probe.ByteSize()
    paused.create("fits1", http_request={"body": b"x" * most})
    with pytest.raises(exceptions.BadRequest, match="Task size too large"):
        paused.create("over1", http_request={"body": b"x" * (most + 1)})


def test_a_name_in_use_is_a_conflict(paused: World) -> None:
    # errors.json: task/create/already-exists. Over REST it raises Conflict (FACTS, Cloud Tasks).
    paused.create("one")
    with pytest.raises(exceptions.Conflict, match="Requested entity already exists"):
        paused.create("one")


def test_a_used_name_stays_blocked_for_a_day(world: World) -> None:
    # CreateTaskRequest.task, "Task De-duplication"; stackkit/laravel-google-cloud-tasks-queue, issue 104.
    world.create("one")
    world.until("done")
    with pytest.raises(exceptions.Conflict, match="a task with this name existed too recently"):
        world.create("one")
    world.clock.advance(86_400)
    world.create("one")
    world.until("done", 2)


def test_how_long_a_name_stays_blocked_can_be_set(tmp_path: Path) -> None:
    with a_world(tmp_path, names_blocked_s=0) as world:
        world.create("one")
        world.until("done")
        world.create("one")
        world.until("done", 2)


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_an_unknown_task_is_not_found(world: World, method: str) -> None:
    # errors.json: task/get/not-found, task/delete/not-found, task/run/not-found.
    path = f"{QUEUE}/tasks/nothing" + (":run" if method == "POST" else "")
    answer = requests.request(method, f"{world.url}/v2/{path}", timeout=5)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Requested entity was not found."


def test_a_finished_task_says_that_it_was_there(world: World) -> None:
    # errors.json: task/get/recently-deleted.
    world.create("one")
    world.until("done")
    with pytest.raises(exceptions.NotFound, match="The task either successfully completed or was deleted"):
        world.client.get_task(name=f"{QUEUE}/tasks/one")


def test_a_task_for_an_unknown_queue_is_refused(world: World) -> None:
    # errors.json: task/create/queue-not-found.
    answer = posted(world, {"task": {"httpRequest": {"url": URL}}}, queue=f"{QUEUE}-other")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("Queue does not exist.")


def test_a_deleted_task_never_runs(paused: World) -> None:
    paused.client.delete_task(name=paused.create("one").name)
    paused.create("two")
    paused.client.resume_queue(name=QUEUE)
    paused.until("done")
    assert [request.task for request in paused.worker.received] == ["two"]


def test_tasks_are_listed_in_pages(paused: World) -> None:
    for number in range(7):
        paused.create(f"t{number}")
    pager = paused.client.list_tasks(request={"parent": QUEUE, "page_size": 3})
    pages = [[task.name[-2:] for task in page.tasks] for page in pager.pages]
    assert pages == [["t0", "t1", "t2"], ["t3", "t4", "t5"], ["t6"]]


@pytest.mark.parametrize("query", ["pageSize=-1", "pageSize=many", "pageToken=%21", "responseView=SOME"])
def test_a_senseless_list_is_refused(world: World, query: str) -> None:
    answer = requests.get(f"{world.url}/v2/{QUEUE}/tasks?{query}", timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_scheduled_task_waits_for_its_time(world: World) -> None:
    due = datetime.datetime.fromtimestamp(world.clock.now() + 90.5, datetime.UTC)
    created = world.create("later", schedule_time=due)
    assert created.schedule_time.timestamp() == due.timestamp()
    world.create("now")
    world.until("done")
    world.clock.advance(90.4)
    world.create("again")
    world.until("done", 2)
    assert [request.task for request in world.worker.received] == ["now", "again"]
    world.clock.advance(0.1)
    world.until("done", 3)


def test_a_time_in_the_past_means_now(world: World) -> None:
    # CreateTaskRequest.task: "If schedule_time is not set or is in the past".
    past = datetime.datetime.fromtimestamp(world.clock.now() - 60, datetime.UTC)
    assert world.create("one", schedule_time=past).schedule_time.timestamp() == world.clock.now()


def test_run_sends_a_task_at_once_even_from_a_paused_queue(paused: World) -> None:
    # projects.locations.queues.tasks.run: also when paused or scheduled for later; the answer is the
    # status after the dispatch and before the response.
    later = datetime.datetime.fromtimestamp(paused.clock.now() + 3600, datetime.UTC)
    name = paused.create("later", schedule_time=later).name
    ran = paused.client.run_task(name=name)
    assert (ran.dispatch_count, ran.response_count) == (1, 0)
    assert ran.schedule_time.timestamp() == paused.clock.now()
    paused.until("done")
    with pytest.raises(exceptions.NotFound):
        paused.client.run_task(name=name)


def test_what_the_stand_in_cannot_do_it_says(world: World) -> None:
    for task in (
        {"appEngineHttpRequest": {"relativeUri": "/"}},
        {"httpRequest": {"url": URL, "oauthToken": {"serviceAccountEmail": "a@b"}}},
    ):
        answer = posted(world, {"task": task})
        assert (answer.status_code, answer.json()["error"]["status"]) == (501, "UNIMPLEMENTED")
