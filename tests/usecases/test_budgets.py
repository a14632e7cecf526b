"""A budget is kept whatever is changed while a job runs or waits, and raising it lets the job go on."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from backend.domain.job import REASONS, Status
from backend.domain.lease import Lease
from backend.domain.money import Price
from backend.errors import Invalid, RowFailed
from backend.usecases import move_job
from backend.usecases.batch.purse import Caps, Purse
from backend.usecases.batch.questions import worst_call_microusd
from backend.usecases.records import EVENTS, lease_from_data, lease_key
from tests.usecases.world import ANA, Fate, World

PRICE = Price(1_000_000, 1_000_000)
PRICES = {"a-model": PRICE}
#: The fake model's bill for one call.
CALL = 120


def priced(world: World, rows: int) -> str:
    world.settings = replace(world.settings, prices=PRICES)
    world.has_rows(1, *(f"Firm {n}" for n in range(rows)))
    [job_id] = world.create(1)
    return job_id


def worst_call(world: World) -> int:
    return worst_call_microusd(world.model.prompts["Firm 0"], PRICE)


def spent(world: World, job_id: str) -> int:
    document = world.documents.get(lease_key(job_id))
    assert document is not None
    return lease_from_data(document.data).spent_microusd


def budget(world: World, job_id: str, microusd: int) -> None:
    move_job.change_settings(
        ANA, job_id, priority=None, budget_microusd=microusd,
        documents=world.documents, clock=world.clock, prices=PRICES,
    )  # fmt: skip


def test_a_budget_that_is_raised_while_the_last_results_are_written_lets_the_job_go_on(world: World) -> None:
    job_id = priced(world, 100)
    budget(world, job_id, 10_000)
    world.admit()
    raised = Fate("write", 2, "meanwhile", meanwhile=lambda: budget(world, job_id, 10**9))
    report = world.deliver_next(raised)
    assert report is not None
    assert 0 < report.cost_microusd <= 10_000
    assert raised.calls >= 2
    assert world.job(job_id).status is not Status.PAUSED
    world.run_until_quiet()
    assert (world.job(job_id).status, world.counts(job_id)["done"]) == (Status.COMPLETED, 100)
    told = [document.data for document in world.documents.query(EVENTS, {"job_id": job_id}).documents]
    assert not [event for event in told if event.get("why") == REASONS["budget_reached"]]


def test_a_budget_that_is_used_up_pauses_with_the_reason_when_all_is_settled_and_raising_it_resumes(
    world: World,
) -> None:
    job_id = priced(world, 100)
    budget(world, job_id, 10_000)
    world.run_until_quiet()
    job, counts = world.job(job_id), world.counts(job_id)
    assert (job.status, job.reason) == (Status.PAUSED, "budget_reached")
    assert 0 < counts["done"] < 100
    assert counts["answered"] == 0, "what was paid for stands in the sheet"
    assert counts["cost_microusd"] == spent(world, job_id) == counts["done"] * CALL <= 10_000
    assert 10_000 - spent(world, job_id) < worst_call(world), "no call that fits is left out"
    budget(world, job_id, 10**9)
    assert world.job(job_id).status is Status.PENDING
    world.run_until_quiet()
    assert world.counts(job_id)["done"] == 100


def test_a_budget_that_is_raised_before_it_is_reached_pauses_nothing(world: World) -> None:
    job_id = priced(world, 100)
    budget(world, job_id, 10_000)

    def somebody_raises(_name: str) -> None:
        world.clock.advance(0.2)
        if world.model.asked.total() == 10:
            budget(world, job_id, 10**9)

    world.model.on_call = somebody_raises
    world.admit()
    report = world.deliver_next()
    assert report is not None
    assert (report.outcome, world.counts(job_id)["done"]) == ("completed", 100)


def test_a_repeat_is_paid_from_the_budget_like_any_call(world: World) -> None:
    """What may have been billed counts as spent: a budget of two and a half calls is two calls."""
    job_id = priced(world, 1)
    cut = RowFailed("model_error", "The connection was cut.", transient=True, maybe_billed=True)
    world.model.always_fails("Firm 0", cut)
    budget(world, job_id, 10**9)
    world.run_until_quiet()
    tries, worst = world.model.asked.total(), worst_call(world)
    assert (tries, spent(world, job_id)) == (4, 4 * worst)
    [again] = world.create(1)
    budget(world, again, 5 * worst // 2)
    world.run_until_quiet()
    assert world.job(again).reason == "budget_reached"
    assert world.model.asked.total() - tries == 2
    assert spent(world, again) == 2 * worst


def test_calls_that_a_worker_leaves_in_flight_count_as_spent_in_full(world: World) -> None:
    """Nobody will hear what they cost: it was asked to end, and they did not come back in time."""
    job_id = priced(world, 5)
    budget(world, job_id, 10**9)
    world.admit()
    never = threading.Event()
    world.model.answers_after(never)
    world.model.on_call = lambda _name: world.ending.set()
    try:
        report = world.deliver_next()
    finally:
        never.set()
    assert report is not None
    assert report.outcome == "more"
    assert spent(world, job_id) >= world.model.asked.total() * worst_call(world) > 0


def test_what_an_earlier_day_has_paid_for_is_not_given_back_to_the_next(world: World) -> None:
    purse = Purse(
        world.documents, world.clock, owner="ana", job_budget=None, caps=Caps(user_day_microusd=1_000)
    )
    block = purse.block(Lease("a-job"), worst_call=10, calls=50)
    assert block.microusd == 500
    world.documents.commit(block.writes)
    purse.reserved(500)
    world.clock.advance(86_400)
    purse.settle(500, cost=100)
    assert purse.block(Lease("a-job"), worst_call=10, calls=500).microusd == 1_000


@pytest.mark.parametrize("microusd", [0, CALL - 1])
def test_a_budget_smaller_than_one_call_asks_nothing(world: World, microusd: int) -> None:
    job_id = priced(world, 3)
    budget(world, job_id, microusd)
    world.run_until_quiet()
    assert (world.job(job_id).reason, world.model.asked.total()) == ("budget_reached", 0)


def test_a_model_that_has_lost_its_price_is_not_asked_where_a_budget_is_to_be_kept(world: World) -> None:
    job_id = priced(world, 3)
    budget(world, job_id, 10**9)
    world.settings = replace(world.settings, prices={})
    world.run_until_quiet()
    job = world.job(job_id)
    assert (job.status, job.reason, world.model.asked.total()) == (Status.PAUSED, "no_price", 0)
    assert "no price for a-model" in (job.error or "")
    world.settings = replace(world.settings, prices=PRICES)
    world.move("resume", job_id)
    world.run_until_quiet()
    assert world.counts(job_id)["done"] == 3


def test_nor_where_it_is_a_days_budget(world: World) -> None:
    job_id = priced(world, 3)
    world.settings = replace(world.settings, prices={}, caps=Caps(user_day_microusd=10**9))
    world.run_until_quiet()
    assert (world.job(job_id).reason, world.model.asked.total()) == ("no_price", 0)


def test_a_model_without_a_price_takes_no_budget(world: World) -> None:
    world.has_rows(1, "Acme")
    with pytest.raises(Invalid, match="There is no price for a-model, so a budget cannot be kept"):
        world.create(1, budget_microusd=10**9)
    assert not world.jobs()
