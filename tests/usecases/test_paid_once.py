"""Equal rows cost one call, wherever they stand and whichever job asks; what that saved is told."""

from __future__ import annotations

from dataclasses import replace

from backend.adapters.event_loop import EventLoop
from backend.domain.money import Price
from backend.domain.pace import Pace
from backend.usecases.batch.asking import SharedCalls
from backend.usecases.batch.questions import to_results
from tests.usecases.test_sharing_the_pace import MOST, HeldModel, asker, row, until
from tests.usecases.world import World

#: More rows than are handed on at once.
FAR = [f"Firm {n}" for n in range(900)]


def test_a_job_that_asks_anew_asks_once_about_equal_rows_that_stand_far_apart(world: World) -> None:
    world.has_rows(1, "Acme", *FAR, "Acme")
    world.create(1)
    world.run_until_quiet()
    world.model.asked.clear()
    world.clock.advance(60)
    (job_id,) = world.create(1, fresh=True)
    world.run_until_quiet()
    assert set(world.model.asked.values()) == {1}
    assert len(world.model.asked) == 901
    counts = world.counts(job_id)
    assert (counts["done"], counts["cached"], counts["model_calls"]) == (902, 1, 901)


def test_queueing_the_rest_after_a_live_run_pays_none_of_its_rows_again(world: World) -> None:
    world.has_rows(1, "Acme", "Bolt", "Cora", "Dale")
    world.create(1, kind="live", max_rows=2)
    world.run_until_quiet()
    assert set(world.model.asked) == {"Acme", "Bolt"}
    [rest] = world.create(1)
    world.run_until_quiet()
    assert set(world.model.asked.values()) == {1}
    assert (world.counts(rest)["done"], world.counts(rest)["cached"]) == (4, 2)


def test_what_an_answer_that_was_known_would_have_cost_is_told_as_saved(world: World) -> None:
    world.settings = replace(world.settings, prices={"a-model": Price(1_000_000, 1_000_000)})
    world.has_rows(1, "Acme", "Bolt", "Acme")
    [first] = world.create(1)
    world.run_until_quiet()
    [second] = world.create(1)
    world.run_until_quiet()
    paid, known = world.counts(first), world.counts(second)
    assert (paid["cost_microusd"], paid["saved_microusd"]) == (240, 120)
    assert (known.get("cost_microusd", 0), known["saved_microusd"], known["cached"]) == (0, 360, 3)


def test_two_jobs_that_ask_the_same_at_once_make_one_call_and_the_second_is_told_what_it_saved() -> None:
    model, pace, loop, shared = HeldModel(), Pace(MOST), EventLoop(), SharedCalls()
    pays, saves = (asker(model, pace, loop, shared, Price(1_000_000, 1_000_000)) for _ in range(2))
    try:
        for one in (pays, saves):
            one.ask([one.question("the same", [row(0, "batch 1 Acme"), row(1, "batch 1 Acme")])])
        until(lambda: pays.in_flight == saves.in_flight == 1)
        loop.loop.call_soon_threadsafe(model.may_answer.set)
        until(lambda: pays.finished == saves.finished == 1)
        assert model.most == 1
        first, second = (
            [
                (r.cached, r.tries, r.cost_microusd, r.saved_microusd)
                for r in to_results(*one.take(1), now=0.0)
            ]
            for one in (pays, saves)
        )
        assert first == [(False, 1, 20, 0), (True, 0, 0, 20)]
        assert second == [(True, 0, 0, 20), (True, 0, 0, 20)]
    finally:
        loop.close()
