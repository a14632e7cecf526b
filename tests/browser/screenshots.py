"""`make screenshots`: every place and state at 300 pixels, and the workbench, into docs/screenshots/.

Taken from the running product; states that hang on time or failures are set as in the browser tests.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.bench import Bench, new_workbook, share
from tests.browser.states import STATES, opened_to_show, show
from tests.browser.states.setting import SETTLED
from tests.chromium import ARGUMENTS, chromium_path
from tests.stack import LocalStack, local_stack

SAMPLE = Path(__file__).parents[2] / "backend" / "local" / "sample.csv"
#: A sidebar on a laptop; the workbench adds its header and the sidebar's title.
WINDOW = {"width": 1280, "height": 800}
#: As much of a long list as says what it is.
TALLEST = 1_600


def main(folder: Path) -> None:
    """Writes `<state>.png` for each state and `workbench.png`; old pictures are removed first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with (
        tempfile.TemporaryDirectory() as data,
        local_stack(Path(data), workbench=True) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        desk = opened_to_show(fresh(browser, stack))
        for name in STATES:
            show(desk, name)
            whole(desk)
            desk.page.locator("#sidebar").screenshot(path=folder / f"{name}.png", animations="disabled")
            desk.page.set_viewport_size(WINDOW)
        workbench(fresh(browser, stack), folder / "workbench.png")
        browser.close()


def whole(desk: Bench) -> None:
    """Makes the window high enough for a state that one would have to scroll in."""
    hidden = "const place = document.querySelector('.place'); return place.scrollHeight - place.clientHeight;"
    beyond = min(desk.evaluate(hidden), TALLEST - WINDOW["height"])
    if beyond > 0:
        desk.page.set_viewport_size({**WINDOW, "height": WINDOW["height"] + beyond})
        desk.evaluate(SETTLED)


def fresh(browser: Browser, stack: LocalStack) -> Bench:
    """A workbook of the bundled sample, in a window of its own."""
    context = browser.new_context(viewport=WINDOW, locale="en-US", timezone_id="Europe/London")
    page: Page = context.new_page()
    workbook = new_workbook(stack, {"Companies": sample()})
    share(stack, workbook)
    return Bench(page, stack, workbook)


def sample() -> list[list[str]]:
    with SAMPLE.open(encoding="utf-8", newline="") as lines:
        return [list(row) for row in csv.reader(lines)]


def workbench(desk: Bench, path: Path) -> None:
    """Results arriving in the sheet, beside the sidebar that shows them."""
    desk.opened()
    desk.press("Queue for background processing")
    expect(desk.sidebar.locator(".toast")).to_contain_text("complete", timeout=60_000)
    # The sheet is read once more when a job on it has ended.
    expect(desk.button("Refresh: read the sheet again")).to_be_enabled(timeout=60_000)
    desk.page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
