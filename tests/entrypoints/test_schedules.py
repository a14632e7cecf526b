"""Runs that repeat, through the routes and the sweep: one job an occurrence, whatever happens between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from backend.domain.schedule import job_id
from backend.ports import Replace
from backend.usecases.create_schedule import MOST
from backend.usecases.job_changes import load_job, replace_job
from backend.usecases.records import job_from_data, job_key
from backend.usecases.schedule_records import load_schedule, schedule_key, schedule_to_data
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import ROBOT, Caller, House

DAY_S = 86_400.0


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house()


def a_schedule(caller: Caller, sheet: str, cron: str = "0 7 * * *", **wish: Any) -> dict[str, Any]:
    body = {"spreadsheet_id": sheet, "sheet_id": 0, "recipe": "case_a", "cron": cron, **wish}
    made: dict[str, Any] = caller.ask("POST", "/api/schedules", body)
    return made


def the_schedules(caller: Caller, sheet: str) -> list[dict[str, Any]]:
    caller.prove(sheet)
    found: list[dict[str, Any]] = caller.ask("GET", f"/api/schedules?spreadsheet_id={sheet}")["schedules"]
    return found


def its_jobs(caller: Caller, sheet: str) -> list[dict[str, Any]]:
    caller.prove(sheet)
    found: list[dict[str, Any]] = caller.ask("GET", f"/api/jobs?spreadsheet_id={sheet}")["jobs"]
    return found


def sweep(house: House) -> None:
    house.scheduler().ask("POST", "/tasks/sweep")


def ends(house: House, job: str) -> None:
    """The job as if all its rows had been written."""
    standing, version = load_job(house.documents, job)
    ended = {**replace_job(standing, version).data, "status": "COMPLETED", "ended_at": house.clock.now()}
    house.documents.commit([Replace(job_key(job), version, ended)])


def unshare(house: House, sheet: str) -> None:
    url = f"{house.standins.sheets}/_standin/workbooks/{sheet}/editors"
    requests.delete(url, json={"email": ROBOT}, timeout=5).raise_for_status()


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def until_due(house: House, schedule: dict[str, Any]) -> None:
    house.clock.passes(moment(schedule["next_times"][0]) - house.clock.now() + 1)


def test_a_schedule_says_what_it_will_do(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet, "0 7 * * MON-FRI", time_zone="Europe/Berlin", mode="only_empty")
    assert made["in_english"] == "At 07:00 on Monday through Friday"
    assert len(made["next_times"]) == 3
    assert (made["state"], made["sentence"], made["runs"], made["yours"]) == ("active", None, [], True)
    assert the_schedules(alice, sheet) == [made]
    times = alice.ask("GET", "/api/schedules/times?cron=0 7 * * MON-FRI&time_zone=Europe/Berlin")
    assert times["next_times"] == made["next_times"]


def test_an_occurrence_becomes_one_job_that_starts_by_itself(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet, budget_microusd=5_000, priority="high")
    sweep(house)
    assert its_jobs(alice, sheet) == []
    until_due(house, made)
    sweep(house)
    sweep(house)
    (job,) = its_jobs(alice, sheet)
    assert job["id"] == job_id(made["id"], moment(made["next_times"][0]))
    assert (job["status"], job["budget_microusd"], job["priority"]) == ("RUNNING", 5_000, "high")
    (run,) = the_schedules(alice, sheet)[0]["runs"]
    assert (run["job_id"], run["sentence"], run["status"]) == (job["id"], "Started.", "RUNNING")
    events = alice.ask("GET", f"/api/jobs/{job['id']}/events")["events"]
    assert (events[0]["who"], events[0]["why"]) == ("Rowmill", "Its schedule was due.")


def test_two_sweeps_at_once_make_one_job(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    until_due(house, a_schedule(alice, sheet))
    scheduler = house.scheduler()
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: scheduler.call("POST", "/tasks/sweep").status_code, range(6)))
    assert answers == [200] * 6
    assert len(its_jobs(alice, sheet)) == 1


def test_a_long_downtime_makes_one_job_and_goes_on_ahead(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet, "0 * * * *")
    house.clock.passes(5 * DAY_S)
    for _ in range(3):
        sweep(house)
    assert len(its_jobs(alice, sheet)) == 1
    (schedule,) = the_schedules(alice, sheet)
    assert moment(schedule["next_times"][0]) > house.clock.now()
    assert [run["at"] for run in schedule["runs"]] == made["next_times"][:1]


def test_it_is_skipped_while_the_last_run_goes_on_and_says_so(
    house: House, alice: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    until_due(house, a_schedule(alice, sheet))
    sweep(house)
    house.clock.passes(DAY_S)
    sweep(house)
    (job,) = its_jobs(alice, sheet)
    (schedule,) = the_schedules(alice, sheet)
    assert [run["sentence"] for run in schedule["runs"]] == [
        "Skipped: the last run was still going.",
        "Started.",
    ]
    assert [run["started"] for run in schedule["runs"]] == [False, True]
    ends(house, job["id"])
    house.clock.passes(DAY_S)
    sweep(house)
    assert len(its_jobs(alice, sheet)) == 2


def test_a_job_at_night_notices_that_the_sheet_is_not_shared_any_more(
    house: House, alice: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    until_due(house, a_schedule(alice, sheet))
    sweep(house)
    (job,) = its_jobs(alice, sheet)
    unshare(house, sheet)
    house.deliver(job["id"])
    standing = job_from_data(house.documents.get(job_key(job["id"])).data)  # type: ignore[union-attr]
    assert (standing.status, standing.reason) == ("PAUSED", "not_shared")


def test_it_stops_30_days_after_the_last_proof_of_its_creator(
    house: House, alice: Caller, bob: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet)
    house.clock.passes(31 * DAY_S)
    sweep(house)
    (schedule,) = the_schedules(bob, sheet)
    assert (schedule["state"], schedule["next_times"]) == ("stopped", [])
    assert "30 days" in schedule["sentence"]
    assert its_jobs(bob, sheet) == []
    # Another editor's proof does not speak for the creator.
    path = f"/api/schedules/{made['id']}/resume?spreadsheet_id={sheet}"
    assert bob.call("POST", path).status_code == 403
    alice.prove(sheet)
    assert alice.ask("POST", path)["state"] == "active"


def test_a_renewed_proof_keeps_it_going(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    a_schedule(alice, sheet, "0 7 1 * *")
    for _ in range(3):
        house.clock.passes(20 * DAY_S)
        alice.prove(sheet)
    sweep(house)
    assert the_schedules(alice, sheet)[0]["state"] == "active"
    assert len(its_jobs(alice, sheet)) == 1


def test_a_zone_that_is_gone_stops_its_schedule_and_no_other(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    a_schedule(alice, sheet)
    lost = a_schedule(alice, sheet, "0 6 * * *")
    stored, version = load_schedule(house.documents, lost["id"])
    elsewhere = schedule_to_data(replace(stored, zone="Europe/Atlantis"))
    house.documents.commit([Replace(schedule_key(lost["id"]), version, elsewhere)])
    house.clock.passes(2 * DAY_S)
    sweep(house)
    gone, other = the_schedules(alice, sheet)
    assert (gone["state"], "Atlantis" in gone["sentence"]) == ("stopped", True)
    assert (other["state"], other["runs"][0]["sentence"]) == ("active", "Started.")


def test_paused_it_makes_nothing_and_resumed_it_makes_up_for_nothing(
    house: House, alice: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet)
    path = f"/api/schedules/{made['id']}"
    paused = alice.ask("POST", f"{path}/pause?spreadsheet_id={sheet}")
    assert (paused["state"], paused["next_times"], paused["moves"]) == ("paused", [], ["resume", "remove"])
    house.clock.passes(3 * DAY_S)
    sweep(house)
    alice.prove(sheet)
    resumed = alice.ask("POST", f"{path}/resume?spreadsheet_id={sheet}")
    sweep(house)
    assert resumed["state"] == "active"
    assert moment(resumed["next_times"][0]) > house.clock.now()
    assert its_jobs(alice, sheet) == []


def test_removed_it_is_gone_and_its_jobs_stay(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet)
    until_due(house, made)
    sweep(house)
    alice.prove(sheet)
    path = f"/api/schedules/{made['id']}?spreadsheet_id={sheet}"
    assert alice.call("DELETE", path).status_code == 204
    assert alice.call("DELETE", path).status_code == 404
    assert the_schedules(alice, sheet) == []
    assert len(its_jobs(alice, sheet)) == 1


def test_a_schedule_of_another_spreadsheet_answers_like_an_unknown_one(
    house: House, alice: Caller, bob: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    made = a_schedule(alice, sheet)
    other = house.a_sheet()
    bob.prove(other)
    for method, path in (("DELETE", ""), ("POST", "/pause"), ("POST", "/resume")):
        foreign = bob.call(method, f"/api/schedules/{made['id']}{path}?spreadsheet_id={other}")
        unknown = bob.call(method, f"/api/schedules/{'0' * 20}{path}?spreadsheet_id={other}")
        no_id = bob.call(method, f"/api/schedules/..%2fx{path}?spreadsheet_id={other}")
        assert foreign.status_code == unknown.status_code == no_id.status_code == 404
        assert foreign.get_json() == unknown.get_json()
        refused = bob.call(method, f"/api/schedules/{made['id']}{path}?spreadsheet_id={sheet}")
        assert refused.status_code == 403
    assert the_schedules(alice, sheet)[0]["state"] == "active"


def test_a_repeated_creating_call_makes_one_schedule(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    body = {"spreadsheet_id": sheet, "sheet_id": 0, "recipe": "case_a", "cron": "0 7 * * *"}
    key = {"headers": {"Idempotency-Key": "one"}}
    first = alice.ask("POST", "/api/schedules", body, **key)
    assert alice.ask("POST", "/api/schedules", body, **key)["id"] == first["id"]
    assert alice.call("POST", "/api/schedules", body | {"cron": "0 8 * * *"}, **key).status_code == 422
    assert len(the_schedules(alice, sheet)) == 1


def test_a_repeated_creating_call_gives_the_first_schedule_however_it_stands_by_now(
    house: House, alice: Caller, sheet: str
) -> None:
    """Paused, and with no room for another one: the first answer may have been lost on its way."""
    alice.prove(sheet)
    body = {"spreadsheet_id": sheet, "sheet_id": 0, "recipe": "case_a", "cron": "0 7 * * *"}
    key = {"headers": {"Idempotency-Key": "again"}}
    first = alice.ask("POST", "/api/schedules", body, **key)
    alice.ask("POST", f"/api/schedules/{first['id']}/pause?spreadsheet_id={sheet}")
    for _ in range(MOST - 1):
        a_schedule(alice, sheet)
    again = alice.ask("POST", "/api/schedules", body, **key)
    assert (again["id"], again["state"]) == (first["id"], "paused")
    assert alice.call("POST", "/api/schedules", body).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "99 9 * * *"},
        {"cron": "0 0 0 9 * *"},
        {"time_zone": "Europe/Atlantis"},
        {"sheet_id": 7},
        {"columns": {"name": "Nobody"}},
        {"kind": "live"},
        {"filter": {"column": "Nobody", "value": "x"}},
    ],
)
def test_what_cannot_be_run_is_refused_when_it_is_made(
    house: House, alice: Caller, sheet: str, wrong: dict[str, Any]
) -> None:
    alice.prove(sheet)
    body = {"spreadsheet_id": sheet, "sheet_id": 0, "recipe": "case_a", "cron": "0 7 * * *", **wrong}
    answer = alice.call("POST", "/api/schedules", body)
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["fields"]


def test_a_run_at_45_days_ahead_needs_no_task_until_then(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    due = house.clock.now() + 45 * DAY_S
    run_at = f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}"
    job = alice.queue(sheet, run_at=run_at)
    assert (job["status"], job["reason"]["code"], job["place"]) == ("PENDING", "scheduled", None)
    for days in (1, 40, 3.9):
        house.clock.passes(days * DAY_S)
        sweep(house)
        (waiting,) = its_jobs(alice, sheet)
        assert (waiting["status"], waiting["reason"]["code"]) == ("PENDING", "scheduled")
    house.clock.passes(0.2 * DAY_S)
    sweep(house)
    assert its_jobs(alice, sheet)[0]["status"] == "RUNNING"
