"""Queueing for the background, with everything under More."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener
from tests.browser.test_watching import jobs_of

pytestmark = pytest.mark.browser


def more(desk: Bench) -> None:
    desk.sidebar.get_by_text("More", exact=True).click()
    desk.label("Priority").wait_for()


def queued(desk: Bench) -> dict[str, Any]:
    """Presses Queue; the newest job as the api has it."""
    before = len(jobs_of(desk))
    desk.press("Queue for background processing")
    desk.wait_until(lambda: len(jobs_of(desk)) == before + 1)
    desk.says("You can close this sidebar.")
    return jobs_of(desk)[0]


def test_a_budget_and_a_priority(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    more(desk)
    desk.label("Spend at most, in US dollars").fill("0.50")
    desk.label("Priority").select_option("high")
    job = queued(desk)
    assert (job["budget_microusd"], job["priority"]) == (500_000, "high")


def test_an_amount_that_is_none_is_said_under_its_field(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    more(desk)
    desk.label("Spend at most, in US dollars").fill("much")
    desk.says("An amount in dollars, like 5 or 0.5.")
    desk.press("Queue for background processing")
    expect(desk.label("Spend at most, in US dollars")).to_have_attribute("aria-invalid", "true")
    assert jobs_of(desk) == []


def test_a_run_that_starts_later(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    more(desk)
    desk.label("Start later").fill("2020-01-01T08:00")
    desk.says("A time that is still to come.")
    day = date.today() + timedelta(days=100)
    desk.label("Start later").fill(f"{day}T08:00")
    job = queued(desk)
    # The browser's clock is London's.
    start = datetime.combine(day, clock(8), ZoneInfo("Europe/London"))
    assert (job["status"], datetime.fromisoformat(job["run_at"])) == ("PENDING", start)
    desk.press("Jobs 1 open")
    desk.says(f"Starts {day:%b} {day.day}, {day.year}, 8:00 AM")


def test_a_run_after_another_job(bench: Opener, model: Model) -> None:
    model.is_slow(20_000)
    desk = bench(tabs={"Companies": some_companies(3), "March": some_companies(2)}).opened()
    first = queued(desk)
    desk.says("This tab is being filled")
    desk.page.get_by_role("tab", name="March").click()
    desk.press("Refresh: read the sheet again")
    expect(desk.sidebar.get_by_role("heading", name="March")).to_be_visible()
    more(desk)
    expect(desk.label("Start after")).to_be_enabled()
    desk.label("Start after").select_option(first["id"])
    job = queued(desk)
    assert job["depends_on"] == [first["id"]]
    desk.press("Jobs 2 open")
    desk.says("Waits for another job to complete")
    desk.sidebar.locator(".list").get_by_role("button", name="March").click()
    about = desk.sidebar.get_by_role("region", name="About this job")
    about.get_by_role("button", name="Companies").click()
    expect(desk.sidebar.get_by_role("heading", name="Companies")).to_be_visible()


def test_several_tabs_in_one_press(bench: Opener) -> None:
    tabs = {"Companies": some_companies(2), "March": some_companies(3), 'It\'s "odd" 📈': some_companies(2)}
    desk = bench(tabs=tabs).opened()
    more(desk)
    desk.label("March").check()
    desk.label('It\'s "odd" 📈').check()
    desk.press("Queue for background processing")
    desk.says("3 jobs queued. You can close this sidebar.")
    desk.wait_until(lambda: [job["status"] for job in jobs_of(desk)] == ["COMPLETED"] * 3)
    for tab, rows in tabs.items():
        assert [row[8] for row in desk.values(tab)[1:]] == ["✅ Complete"] * (len(rows) - 1)


def test_asking_anew_though_the_answer_is_known(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queued(desk)
    desk.wait_until(lambda: jobs_of(desk)[0]["status"] == "COMPLETED")
    desk.label("Which rows").select_option("all")
    more(desk)
    desk.sidebar.get_by_role("checkbox", name="Ask anew").check()
    job = queued(desk)
    desk.wait_until(lambda: jobs_of(desk)[0]["status"] == "COMPLETED")
    done = desk.ask("GET", f"/api/jobs/{job['id']}")
    assert (done["model_calls"], done["counts"]["cached"]) == (3, 0)


def test_repeating_takes_the_tabs_that_queueing_would(bench: Opener) -> None:
    tabs = {"Companies": some_companies(2), "March": some_companies(2), "April": some_companies(2)}
    desk = bench(tabs=tabs).opened()
    more(desk)
    desk.label("April").check()
    desk.press("Repeat", exact=True)
    form = desk.sidebar.get_by_role("region", name="New schedule")
    expect(form.get_by_role("list", name="Tabs").get_by_role("listitem")).to_have_text(["Companies", "April"])
    form.get_by_role("button", name="Save schedule").click()
    desk.says("2 schedules saved. They run with this sidebar closed.")
    expect(desk.sidebar.locator("li.schedule h2")).to_have_text(["April", "Companies"])
    found = desk.ask("GET", f"/api/schedules?spreadsheet_id={desk.workbook}")["schedules"]
    assert {schedule["sheet_name"] for schedule in found} == {"Companies", "April"}


def test_a_tab_that_cannot_be_repeated_is_said_and_the_others_are_saved_once(bench: Opener) -> None:
    desk = bench(tabs={"Companies": some_companies(2), "Notes": [["Remark"], ["none"]]}).opened()
    more(desk)
    desk.label("Notes").check()
    desk.press("Repeat", exact=True)
    for _ in range(2):
        desk.press("Save schedule")
        expect(desk.sidebar.get_by_role("alert")).to_contain_text("Notes")
    found = desk.ask("GET", f"/api/schedules?spreadsheet_id={desk.workbook}")["schedules"]
    assert [schedule["sheet_name"] for schedule in found] == ["Companies"]


def test_repeating_is_set_up_from_more(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.label("How many").fill("2")
    more(desk)
    desk.press("Repeat", exact=True)
    form = desk.sidebar.get_by_role("region", name="New schedule")
    expect(form).to_contain_text("Rows not filled yet, at most 2")
    form.get_by_label("How often").select_option("week")
    form.get_by_label("On", exact=True).select_option(label="Friday")
    form.get_by_role("button", name="Save schedule").click()
    desk.says("Saved. It runs with this sidebar closed.")
    found = desk.ask("GET", f"/api/schedules?spreadsheet_id={desk.workbook}")
    (schedule,) = found["schedules"]
    assert (schedule["max_rows"], schedule["time_zone"]) == (2, "Europe/London")
    assert schedule["cron"].endswith("* * FRI")
