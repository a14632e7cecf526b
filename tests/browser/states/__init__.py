"""Every place and state of the sidebar, each brought about in a few lines: for axe and for the screenshots.

States that hang on time or on failures are set in the page's own state, with data of the api's shape;
the flows that lead to them have tests of their own.
"""

from __future__ import annotations

from tests.browser.bench import Bench
from tests.browser.states.analytics import ANALYTICS
from tests.browser.states.entry import ENTRY
from tests.browser.states.jobs import JOBS
from tests.browser.states.schedules import SCHEDULES
from tests.browser.states.setting import SETTLED, States, having
from tests.browser.states.sheet import SHEET
from tests.browser.states.system import SYSTEM
from tests.browser.states.upload import UPLOAD

TOAST: States = {
    "toast": having("say('Companies: complete. 1,168 done · 12 failed.', 'x');"),
}

STATES: States = ENTRY | SHEET | JOBS | ANALYTICS | SCHEDULES | UPLOAD | SYSTEM | TOAST


#: The watch is stilled, and the state as it was when the sheet had been read is kept to go back to.
STILL = "watchOnce = () => new Promise(() => {}); request.abort(); window.first = structuredClone(state);"


def opened_to_show(desk: Bench) -> Bench:
    desk.opened()
    desk.wait_until(lambda: desk.evaluate("return state.watch !== null && state.system !== null"))
    desk.evaluate(STILL)
    return desk


def show(desk: Bench, name: str) -> None:
    """Any state after any other, on a page opened by `opened_to_show`."""
    desk.page.mouse.move(0, 0)
    desk.evaluate("change(structuredClone(window.first)); document.querySelector('.place').scrollTop = 0;")
    desk.evaluate(SETTLED)
    STATES[name](desk)
