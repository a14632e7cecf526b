"""What happens is seen: within a second, after closing and reopening, and when the api was away."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from backend.domain.results import ROW_STATES
from backend.usecases.records import progress_key
from tests.browser.bench import Bench, Model
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def test_close_and_reopen_while_it_runs(bench: Opener, model: Model) -> None:
    model.is_slow(4_000)
    desk = bench(rows=30).opened()
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    desk.page.reload()
    strip = desk.sidebar.get_by_role("contentinfo", name="Progress")
    expect(strip).to_contain_text("Companies")
    desk.says("Companies: complete. 30 done.")
    expect(desk.sidebar.locator(".toast")).to_have_count(1)
    expect(strip).to_have_count(0)


def test_the_api_goes_and_comes_back(bench: Opener, model: Model) -> None:
    model.is_slow(3_000)
    desk = bench(rows=20).opened()
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    desk.page.route("**/api/watch*", lambda route: route.abort())
    desk.says("Rowmill does not answer. Jobs go on; looking again in")
    desk.page.unroute("**/api/watch*")
    desk.says("Companies: complete. 20 done.")
    expect(desk.sidebar.get_by_text("Rowmill does not answer")).to_have_count(0)


def test_a_browser_that_was_offline_looks_again_at_once(bench: Opener) -> None:
    """By then it stays away for many seconds between two tries; nobody is to wait for them."""
    desk = bench(rows=3).opened()
    desk.wait_until(lambda: desk.evaluate("return state.watch !== null"))
    desk.page.context.set_offline(True)
    desk.evaluate("request.abort()")
    desk.says("Jobs go on; looking again in")
    desk.wait_until(lambda: desk.evaluate("return state.offline.again >= 8"))
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.evaluate("window.waited = false; setTimeout(() => { window.waited = true; }, 6000)")
    desk.page.context.set_offline(False)
    desk.wait_until(lambda: any("/api/watch" in url for url in asked))
    assert not desk.evaluate("return window.waited")
    expect(desk.sidebar.get_by_text("looking again in")).to_have_count(0)


def test_nothing_is_asked_while_the_sidebar_is_hidden(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    asked: list[str] = []

    def count(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    desk.wait_until(lambda: desk.evaluate("return state.watch !== null"))
    hide = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true });"
    desk.page.route("**/api/watch*", count)
    desk.evaluate(hide % "true" + "document.dispatchEvent(new Event('visibilitychange'))")
    asked.clear()
    desk.page.wait_for_timeout(3_000)
    assert asked == []
    desk.evaluate(hide % "false" + "document.dispatchEvent(new Event('visibilitychange'))")
    desk.wait_until(lambda: bool(asked))


def test_a_row_edited_while_it_runs_is_left_alone(bench: Opener, model: Model) -> None:
    model.is_slow(4_000)
    desk = bench(rows=5).opened()
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    desk.wait_until(lambda: jobs_of(desk)[0]["counts"]["total"] == 5)
    desk.cell(3, 1).click()
    desk.page.keyboard.type("Someone else entirely")
    desk.page.keyboard.press("Enter")
    desk.says("4 done · 1 changed meanwhile")
    assert len(desk.values()[2]) <= 5


def test_an_api_that_is_away_is_asked_less_and_less(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    asked: list[float] = []

    def refuse(route: Route) -> None:
        asked.append(time.monotonic())
        route.abort()

    desk.page.route("**/api/watch*", refuse)
    # What hangs in a long poll now is let go.
    desk.evaluate("request.abort()")
    desk.wait_until(lambda: len(asked) >= 5)
    waits = [later - earlier for earlier, later in pairwise(asked[:5])]
    assert all(wait > least for wait, least in zip(waits, (0.9, 1.9, 3.9, 7.9), strict=True)), waits


def test_an_idle_sidebar_asks_now_and_then(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    asked: list[str] = []

    def count(route: Route) -> None:
        asked.append(route.request.url)
        route.continue_()

    desk.page.route("**/api/watch*", count)
    desk.page.wait_for_timeout(10_000)
    assert len(asked) <= 2


#: Other programs of a busy machine take time too; the quickest of so many looks is the page's own.
LOOKS = 3
ROWS = 60


@pytest.mark.slow
def test_a_commit_is_on_the_page_within_a_second(bench: Opener, model: Model) -> None:
    """From the numbers that the store holds to the numbers that the page shows, at the 95th percentile."""
    model.answers_in_waves(rows=ROWS, waves=20, every_ms=1_500)
    measured = []
    for _ in range(LOOKS):
        delays = commits_to_page(bench(rows=ROWS).opened())
        assert len(delays) >= 10, delays
        measured.append(delays[int(0.95 * len(delays))])
        if measured[-1] < 1.0:
            return
    raise AssertionError(f"seconds from commit to page, 95th percentile of each look: {measured}")


def commits_to_page(desk: Bench) -> list[float]:
    """The delay of each commit that changed a number, smallest first."""
    desk.page.evaluate("window.shown = []")
    desk.evaluate(
        "new MutationObserver(() => {"
        "  const card = document.querySelector('[aria-label=\"Job on this tab\"] .tally');"
        "  const numbers = card ? card.textContent.match(/\\d+/g) || [] : [];"
        "  const sum = numbers.reduce((all, one) => all + Number(one), 0);"
        "  parent.shown.push([Date.now() / 1000, sum]);"
        "}).observe(document.body, { subtree: true, childList: true, characterData: true })"
    )
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    committed = follow_commits(desk, until=ROWS)
    desk.says(f"Companies: complete. {ROWS} done.")
    shown = desk.page.evaluate("window.shown")
    return sorted(
        min(at for at, number in shown if number >= count) - when
        for count, when in committed.items()
        if 0 < count < ROWS
    )


def follow_commits(desk: Bench, until: int) -> dict[int, float]:
    """Rows answered or ended → when the store first held so many, looked at 50 times a second."""
    place = progress_key(jobs_of(desk)[0]["id"])
    seen: dict[int, float] = {}
    end = time.monotonic() + 120
    with closing(sqlite3.connect(f"file:{desk.stack.data}/rowmill.db?mode=ro", uri=True)) as store:
        while until not in seen and time.monotonic() < end:
            found = store.execute(
                "SELECT data FROM documents WHERE collection = ? AND id = ?", (place.collection, place.id)
            ).fetchone()
            data = json.loads(found[0]) if found else {}
            known = sum(data.get(state, 0) for state in (*ROW_STATES, "answered"))
            seen.setdefault(known, time.time())
            desk.page.wait_for_timeout(20)
    assert until in seen, seen
    return seen


def jobs_of(desk: Bench) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("GET", f"/api/jobs?spreadsheet_id={desk.workbook}")["jobs"]
    return found
