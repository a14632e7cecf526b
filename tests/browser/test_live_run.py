"""Run now: row by row before the person's eyes, with pause and stop, and on to the next hundred."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def live_run(desk: Bench) -> Locator:
    return desk.sidebar.get_by_role("region", name="Live run")


def test_a_live_run_and_the_next_hundred(bench: Opener) -> None:
    desk = bench(rows=130).opened()
    desk.press("Run 100 now")
    live = desk.sidebar.get_by_role("region", name="Live run")
    expect(live).to_contain_text("These rows are done")
    expect(live.get_by_role("listitem")).to_have_count(100)
    expect(desk.cell(1, 6)).to_have_text("Category")
    desk.press("Run the next 100")
    expect(live.get_by_role("listitem")).to_have_count(30)
    expect(live).to_contain_text("Row 131")
    assert all(len(row) == 9 for row in desk.values()[1:])


def test_a_row_of_a_live_run_leads_to_the_sheet(bench: Opener) -> None:
    desk = bench(rows=60).opened()
    desk.press("Run 60 now")
    line = desk.sidebar.get_by_role("region", name="Live run").get_by_role("button", name="Row 55")
    line.click()
    expect(desk.page.locator(".grid .number.lit")).to_have_text("55")
    expect(desk.cell(55, 1)).to_be_in_viewport()


def test_rows_show_as_they_end_and_not_all_at_once(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=12, waves=3, every_ms=5_000)
    desk = bench(rows=12).opened()
    desk.press("Run 12 now")
    rows = live_run(desk).get_by_role("listitem")
    expect(rows).to_have_count(4)
    expect(live_run(desk)).to_contain_text("Running")
    expect(rows.first).to_contain_text("Done")
    expect(rows).to_have_count(8)
    expect(rows).to_have_count(12)
    expect(live_run(desk)).to_contain_text("These rows are done")


def test_a_live_run_is_paused_and_goes_on(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=8, waves=2, every_ms=3_000)
    desk = bench(rows=8).opened()
    desk.press("Run 8 now")
    live = live_run(desk)
    expect(live.get_by_role("listitem")).to_have_count(4)
    live.get_by_role("button", name="Pause").click()
    # What was in flight comes back and is kept.
    resumed_or_done = live.get_by_role("button", name="Resume").or_(live.get_by_text("These rows are done"))
    expect(resumed_or_done).to_be_visible()
    if live.get_by_role("button", name="Resume").is_visible():
        live.get_by_role("button", name="Resume").click()
    expect(live).to_contain_text("These rows are done")
    expect(live.get_by_role("listitem")).to_have_count(8)


def test_stopping_asks_once_and_keeps_what_is_done(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=8, waves=2, every_ms=20_000)
    desk = bench(rows=8).opened()
    desk.press("Run 8 now")
    live = live_run(desk)
    expect(live.get_by_role("listitem")).to_have_count(4)
    live.get_by_role("button", name="Stop").click()
    expect(live).to_contain_text("Stop here? What is done stays in the sheet.")
    live.get_by_role("button", name="Keep it").click()
    expect(live.get_by_role("button", name="Pause")).to_be_visible()
    live.get_by_role("button", name="Stop").click()
    live.get_by_role("button", name="Stop").click()
    expect(live.locator(".pill").first).to_have_text("Cancelled")
    filled = [row for row in desk.values()[1:] if len(row) > 5]
    assert len(filled) >= 4


def test_a_live_run_is_found_again_when_the_sidebar_is_reopened(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=8, waves=2, every_ms=10_000)
    desk = bench(rows=8).opened()
    desk.press("Run 8 now")
    expect(live_run(desk).get_by_role("listitem")).to_have_count(4)
    desk.page.reload()
    expect(live_run(desk).get_by_role("listitem")).to_have_count(8)


def test_the_next_rows_of_a_run_found_again_are_asked_for_as_its_first(bench: Opener, model: Model) -> None:
    """The column that was chosen by hand serves them, and the one that was left out stays out."""
    rows = [[f"Account {n}", *row] for n, row in enumerate(some_companies(104))]
    rows[0][0] = "Firm"
    desk = bench(tabs={"Companies": rows}).opened()
    model.is_slow(10_000)
    chosen = {"company_name": "Firm", "company_keywords": ""}
    live = {"kind": "live", "max_rows": 100, "columns": chosen, "fresh": True}
    body = {"spreadsheet_id": desk.workbook, "sheet_ids": [0], "recipe": "case_a", "mode": "all", **live}
    desk.ask("POST", "/api/jobs", body)
    desk.page.reload()
    expect(live_run(desk)).to_contain_text("Running now")
    model.is_well()
    desk.press("Run the next 100")
    expect(live_run(desk).get_by_role("listitem")).to_have_count(4)
    jobs = desk.ask("GET", f"/api/jobs?spreadsheet_id={desk.workbook}")["jobs"]
    assert [job["start_row"] for job in jobs] == [102, 2]
    read = {"company_name": "Firm", "company_short_description": "Company Short Description"}
    assert [(job["columns"], job["fresh"]) for job in jobs] == [(read, True)] * 2


def test_a_run_of_fewer_rows_that_is_found_again_has_no_next_ones(bench: Opener, model: Model) -> None:
    desk = bench(rows=8).opened()
    model.is_slow(10_000)
    desk.label("How many").fill("3")
    desk.press("Run 3 now")
    expect(live_run(desk)).to_contain_text("Running now")
    desk.page.reload()
    expect(live_run(desk)).to_contain_text("Running now")
    model.is_well()
    expect(live_run(desk)).to_contain_text("These rows are done")
    expect(live_run(desk).get_by_role("listitem")).to_have_count(3)
    expect(desk.button("Close", exact=True)).to_be_visible()
    expect(desk.button("Run the next")).to_have_count(0)


def test_the_rest_goes_to_the_background(bench: Opener) -> None:
    desk = bench(rows=104).opened()
    desk.press("Run 100 now")
    expect(live_run(desk)).to_contain_text("These rows are done")
    desk.press("Queue the rest")
    desk.says("The rest is queued. You can close this sidebar.")
    desk.says("Companies: complete. 4 done.")
    assert all(len(row) == 9 for row in desk.values()[1:])


def test_a_tab_that_is_busy_takes_no_live_run(bench: Opener, model: Model) -> None:
    model.is_slow(15_000)
    desk = bench(rows=4).opened()
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    desk.sidebar.get_by_text("Set up another run for this tab").click()
    expect(desk.button("Run 4 now")).to_be_disabled()
    desk.says("This tab is busy: a queued job waits its turn.")
