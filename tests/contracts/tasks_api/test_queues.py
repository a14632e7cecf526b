"""Queues through Google's client: life, limits, updates, lists, and production's own refusals."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from google.api_core import exceptions
from google.cloud.tasks_v2 import Queue

from tests.contracts.tasks_api.conftest import LOCATION, QUEUE, World

OTHER = f"{LOCATION}/queues/live"
#: aertje/cloud-tasks-emulator, test/conformance/golden/errors.json: answers recorded from production.
UNKNOWN = (
    "Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize."
)


def test_a_new_queue_runs_with_the_references_defaults(world: World) -> None:
    # RateLimits and RetryConfig, "Cloud Tasks will pick the default"; the figures: FACTS, Cloud Tasks.
    queue = world.client.create_queue(parent=LOCATION, queue={"name": OTHER})
    assert queue == world.client.get_queue(name=OTHER)
    assert queue.state == Queue.State.RUNNING
    assert queue.rate_limits.max_dispatches_per_second == 500
    assert queue.rate_limits.max_concurrent_dispatches == 1000
    assert queue.retry_config.max_attempts == 100
    assert queue.retry_config.max_doublings == 16
    assert queue.retry_config.min_backoff.total_seconds() == 0.1
    assert queue.retry_config.max_backoff.total_seconds() == 3600
    assert queue.retry_config.max_retry_duration.total_seconds() == 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        # errors.json: queue/create/* of category queue-invalid-config.
        (
            {"rate_limits": {"max_dispatches_per_second": -1}},
            "RateLimits.maxDispatchesPerSecond cannot be negative.",
        ),
        (
            {"rate_limits": {"max_dispatches_per_second": 501}},
            "RateLimits.maxDispatchesPerSecond must be less than or equal to 500.",
        ),
        (
            {"rate_limits": {"max_concurrent_dispatches": -1}},
            "RateLimits.maxConcurrentDispatches cannot be negative.",
        ),
        (
            {"rate_limits": {"max_concurrent_dispatches": 5001}},
            "RateLimits.maxConcurrentDispatches must be less than or equal to 5000.",
        ),
        (
            {"retry_config": {"max_attempts": -2}},
            "RetryConfig.maxAttempts must be greater or equal to -1.",
        ),
        ({"retry_config": {"max_doublings": -1}}, "RetryConfig.maxDoublings cannot be negative."),
        ({"retry_config": {"min_backoff": {"seconds": -1}}}, "RetryConfig.minBackoff cannot be negative."),
        (
            {"retry_config": {"min_backoff": {"seconds": 10}, "max_backoff": {"seconds": 5}}},
            "RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.",
        ),
    ],
)
def test_a_queue_out_of_its_limits_is_refused(world: World, config: dict[str, Any], message: str) -> None:
    with pytest.raises(exceptions.BadRequest) as refused:
        world.client.create_queue(parent=LOCATION, queue={"name": OTHER, **config})
    assert refused.value.message.endswith(message)


def test_the_burst_is_output_only(world: World) -> None:
    # errors.json: queue/create/burst-negative is OK.
    queue = world.client.create_queue(
        parent=LOCATION, queue={"name": OTHER, "rate_limits": {"max_burst_size": -1}}
    )
    assert queue.rate_limits.max_burst_size >= queue.rate_limits.max_dispatches_per_second


def refusal(method: str, path: str, url: str, body: Any = None) -> dict[str, Any]:
    return dict(requests.request(method, f"{url}/v2/{path}", json=body, timeout=5).json()["error"])


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        # errors.json: queue/*/not-found; deleting words it differently, also in production.
        ("GET", OTHER, UNKNOWN),
        ("POST", f"{OTHER}:pause", UNKNOWN),
        ("POST", f"{OTHER}:resume", UNKNOWN),
        ("POST", f"{OTHER}:purge", UNKNOWN),
        ("GET", f"{OTHER}/tasks", UNKNOWN),
        ("DELETE", OTHER, "Requested entity was not found."),
    ],
)
def test_an_unknown_queue_is_not_found(world: World, method: str, path: str, message: str) -> None:
    assert refusal(method, path, world.url) == {"code": 404, "message": message, "status": "NOT_FOUND"}


def test_a_name_is_taken_once(world: World) -> None:
    # errors.json: queue/create/already-exists.
    with pytest.raises(exceptions.Conflict, match="Queue already exists"):
        world.client.create_queue(parent=LOCATION, queue={"name": QUEUE})


def test_a_deleted_queues_name_stays_blocked_for_days(world: World) -> None:
    # errors.json: queue/create/recently-deleted, queue/get/recently-deleted.
    world.client.delete_queue(name=QUEUE)
    with pytest.raises(exceptions.NotFound, match="Queue does not exist"):
        world.client.get_queue(name=QUEUE)
    with pytest.raises(exceptions.BadRequest, match="a queue with this name existed too recently") as refused:
        world.client.create_queue(parent=LOCATION, queue={"name": QUEUE})
    assert refused.value.response.json()["error"]["status"] == "FAILED_PRECONDITION"
    world.clock.advance(3 * 86_400)
    world.client.create_queue(parent=LOCATION, queue={"name": QUEUE})


def test_a_malformed_name_is_explained(world: World) -> None:
    # errors.json: queue/create/invalid-name, with its Help detail.
    error = refusal("POST", f"{LOCATION}/queues", world.url, {"name": "not-a-valid-queue-name"})
    assert error["code"] == 400
    assert error["status"] == "INVALID_ARGUMENT"
    assert error["message"] == (
        'Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".'
    )
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.Help"
    assert detail["links"][0]["url"].endswith("projects.locations.queues#Queue.FIELDS.name")


def test_a_queue_belongs_to_the_location_it_is_created_in(world: World) -> None:
    elsewhere = "projects/other/locations/europe-west1/queues/q"
    with pytest.raises(exceptions.BadRequest, match=f"{elsewhere} must begin with {LOCATION}."):
        world.client.create_queue(parent=LOCATION, queue={"name": elsewhere})


def test_an_update_changes_what_its_mask_names(world: World) -> None:
    # projects.locations.queues.patch: updateMask; output-only fields are ignored.
    queue = world.client.update_queue(
        queue={
            "name": QUEUE,
            "state": Queue.State.PAUSED,
            "rate_limits": {"max_concurrent_dispatches": 3, "max_dispatches_per_second": 7},
            "retry_config": {"max_attempts": 5},
        },
        update_mask={"paths": ["rate_limits.max_concurrent_dispatches", "retry_config", "state"]},
    )
    assert queue == world.client.get_queue(name=QUEUE)
    assert queue.rate_limits.max_concurrent_dispatches == 3
    assert queue.rate_limits.max_dispatches_per_second == 500
    assert queue.retry_config.max_attempts == 5
    assert queue.state == Queue.State.RUNNING


def test_an_update_without_a_mask_sets_everything(world: World) -> None:
    # "If empty, then all fields will be updated": UpdateQueueRequest, update_mask.
    world.client.update_queue(queue={"name": QUEUE, "rate_limits": {"max_dispatches_per_second": 7}})
    queue = world.client.update_queue(queue={"name": QUEUE, "retry_config": {"max_attempts": 5}})
    assert queue.rate_limits.max_dispatches_per_second == 500
    assert queue.retry_config.max_attempts == 5


def test_an_update_makes_a_queue_that_is_not_there(world: World) -> None:
    # projects.locations.queues.patch: "This method creates the queue if it does not exist".
    world.client.update_queue(queue={"name": OTHER, "rate_limits": {"max_concurrent_dispatches": 2}})
    assert world.client.get_queue(name=OTHER).rate_limits.max_concurrent_dispatches == 2


def test_a_mask_of_no_field_is_refused(world: World) -> None:
    error = refusal("PATCH", f"{QUEUE}?updateMask=rateLimits.colour", world.url, {})
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["fieldViolations"][0]["field"] == "update_mask"


def test_queues_are_listed_in_pages_of_their_location(world: World) -> None:
    for letter in "abcde":
        world.client.create_queue(parent=LOCATION, queue={"name": f"{LOCATION}/queues/{letter}"})
    elsewhere = "projects/rowmill/locations/us-central1"
    world.client.create_queue(parent=elsewhere, queue={"name": f"{elsewhere}/queues/z"})
    pager = world.client.list_queues(request={"parent": LOCATION, "page_size": 2})
    pages = [[queue.name.rpartition("/")[2] for queue in page.queues] for page in pager.pages]
    assert pages == [["a", "b"], ["background", "c"], ["d", "e"]]


def test_a_paused_queue_takes_tasks_and_keeps_them(world: World) -> None:
    # Queue.State.PAUSED.
    assert world.client.pause_queue(name=QUEUE).state == Queue.State.PAUSED
    world.create("one")
    world.create("two", queue=QUEUE)
    world.clock.advance(3600)
    assert world.worker.received == []
    assert world.client.resume_queue(name=QUEUE).state == Queue.State.RUNNING
    world.until("done", 2)


def test_a_purge_takes_every_task_and_says_when(world: World) -> None:
    # projects.locations.queues.purge; Queue.purge_time; task/get/recently-deleted for what it took.
    world.client.pause_queue(name=QUEUE)
    world.create("one")
    world.create("two")
    assert world.client.purge_queue(name=QUEUE).purge_time.timestamp() == world.clock.now()
    assert list(world.client.list_tasks(parent=QUEUE)) == []
    with pytest.raises(exceptions.NotFound, match="a task with this name existed recently"):
        world.client.get_task(name=f"{QUEUE}/tasks/one")
    with pytest.raises(exceptions.Conflict):
        world.create("one")
    world.client.resume_queue(name=QUEUE)
    world.create("three")
    world.until("done")
    assert [request.task for request in world.worker.received] == ["three"]


def test_a_purge_during_a_dispatch_ends_the_task_whatever_the_answer(world: World) -> None:
    world.worker.holds()
    world.worker.answers(500)
    world.create("one")
    world.until("dispatch")
    world.client.purge_queue(name=QUEUE)
    world.worker.lets_go()
    world.until("answer")
    world.settle()
    assert world.ledger("retry", "done") == []


def test_numbers_and_names_of_enumerations_are_both_spoken(world: World) -> None:
    # Proto JSON writes names; google-cloud-tasks asks for numbers with $alt=json;enum-encoding=int.
    plain = requests.get(f"{world.url}/v2/{QUEUE}", timeout=5).json()
    counted = requests.get(
        f"{world.url}/v2/{QUEUE}", params={"$alt": "json;enum-encoding=int"}, timeout=5
    ).json()
    assert (plain["state"], counted["state"]) == ("RUNNING", 1)
    assert plain["retryConfig"]["minBackoff"] == "0.100s"
