"""Somebody at the sheet: the workbench in Chromium, with its sidebar, and when that shows what."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import requests
from playwright.sync_api import Frame, Page, sync_playwright

from tests.bench.figures import Figure, Goal, percentile
from tests.bench.scene import Run, Scene, WrongResult
from tests.bench.visiting import commits
from tests.chromium import ARGUMENTS, chromium_path

#: How long the page may take to be ready, and to show the end.
PATIENCE_S = 60.0
#: Notes when the sidebar has painted how many rows have a result: the numbers of its tally, added up.
WATCH = """() => {
  window.seen = [];
  const look = () => requestAnimationFrame(() => {
    const tally = document.querySelector('.tally');
    const numbers = tally ? tally.textContent.match(/[0-9][0-9,]*(?= [a-z])/g) || [] : [];
    const rows = numbers.reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0);
    if (rows) window.seen.push([Date.now() / 1000, rows]);
  });
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def visible(scene: Scene, rows: int) -> list[Figure]:
    """From a result's commit to the picture that counts it, in an open sidebar."""
    sheet = scene.a_sheet(rows, "seen")
    with _sidebar(scene, sheet[0]) as sidebar:
        sidebar.evaluate(WATCH)
        run = scene.queue(sheet)
        scene.follow([run], until=lambda runs: _watched(sidebar, runs[0]))
        seen: list[tuple[float, int]] = sidebar.evaluate("window.seen")
    scene.check(run)
    waits: list[float] = []
    counted = 0
    for at, committed in commits(scene, run.job["id"]):
        counted += committed
        shown_at = next((shown_at for shown_at, shown in seen if shown >= counted), None)
        if shown_at is None:
            raise WrongResult(f"The sidebar never showed {counted:,} rows.")
        waits.append(shown_at - at)
    return [
        Figure(
            "Commit to visible in the browser, p95",
            percentile(waits, 0.95),
            "s",
            Goal(at_most=1.0),
            note=f"{len(waits)} commits of results of a job of {rows:,} rows, to the frame that Chromium "
            "paints with them; the browser runs on the same cores",
        )
    ]


def _watched(sidebar: Frame, run: Run) -> bool:
    """Polled while the job runs: Playwright hands the page's news on only while it is asked something."""
    sidebar.page.wait_for_timeout(10)
    return bool(run.seconds)


@contextmanager
def _sidebar(scene: Scene, spreadsheet: str) -> Iterator[Frame]:
    """The sidebar's frame, ready to be used."""
    introduced = f"{scene.stack.workbench_url}/_workbench/properties/user%20{spreadsheet}"
    requests.put(introduced, json={"INTRODUCED": "1"}, timeout=PATIENCE_S).raise_for_status()
    asked = urlencode({"workbook": spreadsheet, "latency": 5})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            page = browser.new_page(locale="en-US")
            page.goto(f"{scene.stack.workbench_url}/?{asked}", timeout=PATIENCE_S * 1000)
            yield _ready(page)
        finally:
            browser.close()


def _ready(page: Page) -> Frame:
    button = page.frame_locator("#sidebar").get_by_role("button", name="Queue for background processing")
    button.wait_for(timeout=PATIENCE_S * 1000)
    element = page.query_selector("#sidebar")
    frame = element.content_frame() if element else None
    if frame is None:
        raise WrongResult("The workbench has no sidebar.")
    time.sleep(1.0)  # its first looks are over
    return frame
