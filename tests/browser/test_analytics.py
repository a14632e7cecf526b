"""Analytics in the Jobs place: no history, a job's, thirty days of it, and by keyboard alone."""

from __future__ import annotations

import re
import time
from contextlib import closing

import pytest
import requests
from playwright.sync_api import Browser, expect

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.usecases.records import EXPIRING, QUERIES
from tests.browser.bench import Bench, Model, new_workbook, share, some_companies
from tests.browser.conftest import Opener
from tests.browser.keyboard import focused, tab_to
from tests.contracts.documents.shelf import HandClock
from tests.history import History, Step
from tests.stack import LocalStack

pytestmark = pytest.mark.browser

DAY_S = 86_400.0


def look(desk: Bench) -> Bench:
    desk.press("Jobs")
    desk.press("Analytics")
    expect(desk.button("Refresh the figures")).to_be_visible(timeout=20_000)
    return desk


def test_an_empty_history_says_so_and_where_to_go(bench: Opener) -> None:
    desk = look(bench(rows=3).opened())
    desk.says("Nothing in the last 24 hours")
    desk.says("No job runs or waits.")
    expect(desk.sidebar.locator("figure")).to_have_count(0)
    desk.press("Show 30 days")
    desk.says("Nothing in the last 30 days")
    expect(desk.label("Time")).to_have_value("720")
    desk.press("Go to Sheet")
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_what_a_job_did_shows_without_a_press(bench: Opener, model: Model) -> None:
    model.fails("wrong_fields", when="House 2 ")
    desk = bench(rows=6).opened()
    look(desk)
    desk.says("Nothing in the last 24 hours")
    queue(desk)
    done = desk.sidebar.get_by_role("img", name=re.compile("^Rows done, last 24 hours: 5. Most in an hour: "))
    expect(done).to_be_visible(timeout=60_000)
    desk.wait_until(lambda: the_job(desk)["status"] == "COMPLETED")
    expect(
        desk.sidebar.get_by_role("img", name=re.compile("^Rows failed, last 24 hours: 1. "))
    ).to_be_visible()
    failed = desk.sidebar.get_by_role("region", name="What failed")
    expect(failed).to_contain_text("Answer not usable")
    expect(failed).to_contain_text("1 row")
    tiles = desk.sidebar.locator(".tiles")
    expect(tiles).to_contain_text("Success83%of the rows tried")
    expect(desk.sidebar.get_by_role("region", name="Times")).to_contain_text("A call of the model")
    expect(desk.sidebar.get_by_role("region", name="Workers")).to_contain_text("MB")


def test_rows_known_before_are_savings(bench: Opener) -> None:
    desk = bench(rows=4).opened()
    desk.label("Which rows").select_option("all")
    for runs in (1, 2):
        queue(desk, mode="all")
        desk.wait_until(lambda runs=runs: ended(desk) == runs)
    saved = look(desk).sidebar.get_by_role("region", name="Saved")
    expect(saved).to_contain_text("4 of 8 rows (50%), about $")


def test_thirty_days_of_history(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    clock = HandClock()
    clock.time = time.time() - 29 * DAY_S
    path = desk.stack.data / "rowmill.db"
    with closing(SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)) as store:
        history = History(store, clock, [desk.workbook])
        for day in range(30):
            history.take(Step(0, DAY_S if day else 0.0, [], {"done": 1_000 * (day + 1), "failed": 2}))
    look(desk)
    desk.says("30,000")
    desk.label("Time").select_option(label="Last 30 days")
    done = desk.sidebar.get_by_role(
        "img", name=re.compile("^Rows done, last 30 days: 465,000. Most in a day: 30,000, on ")
    )
    expect(done).to_be_visible(timeout=20_000)
    expect(done.locator(".value")).to_have_count(30)
    desk.sidebar.get_by_text("The charts as a table").click()
    table = desk.sidebar.get_by_role("region", name="Charts").get_by_role("row")
    expect(table).to_have_count(31)
    expect(table.nth(1)).to_contain_text("30,0002$0.00")


def test_a_day_is_a_day_of_utc_wherever_the_person_is(chromium: Browser, stack: LocalStack) -> None:
    context = chromium.new_context(locale="en-US", timezone_id="America/Los_Angeles")
    workbook = new_workbook(stack, {"Companies": some_companies(3)})
    share(stack, workbook)
    desk = look(Bench(context.new_page(), stack, workbook).opened())
    assert desk.evaluate("return stepName('2026-11-23T00:00:00Z', 720)") == "Nov 23"
    assert desk.evaluate("return stepName('2026-11-23T00:00:00Z', 24)") == "4:00 PM"
    context.close()


def test_a_service_that_does_not_answer_is_asked_again(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    requests.put(faults, json={"fetch_down": True}, timeout=10)
    desk.press("Jobs")
    desk.press("Analytics")
    desk.says("Rowmill does not answer")
    requests.delete(faults, timeout=10)
    desk.press("Try again")
    desk.says("Nothing in the last 24 hours")


def test_by_keyboard_alone(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue(desk)
    desk.wait_until(lambda: ended(desk) == 1)
    desk.sidebar.locator(".tabs button").first.focus()
    tab_to(desk, "Jobs")
    desk.page.keyboard.press("Enter")
    tab_to(desk, "Analytics")
    desk.page.keyboard.press("Enter")
    desk.says("Rows done")
    assert focused(desk) == "Analytics"
    tab_to(desk, "Time")
    desk.page.keyboard.press("ArrowDown")
    expect(desk.sidebar.get_by_role("img", name=re.compile("^Rows done, last 30 days: 3. "))).to_be_visible()
    assert focused(desk) == "Time"
    tab_to(desk, "The charts as a table")
    desk.page.keyboard.press("Enter")
    expect(desk.sidebar.get_by_role("columnheader", name="Rows failed")).to_be_visible()
    tab_to(desk, "Refresh the figures")
    desk.page.keyboard.press("Enter")
    desk.wait_until(lambda: not desk.evaluate("return state.busy.stats"))
    assert focused(desk) == "Refresh the figures"


def queue(desk: Bench, **wish: str) -> None:
    body = {"spreadsheet_id": desk.workbook, "sheet_ids": [0], "recipe": "case_a", **wish}
    desk.ask("POST", "/api/jobs", body)


def the_job(desk: Bench) -> dict[str, object]:
    found: dict[str, object] = desk.ask("GET", f"/api/jobs?spreadsheet_id={desk.workbook}")["jobs"][0]
    return found


def ended(desk: Bench) -> int:
    """Jobs of the workbook that are complete."""
    jobs = desk.ask("GET", f"/api/jobs?spreadsheet_id={desk.workbook}")["jobs"]
    return sum(job["status"] == "COMPLETED" for job in jobs)
