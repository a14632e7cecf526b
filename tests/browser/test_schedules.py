"""Schedules in the Jobs place: made, run by the real sweep, skipped, paused, removed, by keyboard alone."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.adapters.system_clock import SystemClock
from backend.ports import Replace
from backend.usecases.records import EXPIRING, QUERIES
from backend.usecases.schedule_records import load_schedule, schedule_key, schedule_to_data
from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener
from tests.browser.keyboard import focused, tab_to

pytestmark = pytest.mark.browser


def look(desk: Bench) -> Bench:
    desk.press("Jobs")
    desk.press("Schedules")
    expect(desk.button("New schedule")).to_be_visible(timeout=20_000)
    return desk


def a_schedule(desk: Bench, cron: str = "0 7 * * *") -> dict[str, Any]:
    body = {"spreadsheet_id": desk.workbook, "sheet_id": 0, "recipe": "case_a", "mode": "all", "cron": cron}
    made: dict[str, Any] = desk.ask("POST", "/api/schedules", body)
    return made


def the_schedules(desk: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("GET", f"/api/schedules?spreadsheet_id={desk.workbook}")[
        "schedules"
    ]
    return found


def comes_due(desk: Bench, schedule: dict[str, Any]) -> None:
    """Its next time is a moment ago; returns when the sweep has seen to it."""
    ran = len(the_schedules(desk)[0]["runs"])
    path = desk.stack.data / "rowmill.db"
    with closing(SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=SystemClock())) as store:
        stored, version = load_schedule(store, schedule["id"])
        due = schedule_to_data(replace(stored, next_at=time.time() - 1))
        store.commit([Replace(schedule_key(schedule["id"]), version, due)])
    desk.wait_until(lambda: len(the_schedules(desk)[0]["runs"]) > ran)


def line(desk: Bench) -> Locator:
    return desk.sidebar.locator("li.schedule")


def test_a_schedule_is_made_of_what_is_chosen_under_sheet(bench: Opener) -> None:
    desk = bench(rows=5).opened()
    desk.label("From row").fill("3")
    look(desk)
    desk.says("No schedules yet")
    desk.press("New schedule")
    desk.says("Rows not filled yet, from row 3")
    desk.label("How often").select_option("Every week")
    desk.label("On").select_option("Friday")
    desk.label("At").fill("")
    desk.says("A time like 07:00.")
    expect(desk.button("Save schedule")).to_be_disabled()
    desk.label("At").fill("16:30")
    desk.says("By the clock of Europe/London.")
    desk.says("4:30 PM")
    desk.press("Save schedule")
    expect(line(desk)).to_contain_text("Every Friday at 4:30 PM", timeout=20_000)
    expect(line(desk)).to_contain_text("Has not run yet")
    (made,) = the_schedules(desk)
    assert (made["cron"], made["time_zone"], made["start_row"]) == ("30 16 * * FRI", "Europe/London", 3)
    expect(line(desk).locator("dd").first).to_contain_text("Fri, ")


def test_a_run_and_the_next_one_that_was_skipped(bench: Opener, model: Model) -> None:
    model.is_slow(20_000)
    desk = bench(rows=3).opened()
    made = a_schedule(desk)
    comes_due(desk, made)
    comes_due(desk, made)
    look(desk)
    expect(line(desk)).to_contain_text("Not run")
    expect(line(desk)).to_contain_text("Skipped: the last run was still ")
    line(desk).get_by_text("One result before it").click()
    line(desk).get_by_role("button", name="Open the job of").click()
    expect(desk.sidebar.get_by_role("region", name="About this job")).to_be_visible(timeout=20_000)
    model.is_well()
    desk.press("← Schedules")
    expect(line(desk)).to_contain_text("Skipped: ")


def test_a_run_that_ended_shows_what_it_came_to(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    made = a_schedule(desk)
    look(desk)
    comes_due(desk, made)
    # The list follows what happens without a press.
    expect(line(desk)).to_contain_text("3 of 3 rows done", timeout=60_000)
    expect(line(desk)).to_contain_text("Complete")
    job = the_schedules(desk)[0]["runs"][0]["job_id"]
    assert desk.asked("DELETE", f"/api/jobs/{job}").status_code == 204
    desk.press("List")
    desk.press("Schedules")
    expect(line(desk)).to_contain_text("It ran; its job is not kept any more.")


def test_paused_it_names_no_next_time_and_resumed_it_does(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    a_schedule(desk)
    look(desk)
    expect(line(desk)).to_contain_text("Next")
    desk.press("Pause: Companies")
    desk.says("Paused. It makes no further job.")
    expect(line(desk).locator(".pill").first).to_have_text("Paused")
    expect(line(desk)).not_to_contain_text("Next")
    assert the_schedules(desk)[0]["state"] == "paused"
    desk.press("Resume: Companies")
    desk.says("Goes on with the next time.")
    expect(line(desk)).to_contain_text("Next")
    assert the_schedules(desk)[0]["state"] == "active"


def test_removing_asks_once(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    a_schedule(desk)
    look(desk)
    desk.press("Remove: Companies")
    desk.says("Remove this schedule? Jobs that it has made stay.")
    desk.press("Keep it")
    assert len(the_schedules(desk)) == 1
    desk.press("Remove: Companies")
    desk.press("Remove the schedule")
    desk.says("No schedules yet")
    assert the_schedules(desk) == []


def test_one_that_somebody_else_removed_says_so(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    made = a_schedule(desk)
    look(desk)
    path = f"/api/schedules/{made['id']}?spreadsheet_id={desk.workbook}"
    assert desk.asked("DELETE", path).status_code == 204
    desk.press("Pause: Companies")
    desk.says("There is no such schedule in this spreadsheet.")


def test_one_too_many_is_refused_in_the_form(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    for hour in range(20):
        a_schedule(desk, f"0 {hour} * * *")
    look(desk)
    desk.press("New schedule")
    desk.press("Save schedule")
    desk.says("This spreadsheet has 20 schedules already. Remove one first.")


def test_a_tab_that_cannot_be_run_leads_to_sheet(bench: Opener) -> None:
    desk = bench(tabs={"Companies": some_companies(0)}).open()
    desk.says("There are no rows yet")
    look(desk)
    desk.press("New schedule")
    desk.says("cannot be run as it stands there")
    desk.press("Go to Sheet")
    desk.says("There are no rows yet")


def test_by_keyboard_alone(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.sidebar.locator(".tabs button").first.focus()
    keys = desk.page.keyboard
    tab_to(desk, "Jobs")
    keys.press("Enter")
    tab_to(desk, "Schedules")
    keys.press("Enter")
    expect(desk.button("New schedule")).to_be_visible(timeout=20_000)
    tab_to(desk, "New schedule")
    keys.press("Enter")
    desk.wait_until(lambda: focused(desk) == "How often")
    keys.press("ArrowDown")
    tab_to(desk, "Save schedule")
    keys.press("Enter")
    expect(line(desk)).to_contain_text("Monday to Friday at 7:00 AM", timeout=20_000)
    which = "Companies, Monday to Friday at 7:00 AM"
    tab_to(desk, f"Pause: {which}")
    keys.press("Space")
    expect(line(desk)).to_contain_text("Paused", timeout=20_000)
    tab_to(desk, f"Remove: {which}")
    keys.press("Enter")
    desk.wait_until(lambda: focused(desk) == "Keep it")
    keys.press("Escape")
    desk.wait_until(lambda: focused(desk) == f"Remove: {which}")
    keys.press("Enter")
    desk.wait_until(lambda: focused(desk) == "Keep it")
    keys.press("Shift+Tab")
    assert focused(desk) == "Remove the schedule"
    keys.press("Enter")
    desk.says("No schedules yet")
    assert the_schedules(desk) == []
    assert desk.evaluate("return document.activeElement === document.querySelector('main')")
