"""`GET /api/system`: what a user may know of the deployment, its limits, and today's spending."""

from __future__ import annotations

from datetime import datetime

from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import SECRET, Caller, House

PRICES = {"gpt-5-nano": {"input": 1_000_000, "output": 8_000_000}}


def test_limits_are_those_that_hold(house: House, alice: Caller) -> None:
    limits = alice.ask("GET", "/api/system")["limits"]
    settings = house.service.settings
    assert limits["requests_per_minute"] == settings.requests_per_minute
    assert limits["upload_bytes"] == 20 * 1024 * 1024
    assert limits["waiting_jobs"] is None


def test_without_caps_there_is_nothing_to_hold_spending_against(alice: Caller) -> None:
    assert alice.ask("GET", "/api/system")["spending"] == []


def test_today_s_spending_is_shown_against_each_cap_and_begins_anew(make_house: MakeHouse) -> None:
    house = make_house(
        user_day_budget_microusd=50_000_000, deployment_day_budget_microusd=90_000_000, prices=PRICES
    )
    alice, bob = house.sign_in("alice"), house.sign_in("bob")
    sheet = house.a_sheet()
    alice.prove(sheet)
    job = alice.queue(sheet)
    house.deliver(job["id"])
    cost = alice.ask("GET", f"/api/jobs/{job['id']}")["cost_microusd"]
    assert cost > 0
    mine, all_of_us = alice.ask("GET", "/api/system")["spending"]
    assert mine == {"scope": "user", "spent_microusd": cost, "cap_microusd": 50_000_000}
    assert all_of_us == {"scope": "deployment", "spent_microusd": cost, "cap_microusd": 90_000_000}
    theirs, _ = bob.ask("GET", "/api/system")["spending"]
    assert theirs["spent_microusd"] == 0
    resets = datetime.fromisoformat(alice.ask("GET", "/api/system")["spending_resets_at"]).timestamp()
    assert 0 < resets - house.clock.now() <= 86_400
    house.clock.passes(resets - house.clock.now() + 1)
    assert [spent["spent_microusd"] for spent in alice.ask("GET", "/api/system")["spending"]] == [0, 0]


def test_no_secret_is_in_it(alice: Caller) -> None:
    text = alice.call("GET", "/api/system").text
    assert SECRET not in text
    assert "sk-deployment" not in text
