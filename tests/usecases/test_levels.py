"""A process begins with as many calls at once as the key and model took last, in whichever process."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from backend.domain.pace import FIRST_IN_FLIGHT
from backend.ports import Replace
from backend.usecases.records import level_key
from tests.usecases.world import World

KEY = level_key("fake", "a-model", None)


def test_the_next_process_begins_where_the_last_ended(world: World) -> None:
    world.settings = replace(world.settings, in_flight=500)
    world.has_rows(1, *(f"Firm {n}" for n in range(200)))
    world.create(1)
    world.run_until_quiet()
    document = world.documents.get(KEY)
    assert document is not None
    assert document.data["in_flight"] > FIRST_IN_FLIGHT
    world.documents.commit([Replace(KEY, document.version, {"in_flight": 90})])
    held = threading.Event()
    world.has_rows(2, *(f"Other {n}" for n in range(300)))
    world.create(2)
    world.admit()
    world.model.answers_after(held)
    world.model.most_in_flight = 0
    batch = threading.Thread(target=world.run_until_quiet)
    batch.start()
    until = time.monotonic() + 10
    while world.model.most_in_flight < 90 and time.monotonic() < until:
        time.sleep(0.01)
    before_any_answer = world.model.most_in_flight
    held.set()
    batch.join(60)
    assert before_any_answer >= 90
    assert world.counts(world.jobs()[0].id)["done"] == 300


def test_a_level_is_one_keys_and_one_models() -> None:
    keys = {level_key("fake", "a", None), level_key("fake", "b", None), level_key("fake", "a", "x")}
    assert len(keys | {level_key("real", "a", None)}) == 4
