"""`GET /api/stats` beside what the jobs themselves say."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House

ROWS = [
    ["Oak Tools", "hammers, nails", "Family hardware shop in Leeds"],
    ["Fir Pipes", "pipes", "Plumbing supplies"],
    ["Oak Tools", "hammers, nails", "Family hardware shop in Leeds"],
    ["", "", ""],
    ["Elm Bikes", "bikes", "Bicycle repairs in Ghent"],
]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house()


def run(house: House, caller: Caller, sheet: str, **wish: Any) -> dict[str, Any]:
    """A job, delivered until it has ended."""
    caller.prove(sheet)
    job = caller.queue(sheet, **wish)
    for number in range(1, 6):
        house.deliver(job["id"], number)
        job = caller.ask("GET", f"/api/jobs/{job['id']}")
        if job["ended_at"]:
            return job
    raise AssertionError(job)


def stats(caller: Caller, sheet: str, hours: int = 24) -> dict[str, Any]:
    found: dict[str, Any] = caller.ask("GET", f"/api/stats?spreadsheet_id={sheet}&hours={hours}")
    return found


def test_an_empty_history_is_all_zeros(alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    found = stats(alice, sheet)
    assert set(found["rows"].values()) == set(found["by_status"].values()) == {0}
    assert (found["success_rate"], found["errors"], found["row_s"]["count"]) == (None, {}, 0)
    assert len(found["points"]) == 24
    assert [len(stats(alice, sheet, 720)["points"]), stats(alice, sheet, 720)["step_hours"]] == [30, 24]


def test_the_figures_are_those_of_the_jobs(house: House, alice: Caller) -> None:
    sheet = house.a_sheet(ROWS)
    jobs = [run(house, alice, sheet), run(house, alice, sheet, fresh=True)]
    assert [job["status"] for job in jobs] == ["COMPLETED"] * 2
    for hours in (24, 720):
        found = stats(alice, sheet, hours)
        for name in ("tokens_in", "tokens_out", "model_calls", "cost_microusd", "saved_microusd"):
            assert found[name] == sum(job[name] for job in jobs), name
        counts: Counter[str] = Counter()
        for job in jobs:
            counts.update(job["counts"])
        assert found["rows"] == {state: counts[state] for state in found["rows"]}
        assert found["cached"] == counts["cached"]
        assert found["success_rate"] == 1.0
        assert found["model_call_s"]["count"] == found["model_calls"] > 0
        assert 0 < found["model_call_s"]["p50"] <= found["model_call_s"]["p95"]
        assert found["wait_s"]["count"] == 2
        assert found["jobs_ended"] == {"COMPLETED": 2, "FAILED": 0, "CANCELLED": 0}
        assert (found["by_status"]["COMPLETED"], found["running"], found["queued"]) == (2, 0, 0)
        assert found["worker"]["peak_mb"] > 30
        assert sum(point["done"] for point in found["points"]) == counts["done"]
        assert found["points"][-1]["cost_microusd"] == found["cost_microusd"]


def test_failures_are_told_by_class(house: House, alice: Caller) -> None:
    sheet = house.a_sheet(ROWS)
    rule = {"fault": "refusal", "when": ["Fir Pipes"]}
    faults = requests.put(f"{house.standins.model}/_standin/faults", json={"rules": [rule]}, timeout=5)
    assert faults.ok, faults.text
    job = run(house, alice, sheet)
    found = stats(alice, sheet)
    assert found["errors"] == job["failures"] == {"model_refused": 1}
    assert found["success_rate"] == 0.75


def test_a_cancelled_job_s_rows_and_end_are_counted(house: House, alice: Caller) -> None:
    sheet = house.a_sheet(ROWS)
    alice.prove(sheet)
    job = alice.queue(sheet, run_at=f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}")
    assert stats(alice, sheet)["queued"] == 1
    alice.ask("POST", f"/api/jobs/{job['id']}/cancel")
    found = stats(alice, sheet)
    assert (found["jobs_ended"]["CANCELLED"], found["queued"]) == (1, 0)


def test_the_numbers_of_another_spreadsheet_stay_its_own(house: House, alice: Caller, bob: Caller) -> None:
    sheet, other = house.a_sheet(ROWS), house.a_sheet(ROWS)
    run(house, alice, sheet)
    bob.prove(other)
    assert set(stats(bob, other)["rows"].values()) == {0}
    assert bob.call("GET", f"/api/stats?spreadsheet_id={sheet}").status_code == 403


@pytest.mark.parametrize("hours", ["1", "-24", "24.0", "all", "", "721", "٢٤"])
def test_only_the_two_spans_are_answered(alice: Caller, sheet: str, hours: str) -> None:
    alice.prove(sheet)
    assert alice.call("GET", f"/api/stats?spreadsheet_id={sheet}&hours={hours}").status_code == 422
