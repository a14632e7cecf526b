"""What goes wrong on demand: by number, by chance, the same again for the same seed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests
from google.api_core import exceptions

from tests.contracts.tasks_api.conftest import QUEUE, World, a_world, eventually


def names(world: World) -> list[str]:
    return [request.task for request in world.worker.received]


def test_a_refused_creation_is_not_applied(world: World) -> None:
    world.switch(refuse_create={"next": 1})
    with pytest.raises(exceptions.ServiceUnavailable):
        world.create("one")
    world.create("one")
    world.until("done")
    assert names(world) == ["one"]


def test_a_lost_answer_leaves_the_task_created(world: World) -> None:
    world.switch(lose_answer={"next": 1})
    with pytest.raises(requests.exceptions.ConnectionError):
        world.create("one")
    with pytest.raises(exceptions.Conflict):
        world.create("one")
    world.until("done")
    assert names(world) == ["one"]


def test_a_dropped_task_is_acknowledged_and_never_comes(world: World) -> None:
    world.switch(drop={"next": 1})
    assert world.create("one").name.endswith("/one")
    world.create("two")
    world.until("done")
    assert names(world) == ["two"]
    assert len(world.ledger("dropped")) == 1
    with pytest.raises(exceptions.Conflict):
        world.create("one")


def test_a_duplicate_comes_after_the_success(world: World) -> None:
    world.switch(duplicate={"next": 1})
    world.create("one")
    world.until("retry")
    world.clock.advance(1)
    world.until("done")
    assert names(world) == ["one", "one"]
    assert world.worker.most_at_once == 1


def test_a_twin_comes_at_the_same_time(world: World) -> None:
    world.worker.holds()
    world.switch(twin={"next": 1})
    world.create("one")
    eventually(lambda: world.worker.most_at_once, lambda most: most == 2)
    world.worker.lets_go()
    world.until("done")
    assert names(world) == ["one", "one"]
    assert sorted(entry["twin"] for entry in world.ledger("dispatch")) == [False, True]


def test_a_delayed_dispatch_comes_later(world: World) -> None:
    world.switch(delay={"next": 1}, delay_s=30)
    world.create("one")
    world.until("delayed")
    world.create("two")
    world.until("done")
    world.clock.advance(30)
    world.until("done", 2)
    assert names(world) == ["two", "one"]


def test_a_creation_can_take_its_time(world: World) -> None:
    world.switch(create_delay_ms=60)
    began = time.monotonic()
    world.create("one")
    assert time.monotonic() - began >= 0.06


def order_of_arrival(data: Path, **faults: Any) -> list[str]:
    with a_world(data, queues={QUEUE: 1}) as world:
        world.client.pause_queue(name=QUEUE)
        for number in range(12):
            world.create(f"t{number:02}")
        world.switch(**faults)
        world.client.resume_queue(name=QUEUE)
        world.until("done", 12)
        return names(world)


def test_tasks_come_in_another_order_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    usual = [f"t{number:02}" for number in range(12)]
    assert order_of_arrival(tmp_path / "a") == usual
    shuffled = order_of_arrival(tmp_path / "b", seed=7, reorder={"chance": 1.0})
    assert sorted(shuffled) == usual
    assert shuffled != usual
    assert order_of_arrival(tmp_path / "c", seed=7, reorder={"chance": 1.0}) == shuffled
    assert order_of_arrival(tmp_path / "d", seed=8, reorder={"chance": 1.0}) != shuffled


def test_chance_strikes_about_as_often_as_it_says_and_repeats_by_seed(world: World) -> None:
    world.client.pause_queue(name=QUEUE)

    def refusals(seed: int) -> list[bool]:
        world.switch(seed=seed, refuse_create={"chance": 0.3})
        body = {"task": {"httpRequest": {"url": "http://127.0.0.1:9/"}}}
        return [
            requests.post(f"{world.url}/v2/{QUEUE}/tasks", json=body, timeout=5).status_code == 503
            for _ in range(60)
        ]

    first = refusals(1)
    assert 6 <= sum(first) <= 30
    assert refusals(1) == first
    assert refusals(2) != first


def test_switching_off_ends_it(world: World) -> None:
    world.switch(refuse_create={"chance": 1.0})
    requests.delete(f"{world.url}/_standin/faults", timeout=5).raise_for_status()
    world.create("one")
    world.until("done")


@pytest.mark.parametrize("faults", [{"drop": {"chance": 2}}, {"drop": True}, {"drops": {}}, {"delay_s": 0}])
def test_a_senseless_switch_is_refused(world: World, faults: dict[str, Any]) -> None:
    assert requests.put(f"{world.url}/_standin/faults", json=faults, timeout=5).status_code == 422


def test_the_ledger_tells_a_tasks_whole_story(world: World) -> None:
    world.worker.answers(500)
    name = world.create("one").name
    world.until("retry")
    world.clock.advance(1)
    world.until("done")
    with pytest.raises(exceptions.Conflict):
        world.create("one")
    kinds = [entry["kind"] for entry in world.ledger()]
    assert kinds == ["created", "dispatch", "answer", "retry", "dispatch", "answer", "done", "refused"]
    assert {entry["task"] for entry in world.ledger() if "task" in entry} == {name}
    assert [entry["status"] for entry in world.ledger("answer")] == [500, 200]
    assert world.ledger("refused")[0]["status"] == "ALREADY_EXISTS"
