"""One action on many jobs: exactly those that match, each with its own result, however many there are."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backend.domain.job import Job, Status
from backend.entrypoints.api.actions import MOST
from backend.ports import Create
from backend.usecases.records import job_from_data, job_key, job_to_data
from tests.entrypoints.house import Caller, House

DAY_S = 86_400.0


@pytest.fixture
def sheet(house: House, alice: Caller) -> str:
    sheet = house.a_sheet()
    alice.prove(sheet)
    return sheet


@pytest.fixture
def have(house: House, alice: Caller, sheet: str) -> Callable[..., list[str]]:
    """Jobs of the spreadsheet that wait for their time, with what matters of them."""
    first = alice.queue(sheet, run_at="2090-01-01T00:00:00Z")["id"]
    document = house.documents.get(job_key(first))
    assert document is not None
    model: Job = job_from_data(document.data)
    alice.ask("POST", f"/api/jobs/{first}/cancel")
    alice.ask("DELETE", f"/api/jobs/{first}")

    def make(*changes: dict[str, Any]) -> list[str]:
        made = [replace(model, **({"id": secrets.token_hex(10)} | change)) for change in changes]
        for start in range(0, len(made), 100):
            house.documents.commit([Create(job_key(j.id), job_to_data(j)) for j in made[start : start + 100]])
        return [job.id for job in made]

    return make


def act(caller: Caller, sheet: str, action: str, **which: Any) -> Any:
    return caller.ask("POST", "/api/jobs/actions", {"spreadsheet_id": sheet, "action": action, **which})


def test_every_part_of_a_filter_narrows_it(
    house: House, alice: Caller, sheet: str, have: Callable[..., list[str]]
) -> None:
    now = house.clock.now()
    paused, other_recipe, other_tab, old, old_but_ended_now = have(
        {"status": Status.PAUSED, "reason": "asked"},
        {"recipe": "case_b"},
        {"sheet_id": 7},
        {"created_at": now - 31 * DAY_S},
        {"created_at": now - 31 * DAY_S, "status": Status.FAILED, "reason": "sheet_gone", "ended_at": now},
    )

    def matching(**wanted: Any) -> set[str]:
        answer = act(alice, sheet, "undo", filter=wanted)  # refused for many, so it changes nothing
        assert answer["cursor"] is None
        assert {(r["ok"], r["sentence"]) for r in answer["results"]} <= {(False, "Undo one job at a time.")}
        return {result["id"] for result in answer["results"]}

    everything = {paused, other_recipe, other_tab, old, old_but_ended_now}
    assert matching() == everything
    assert matching(status="PAUSED") == {paused}
    assert matching(recipe="case_b") == {other_recipe}
    assert matching(sheet_id=7) == {other_tab}
    assert matching(older_than_days=30) == {old}
    assert matching(status="PENDING", recipe="case_a", sheet_id=0) == {old}
    assert matching(status="PAUSED", sheet_id=7) == set()


def test_each_job_gets_its_own_result_and_one_that_is_refused_stops_no_other(
    alice: Caller, sheet: str, have: Callable[..., list[str]]
) -> None:
    waiting, failed, paused = have(
        {}, {"status": Status.FAILED, "reason": "sheet_gone"}, {"status": Status.PAUSED, "reason": "asked"}
    )
    answer = act(alice, sheet, "pause", ids=[waiting, failed, paused, "0" * 20])
    assert [(result["id"], result["ok"]) for result in answer["results"]] == [
        (waiting, True), (failed, False), (paused, True), ("0" * 20, False),
    ]  # fmt: skip
    assert [result["sentence"] for result in answer["results"]] == [
        "Paused.",
        "This job is failed; only a job that is pending or running can pause.",
        "It was paused already.",
        "There is no such job.",
    ]


def test_old_ones_are_found_behind_any_number_of_young_ones_and_the_rest_is_told(
    house: House, alice: Caller, sheet: str, have: Callable[..., list[str]]
) -> None:
    now = house.clock.now()
    have(*({"created_at": now - n} for n in range(MOST + 1)))
    old = have(*({"created_at": now - 40 * DAY_S + n} for n in range(3)))
    answer = act(alice, sheet, "cancel", filter={"older_than_days": 30})
    assert {result["id"] for result in answer["results"] if result["ok"]} == set(old)
    assert answer["cursor"] is None


@pytest.mark.parametrize("wanted", [{}, {"status": "PENDING"}])
def test_however_many_match_each_is_reached_whether_it_still_matches_or_not(
    alice: Caller, sheet: str, have: Callable[..., list[str]], wanted: dict[str, Any]
) -> None:
    waiting = have(*({} for _ in range(MOST + 1)))
    first = act(alice, sheet, "pause", filter=wanted)
    rest = act(alice, sheet, "pause", filter=wanted, cursor=first["cursor"])
    assert [len(answer["results"]) for answer in (first, rest)] == [MOST, 1]
    assert {result["id"] for answer in (first, rest) for result in answer["results"]} == set(waiting)
    assert rest["cursor"] is None
