"""How the sidebar treats its reader: the numbers of their country, no motion where none is wanted."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bench import Bench, new_workbook, share, some_companies
from tests.browser.conftest import PATIENCE_MS
from tests.browser.states import opened_to_show, show
from tests.browser.test_watching import jobs_of
from tests.stack import LocalStack

pytestmark = pytest.mark.browser


def a_reader(chromium: Browser, stack: LocalStack, **how: str) -> Bench:
    """A window of its own, in which the browser is set as its reader likes it."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin", **how
    )
    context.set_default_timeout(PATIENCE_MS)
    workbook = new_workbook(stack, {"Companies": some_companies(3)})
    share(stack, workbook)
    return Bench(context.new_page(), stack, workbook)


def test_numbers_money_and_times_are_of_the_readers_country(chromium: Browser, stack: LocalStack) -> None:
    desk = a_reader(chromium, stack, locale="de-DE")
    opened_to_show(desk)
    show(desk, "jobs")
    jobs = desk.sidebar.get_by_role("main")
    expect(jobs.first).to_contain_text("761 of 1.200")
    expect(jobs.first).to_contain_text("0,03\u00a0$ of 5,00\u00a0$")
    expect(jobs).to_contain_text("Starts 01.12.2027, 09:00")
    desk.page.context.close()


def test_a_japanese_reader_sees_japanese_dates_and_numbers(chromium: Browser, stack: LocalStack) -> None:
    desk = a_reader(chromium, stack, locale="ja-JP")
    opened_to_show(desk)
    show(desk, "jobs")
    jobs = desk.sidebar.get_by_role("main")
    expect(jobs).to_contain_text("761 of 1,200")
    expect(jobs).to_contain_text("$0.03 of $5.00")
    expect(jobs).to_contain_text("Starts 2027/12/01 9:00")
    show(desk, "schedules")
    expect(jobs).to_contain_text("Every day at 7:00")
    desk.page.context.close()


def test_lengths_of_time_are_whole_at_every_edge(chromium: Browser, stack: LocalStack) -> None:
    desk = a_reader(chromium, stack, locale="en-US").opened()
    edges = {
        -3600: "under 1 s", 0: "under 1 s", 89.4: "89 s", 90: "2 min", 5369: "89 min", 5370: "1 h 30 min",
        7169: "1 h 59 min", 7190: "2 h", 86_400: "24 h", 360_000_060: "100,000 h 1 min",
    }  # fmt: skip
    assert desk.evaluate(f"return {list(edges)}.map(duration)") == list(edges.values())
    desk.page.context.close()


def test_an_amount_is_typed_as_the_reader_writes_it(chromium: Browser, stack: LocalStack) -> None:
    desk = a_reader(chromium, stack, locale="de-DE").opened()
    desk.sidebar.get_by_text("More", exact=True).click()
    amount = desk.label("Spend at most, in US dollars")
    amount.fill("1.000")
    desk.says("An amount in dollars, like 5 or 0,5.")
    amount.fill("0,25")
    expect(desk.sidebar.get_by_text("An amount in dollars")).to_have_count(0)
    desk.press("Queue for background processing")
    desk.says("Queued. You can close this sidebar.")
    assert jobs_of(desk)[0]["budget_microusd"] == 250_000
    desk.page.context.close()


def test_nothing_moves_where_no_motion_is_wanted(chromium: Browser, stack: LocalStack) -> None:
    moving = {}
    for wish in ("reduce", "no-preference"):
        desk = a_reader(chromium, stack, reduced_motion=wish)
        opened_to_show(desk)
        show(desk, "sheet-running")
        desk.evaluate("say('Companies: complete.', 'x')")
        toast = desk.sidebar.locator(".toast")
        toast.wait_for()
        bar = desk.sidebar.locator(".bar .done").first
        moving[wish] = [
            toast.evaluate("(e) => getComputedStyle(e).animationName"),
            bar.evaluate("(e) => getComputedStyle(e).transitionDuration"),
        ]
        desk.page.context.close()
    assert moving["reduce"] == ["none", "0s"]
    assert moving["no-preference"] != moving["reduce"]
