"""By keyboard and by ear: the focus is never lost, and what is read aloud is news and not every number."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener
from tests.browser.keyboard import focused, tab_to
from tests.browser.test_jobs_place import open_the_job, queue_for_later
from tests.browser.test_watching import jobs_of

pytestmark = pytest.mark.browser

#: Every text that a live region has held, in the order of its changes.
LISTEN = """
window.heard = [];
new MutationObserver((changes) => {
  for (const { target } of changes) {
    const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
    const region = element && element.closest('[role=status], [role=alert], [aria-live]');
    if (region && heard[heard.length - 1] !== region.textContent) heard.push(region.textContent);
  }
}).observe(document.body, { subtree: true, childList: true, characterData: true });
"""


def test_a_button_at_work_keeps_the_focus(bench: Opener) -> None:
    desk = bench(rows=4).opened()
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    requests.put(faults, json={"fetch_delay_s": 1.5}, timeout=10)
    desk.sidebar.locator("main").focus()
    tab_to(desk, "Check")
    desk.page.keyboard.press("Enter")
    expect(desk.button("Check…")).to_be_visible()
    assert focused(desk) == "Check…"
    desk.says("Before you run it")
    assert focused(desk) == "Check again"


def test_the_place_has_the_focus_when_the_button_that_had_it_is_gone(bench: Opener, model: Model) -> None:
    model.is_slow(15_000)
    desk = bench(rows=4).opened()
    desk.sidebar.locator("main").focus()
    tab_to(desk, "Queue for background processing")
    desk.page.keyboard.press("Enter")
    desk.says("This tab is being filled")
    expect(desk.button("Queue for background processing")).to_be_hidden()
    assert focused_tag(desk) == ["MAIN", "Sheet"]
    tab_to(desk, "Pause")


def test_a_job_that_begins_meanwhile_takes_no_key_from_who_types(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=24, waves=12, every_ms=400)
    desk = bench(tabs={"Companies": some_companies(9), "March": some_companies(24)}).opened()
    march = desk.ask("GET", f"/api/sheets/{desk.workbook}")["tabs"][1]["id"]
    body = {"spreadsheet_id": desk.workbook, "sheet_ids": [march], "recipe": "case_a"}
    desk.label("How many").focus()
    desk.ask("POST", "/api/jobs", body)
    desk.page.keyboard.type("1234567", delay=600)
    assert focused(desk) == "How many"
    expect(desk.label("How many")).to_have_value("1234567")
    counts = jobs_of(desk)[0]["counts"]
    assert counts["done"] + counts["answered"] > 0


def test_escape_takes_a_question_back_and_the_focus_with_it(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue_for_later(desk, 1)
    desk.press("Jobs")
    desk.sidebar.locator(".list .item").focus()
    desk.page.keyboard.press("Enter")
    desk.says("About this job")
    assert focused_tag(desk) == ["MAIN", "Jobs"]
    tab_to(desk, "Cancel")
    desk.page.keyboard.press("Enter")
    expect(desk.sidebar.get_by_role("alertdialog")).to_be_visible()
    assert focused(desk) == "Keep it"
    desk.page.keyboard.press("Escape")
    expect(desk.sidebar.get_by_role("alertdialog")).to_have_count(0)
    assert focused(desk) == "Cancel"


def test_what_comes_after_show_more_has_the_focus(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue_for_later(desk, 53)
    desk.press("Jobs")
    expect(desk.sidebar.locator(".list .item")).to_have_count(50)
    desk.button("Show more").focus()
    desk.page.keyboard.press("Enter")
    expect(desk.sidebar.locator(".list .item")).to_have_count(53)
    expect(desk.sidebar.locator(".list .item").nth(50)).to_be_focused()


def test_further_rows_of_a_job_come_behind_the_first(bench: Opener) -> None:
    desk = bench(rows=53).opened()
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 53 done.")
    desk.press("Show", exact=True)
    rows = desk.sidebar.get_by_role("region", name="Results").locator(".item")
    expect(rows).to_have_count(50)
    first = rows.all_inner_texts()
    desk.press("Show more rows")
    expect(rows).to_have_count(53)
    expect(rows.nth(50)).to_be_focused()
    shown = rows.all_inner_texts()
    assert shown[:50] == first
    assert {text.split()[1] for text in shown} == {str(row) for row in range(2, 55)}
    expect(desk.button("Show more rows")).to_have_count(0)


def test_states_are_read_aloud_and_numbers_are_not(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=40, waves=5, every_ms=2_500)
    desk = bench(rows=40).opened()
    desk.evaluate(LISTEN)
    desk.press("Queue for background processing")
    open_the_job(desk)
    desk.says("Companies: complete. 40 done.")
    heard = [text for text in desk.evaluate("return window.heard") if text]
    assert "Complete." in heard
    assert [text for text in heard if re.search(r"\d", text)] == ["Companies: complete. 40 done.ShowClose"]


def focused_tag(desk: Bench) -> Any:
    return desk.evaluate(
        "const e = document.activeElement; return [e.tagName, e.getAttribute('aria-label')];"
    )
