"""axe finds no violation on any place or state, and nothing is wider than the sidebar."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.bench import Bench, new_workbook, share, some_companies
from tests.browser.conftest import Opener
from tests.browser.states import STATES, opened_to_show, show
from tests.stack import LocalStack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(chromium: Browser, stack: LocalStack) -> Iterator[Bench]:
    """One page for all states: what differs between them is set in the page."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    workbook = new_workbook(stack, {"Companies": some_companies(12)})
    share(stack, workbook)
    made = Bench(context.new_page(), stack, workbook)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    yield opened_to_show(made)
    context.close()
    assert made.errors == []


@pytest.mark.parametrize("name", STATES)
def test_a_state_of_the_sidebar(desk: Bench, axe: str, name: str) -> None:
    show(desk, name)
    assert violations(desk, axe) == []
    widest = "document.querySelector('.place').scrollWidth - document.querySelector('.place').clientWidth"
    assert desk.evaluate(f"return {widest}") <= 0
    assert desk.sidebar.locator(".button.primary:visible").count() <= 1, "more than one next thing to do"


def test_the_workbench_itself(bench: Opener, axe: str) -> None:
    desk = bench(rows=12).opened()
    expect(desk.cell(2, 1)).to_be_visible()
    desk.page.evaluate(axe)
    assert found(desk.page.evaluate, "document.querySelector('body')") == []


def violations(desk: Bench, axe: str) -> list[str]:
    frame = desk.page.frames[1]
    frame.evaluate(axe)
    return found(frame.evaluate, "document")


def found(evaluate: Callable[[str], list[str]], where: str) -> list[str]:
    """`rule: element` of each violation; the other frame is looked at by itself."""
    return evaluate(
        f"""async () => {{
          const ran = await axe.run({where}, {{ iframes: false }});
          return ran.violations.flatMap((rule) => rule.nodes.map((node) => `${{rule.id}}: ${{node.html}}`));
        }}"""
    )
