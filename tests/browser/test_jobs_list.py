"""The list of jobs: what runs, what waits and why, filters, and one move on some or on all that match."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener
from tests.browser.test_jobs_place import queue_for_later
from tests.browser.test_watching import jobs_of

pytestmark = pytest.mark.browser


def lines(desk: Bench) -> Locator:
    return desk.sidebar.locator(".list > .job")


def bulk(desk: Bench) -> Locator:
    return desk.sidebar.get_by_role("region", name="Selected jobs")


def queue(desk: Bench, **wish: Any) -> dict[str, Any]:
    body = {"spreadsheet_id": desk.workbook, "sheet_ids": [0], "recipe": "case_a", "mode": "all", **wish}
    job: dict[str, Any] = desk.ask("POST", "/api/jobs", body)["jobs"][0]
    return job


def test_a_running_job_shows_its_pace_and_one_that_waits_its_place_and_start(
    bench: Opener, model: Model
) -> None:
    model.answers_in_waves(rows=40, waves=4, every_ms=8_000)
    desk = bench(rows=40).opened()
    queue(desk, budget_microusd=2_000_000)
    queue(desk, max_rows=3)
    queue(desk, max_rows=4, priority="high")
    desk.press("Jobs")
    running = desk.sidebar.get_by_role("region", name="Running").locator(".job")
    expect(running).to_contain_text(re.compile(r"\d+ of 40 rows"))
    expect(running).to_contain_text(re.compile(r"[\d,]+ rows/min · \d+ (s|min) left"))
    expect(running).to_contain_text(re.compile(r"\$0\.\d+ of \$2\.00"))
    expect(running.get_by_role("progressbar")).to_be_visible()
    waiting = desk.sidebar.get_by_role("region", name="Waiting").locator(".job")
    expect(waiting).to_have_count(2)
    expect(waiting.filter(has_text="high priority")).to_contain_text(
        re.compile(r"Next in line · starts in about (under )?\d+ (s|min)")
    )
    expect(waiting.filter(has_text="Place 2 in line")).to_have_count(1)


def test_the_priority_of_a_waiting_job_is_changed_on_its_page(bench: Opener, model: Model) -> None:
    model.is_slow(30_000)
    desk = bench(rows=3).opened()
    queue(desk)
    first, second = queue(desk, max_rows=1), queue(desk, max_rows=2)
    desk.press("Jobs")
    desk.sidebar.locator(".list .item", has_text="Place 2 in line").click()
    desk.sidebar.get_by_text("Budget and priority").click()
    desk.label("Priority").select_option("high")
    desk.says("Changed.")
    expect(desk.sidebar.get_by_role("region", name="State")).to_contain_text("Next in line")
    places = {job["id"]: job["place"] for job in jobs_of(desk)}
    assert (places[second["id"]], places[first["id"]]) == (1, 2)


def test_filters_by_state_and_kind(bench: Opener) -> None:
    desk = bench(rows=2).opened()
    queue_for_later(desk, 2)
    queue_for_later(desk, 1, recipe="case_b")
    desk.press("Jobs")
    expect(lines(desk)).to_have_count(3)
    desk.label("Kind").select_option("case_b")
    expect(lines(desk)).to_have_count(1)
    desk.label("State").select_option("COMPLETED")
    desk.says("No job matches")
    desk.press("Show all jobs")
    expect(lines(desk)).to_have_count(3)
    expect(desk.label("State").locator("option").first).to_have_text("All · 3")


def test_each_move_on_several_at_once(bench: Opener) -> None:
    desk = bench(rows=2).opened()
    queue_for_later(desk, 3)
    desk.press("Jobs")
    expect(lines(desk)).to_have_count(3)

    def pick_two_and(move: str, sure: str | None = None) -> None:
        boxes = lines(desk).get_by_role("checkbox")
        boxes.nth(0).check()
        boxes.nth(1).check()
        bulk(desk).get_by_role("button", name=move, exact=True).click()
        if sure:
            bulk(desk).get_by_role("button", name=sure).click()
        desk.says(f"{move}: 2 done.")
        expect(bulk(desk)).to_have_count(0)

    def states() -> list[str]:
        return sorted(job["status"] for job in jobs_of(desk))

    pick_two_and("Pause")
    assert states() == ["PAUSED", "PAUSED", "PENDING"]
    desk.label("State").select_option("PAUSED")
    expect(lines(desk)).to_have_count(2)
    pick_two_and("Resume")
    desk.label("State").select_option("PENDING")
    expect(lines(desk)).to_have_count(3)
    pick_two_and("Cancel", sure="Yes, cancel")
    assert states() == ["CANCELLED", "CANCELLED", "PENDING"]
    desk.label("State").select_option("CANCELLED")
    expect(lines(desk)).to_have_count(2)
    pick_two_and("Delete", sure="Yes, delete")
    assert states() == ["PENDING"]


def test_all_that_match_are_retried(bench: Opener, model: Model) -> None:
    model.fails("wrong_fields", when="House 1 ")
    desk = bench(tabs={"Companies": some_companies(2), "March": some_companies(2)}).opened()
    tabs = [tab["id"] for tab in desk.ask("GET", f"/api/sheets/{desk.workbook}")["tabs"]]
    desk.ask(
        "POST",
        "/api/jobs",
        {"spreadsheet_id": desk.workbook, "sheet_ids": tabs, "recipe": "case_a", "mode": "all"},
    )
    desk.wait_until(lambda: [job["status"] for job in jobs_of(desk)] == ["COMPLETED"] * 2)
    model.is_well()
    desk.press("Jobs")
    expect(lines(desk).filter(has_text="1 failed")).to_have_count(2)
    desk.label("State").select_option("COMPLETED")
    desk.sidebar.get_by_label("Select all that match").check()
    bulk(desk).get_by_role("button", name="Retry").click()
    desk.says("Retry: 2 done.")
    desk.wait_until(
        lambda: [(job["status"], job["counts"]["done"]) for job in jobs_of(desk)] == [("COMPLETED", 2)] * 2
    )


def test_what_cannot_be_done_to_one_is_said_and_the_others_are_done(bench: Opener) -> None:
    desk = bench(rows=2).opened()
    queue(desk)
    desk.wait_until(lambda: jobs_of(desk)[0]["status"] == "COMPLETED")
    queue_for_later(desk, 1)
    desk.press("Jobs")
    expect(lines(desk)).to_have_count(2)
    desk.sidebar.get_by_label("Select all that match").check()
    bulk(desk).get_by_role("button", name="Pause").click()
    desk.says("Pause: 1 done, 1 not.")
