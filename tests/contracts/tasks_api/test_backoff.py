"""The formula of retries: as arithmetic, and as the ledger sees it with a moved clock."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.local.tasks.backoff import RETENTION_S, RetryRule, backoff_s, gives_up
from tests.contracts.tasks_api.conftest import QUEUE, World, eventually

DEFAULTS = RetryRule(100, 0, 0.1, 3600, 16)


def a_rule(minimum: float = 0.1, maximum: float = 3600, doublings: int = 16, **limits: Any) -> RetryRule:
    return RetryRule(limits.get("attempts", 100), limits.get("seconds", 0), minimum, maximum, doublings)


@pytest.mark.parametrize(
    ("rule", "intervals"),
    [
        # The example in the reference, RetryConfig.max_doublings.
        (a_rule(10, 300, 3), [10, 20, 40, 80, 160, 240, 300, 300]),
        (a_rule(1, 100, 0), [1, 2, 3, 4, 5]),
        (a_rule(1, 3, 0), [1, 2, 3, 3]),
        (a_rule(5, 5, 16), [5, 5, 5]),
        (a_rule(0, 3600, 16), [0, 0, 0]),
        # The defaults: doubling from 0.1 s passes an hour at the seventeenth failure.
        (DEFAULTS, [0.1 * 2**n for n in range(16)] + [3600, 3600]),
    ],
)
def test_the_interval_doubles_then_grows_evenly_up_to_the_limit(
    rule: RetryRule, intervals: list[float]
) -> None:
    assert [backoff_s(rule, n + 1) for n in range(len(intervals))] == pytest.approx(intervals)


@given(
    st.builds(
        a_rule,
        minimum=st.floats(0, 100),
        maximum=st.floats(100, 10_000),
        doublings=st.integers(0, 10_000),
    ),
    st.integers(1, 100_000),
)
def test_the_interval_never_shrinks_and_stays_between_its_limits(rule: RetryRule, failures: int) -> None:
    interval = backoff_s(rule, failures)
    assert rule.min_backoff_s <= interval <= rule.max_backoff_s
    assert backoff_s(rule, failures + 1) >= interval


@pytest.mark.parametrize(
    ("rule", "attempts", "since_first_s", "ends"),
    [
        # RetryConfig.max_attempts: retrying stops only when both limits are used up.
        (a_rule(attempts=5, seconds=60), 5, 59, False),
        (a_rule(attempts=5, seconds=60), 4, 61, False),
        (a_rule(attempts=5, seconds=60), 5, 60, True),
        # A duration of zero, and -1 attempts, set no limit.
        (a_rule(attempts=5, seconds=0), 5, 0, True),
        (a_rule(attempts=5, seconds=0), 4, 10_000, False),
        (a_rule(attempts=-1, seconds=60), 1, 60, True),
        (a_rule(attempts=-1, seconds=60), 1000, 59, False),
        (a_rule(attempts=-1, seconds=0), 1000, 10_000, False),
    ],
)
def test_retrying_ends_when_every_limit_that_is_set_is_used_up(
    rule: RetryRule, attempts: int, since_first_s: float, ends: bool
) -> None:
    assert gives_up(rule, attempts, since_first_s, age_s=since_first_s) is ends


def test_no_task_outlives_the_retention() -> None:
    # Quotas: "Maximum task retention", 31 days.
    assert gives_up(a_rule(attempts=-1), 1, 0, age_s=RETENTION_S)
    assert not gives_up(a_rule(attempts=-1), 1, 0, age_s=RETENTION_S - 1)


@pytest.fixture
def retrying(world: World) -> World:
    """The reference's example: 10 s, 300 s, 3 doublings."""
    world.client.update_queue(
        queue={
            "name": QUEUE,
            "retry_config": {
                "max_attempts": 9,
                "min_backoff": datetime.timedelta(seconds=10),
                "max_backoff": datetime.timedelta(seconds=300),
                "max_doublings": 3,
            },
        }
    )
    world.worker.always_answers(500)
    return world


def test_the_ledger_shows_the_references_example_second_by_second(retrying: World) -> None:
    world = retrying
    began = world.clock.now()
    name = world.create("one").name

    def of_the_task(kind: str) -> list[dict[str, Any]]:
        return [entry for entry in world.ledger(kind) if entry["task"] == name]

    for failures, interval in enumerate([10, 20, 40, 80, 160, 240, 300, 300], start=1):
        retries = eventually(lambda: of_the_task("retry"), lambda seen, count=failures: len(seen) == count)
        assert retries[-1]["wait_s"] == interval
        task = world.client.get_task(name=name)
        assert task.schedule_time.timestamp() == world.clock.now() + interval
        world.clock.advance(interval - 0.001)
        # Whatever was due a millisecond early would have gone out before this newcomer.
        newcomer = world.create(f"newcomer{failures}", retry_config={"max_attempts": 1}).name
        eventually(
            lambda: world.ledger("gave_up")[-1:], lambda last, its=newcomer: last and last[0]["task"] == its
        )
        assert len(of_the_task("dispatch")) == failures
        world.clock.advance(0.001)
    eventually(lambda: of_the_task("gave_up"), bool)
    times = [entry["clock"] - began for entry in of_the_task("dispatch")]
    assert times == pytest.approx([0, 10, 30, 70, 150, 310, 550, 850, 1150], abs=1e-3)


def test_a_failed_task_shows_its_attempts(retrying: World) -> None:
    # Task.dispatch_count, response_count, first_attempt (its dispatch time alone), last_attempt.
    world = retrying
    began = world.clock.now()
    name = world.create("one").name
    world.until("retry")
    world.clock.advance(10)
    world.until("retry", 2)
    task = world.client.get_task(name=name)
    assert (task.dispatch_count, task.response_count) == (2, 2)
    assert task.first_attempt.dispatch_time.timestamp() == began
    assert "response_time" not in task.first_attempt
    assert "schedule_time" not in task.first_attempt
    assert task.last_attempt.schedule_time.timestamp() == began + 10
    assert task.last_attempt.dispatch_time.timestamp() == began + 10
    assert task.last_attempt.response_time.timestamp() == began + 10
    # googleapis/nodejs-tasks, issue 487, for the form; google.rpc.Code for the number.
    assert task.last_attempt.response_status.code == 13
    assert task.last_attempt.response_status.message == "INTERNAL(13): HTTP status code 500"


def test_a_task_given_up_is_gone_silently(retrying: World) -> None:
    world = retrying
    world.client.update_queue(queue={"name": QUEUE, "retry_config": {"max_attempts": 1}})
    world.create("one")
    world.until("gave_up")
    assert list(world.client.list_tasks(parent=QUEUE)) == []
    assert len(world.worker.received) == 1


def test_a_tasks_own_retry_config_goes_before_the_queues(retrying: World) -> None:
    # Task.retry_config: "If present, this overrides" the queue's.
    world = retrying
    world.create("one", retry_config={"min_backoff": datetime.timedelta(seconds=7), "max_attempts": 2})
    assert world.until("retry")[0]["wait_s"] == 7
    world.clock.advance(7)
    world.until("gave_up")
