"""What a sidebar meets outside: quotas, wrong clocks, sleep, a second sidebar, names from right to left."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener
from tests.browser.test_jobs_place import queue_for_later
from tests.browser.test_watching import jobs_of

pytestmark = pytest.mark.browser

HOUR = timedelta(hours=1)
#: As Google words it.
QUOTA = "Service invoked too many times for one day: urlfetch."


def suffer(desk: Bench, **faults: object) -> None:
    url = f"{desk.stack.workbench_url}/_standin/faults"
    assert requests.put(url, json=faults, timeout=10).ok


def get_well(desk: Bench) -> None:
    assert requests.delete(f"{desk.stack.workbench_url}/_standin/faults", timeout=10).ok


def choose_some(desk: Bench) -> None:
    desk.label("From row").fill("3")
    desk.label("How many").fill("4")
    desk.label("Which rows").select_option("all")
    desk.label("Only where").select_option("Instantly Date")
    desk.label("has the value").select_option(label="2026-03-02 · 3")


def is_still_chosen(desk: Bench) -> None:
    expect(desk.label("From row")).to_have_value("3")
    expect(desk.label("How many")).to_have_value("4")
    expect(desk.label("Which rows")).to_have_value("all")
    expect(desk.label("Only where")).to_have_value("Instantly Date")
    expect(desk.label("has the value")).to_have_value("2026-03-02")


def test_googles_quota_is_said_and_nothing_chosen_is_lost(bench: Opener) -> None:
    desk = bench(rows=9).opened()
    choose_some(desk)
    suffer(desk, fetch_error=QUOTA)
    desk.press("Check", exact=True)
    alert = desk.sidebar.get_by_role("alert")
    expect(alert).to_contain_text("Google’s limit for today is reached")
    expect(alert).to_contain_text("your jobs go on without it")
    is_still_chosen(desk)
    get_well(desk)
    desk.press("Check", exact=True)
    desk.says("Before you run it")
    expect(alert).to_have_count(0)
    is_still_chosen(desk)


def test_an_id_token_that_expires_under_way_makes_nothing_twice(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    suffer(desk, token_flaw="expired")
    desk.press("Queue for background processing")
    expect(desk.sidebar.get_by_role("alert")).to_be_visible()
    get_well(desk)
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    assert len(jobs_of(desk)) == 1


def test_choices_outlive_another_tab_and_a_live_run(bench: Opener) -> None:
    desk = bench(tabs={"Companies": some_companies(9), "March": some_companies(8)}).opened()
    choose_some(desk)
    go_to_tab(desk, "March")
    expect(desk.label("From row")).to_have_value("")
    desk.label("From row").fill("6")
    go_to_tab(desk, "Companies")
    is_still_chosen(desk)
    desk.press("Run 4 now")
    desk.says("These rows are done")
    desk.press("Close", exact=True)
    is_still_chosen(desk)
    go_to_tab(desk, "March")
    expect(desk.label("From row")).to_have_value("6")


def test_a_choice_whose_column_is_gone_is_taken_back(bench: Opener) -> None:
    desk = bench(tabs={"Companies": some_companies(9), "March": some_companies(8)}).opened()
    choose_some(desk)
    desk.sheet("PUT", "/values/Companies!E1?valueInputOption=RAW", {"values": [["Another Date"]]})
    desk.press("Refresh: read the sheet again")
    expect(desk.label("Only where")).to_have_value("")
    expect(desk.label("From row")).to_have_value("3")
    desk.press("Check", exact=True)
    desk.says("Before you run it")


def test_a_job_for_later_leaves_the_tab_free_until_then(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue_for_later(desk, 1)
    desk.says("A job for this tab")
    expect(desk.button("Queue for background processing")).to_be_visible()
    desk.press("Run 3 now")
    desk.says("These rows are done")


def test_two_sidebars_show_the_same(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=8, waves=2, every_ms=12_000)
    desk = bench(rows=8).opened()
    other = Bench(desk.page.context.new_page(), desk.stack, desk.workbook).opened()
    desk.press("Run 8 now")
    for each in (desk, other):
        live = each.sidebar.get_by_role("region", name="Live run")
        expect(live.get_by_role("listitem")).to_have_count(4)
    other.press("Stop")
    other.press("Stop")
    for each in (desk, other):
        live = each.sidebar.get_by_role("region", name="Live run")
        expect(live.locator(".pill").first).to_have_text("Cancelled")
    other.page.close()


def test_an_hour_of_sleep(bench: Opener, model: Model) -> None:
    """The tokens are old and the long poll is dead when the computer wakes up."""
    model.is_slow(6_000)
    desk = bench(rows=5)
    desk.page.clock.install()
    desk.opened()
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    tokens = len(renewals(desk))
    desk.page.clock.fast_forward("01:00:00")
    desk.says("Companies: complete. 5 done.")
    desk.wait_until(lambda: len(renewals(desk)) > tokens)
    expect(desk.sidebar.get_by_role("contentinfo", name="Progress")).to_have_count(0)


def renewals(desk: Bench) -> list[object]:
    found = desk.stack.ledger(desk.stack.workbench_url)
    return [entry for entry in found if entry.get("path") == "/api/access/watch-tokens"]


@pytest.mark.parametrize("wrong_by", [HOUR, -HOUR])
def test_a_clock_that_is_wrong_by_an_hour(bench: Opener, model: Model, wrong_by: timedelta) -> None:
    model.answers_in_waves(rows=8, waves=4, every_ms=3_000)
    desk = bench(rows=8)
    desk.page.clock.install(time=datetime.now(ZoneInfo("UTC")) + wrong_by)
    desk.opened()
    desk.wait_until(lambda: desk.evaluate("return state.watch !== null"))
    desk.sidebar.get_by_text("More", exact=True).click()
    london = datetime.now(ZoneInfo("Europe/London"))
    desk.label("Start later").fill(f"{london - timedelta(minutes=30):%Y-%m-%dT%H:%M}")
    desk.says("A time that is still to come.")
    desk.label("Start later").fill(f"{london + timedelta(minutes=30):%Y-%m-%dT%H:%M}")
    expect(desk.sidebar.get_by_text("A time that is still to come.")).to_have_count(0)
    desk.label("Start later").fill("")
    desk.press("Run 8 now")
    live = desk.sidebar.get_by_role("region", name="Live run")
    expect(live.get_by_role("listitem")).to_have_count(2)
    expect(live.get_by_role("listitem")).to_have_count(8)
    desk.says("These rows are done")


def test_names_that_run_from_right_to_left_and_names_without_end(bench: Opener) -> None:
    airlines, long = "شركات الطيران", "🛠️ " + "Tools and more " * 6
    desk = bench(tabs={airlines: arabic_companies(), long.strip(): some_companies(3)}).opened()
    title = desk.sidebar.get_by_role("heading", level=1)
    expect(title).to_have_css("direction", "rtl")
    desk.press("Queue for background processing")
    desk.says(f"\u2068{airlines}\u2069: complete. 3 done.")
    desk.press("Show", exact=True)
    desk.says("Results")
    assert (
        desk.evaluate("const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth") <= 0
    )
    go_to_tab(desk, long.strip())
    desk.press("Sheet", exact=True)
    expect(title).to_have_css("direction", "ltr")
    assert (
        desk.evaluate("const m = document.querySelector('main'); return m.scrollWidth - m.clientWidth") <= 0
    )


def arabic_companies() -> list[list[str]]:
    header = some_companies(0)
    names = ("طيران الإمارات", "الخطوط السعودية", "مصر للطيران")
    return [*header, *[[name, "طيران, شحن جوي", "خطوط جوية دولية", "", ""] for name in names]]


def go_to_tab(desk: Bench, name: str) -> None:
    desk.page.get_by_role("tab", name=name).click()
    desk.press("Sheet", exact=True)
    desk.press("Refresh: read the sheet again")
    expect(desk.sidebar.get_by_role("heading", name=name, exact=True)).to_be_visible()
