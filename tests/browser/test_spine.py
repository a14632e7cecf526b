"""From the sheet to the sheet in the browser: press Queue, read the results in the grid."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.bench import OUTPUTS, some_companies
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def test_queue_and_read_the_results_in_the_grid(bench: Opener) -> None:
    desk = bench(rows=12).opened()
    for header in ("Company Name", "Company Keywords", "Company Short Description"):
        desk.says(header)
    desk.press("Queue for background processing")
    desk.says("Queued. You can close this sidebar.")
    expect(desk.cell(13, 9)).to_have_text("✅ Complete")
    assert [desk.cell(1, 6 + n).inner_text() for n in range(4)] == OUTPUTS
    for row in range(2, 14):
        assert all(desk.cell(row, column).inner_text() for column in (6, 7, 8)), row
        assert desk.cell(row, 9).inner_text() == "✅ Complete"
    desk.says("Companies: complete. 12 done.")


def test_where_answers_come_from_is_said_at_the_top(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    expect(desk.page.locator("#notice")).to_contain_text(
        "Everything here runs on this machine; answers come from an offline stand-in."
    )


def test_a_tab_of_an_awkward_name_written_to_while_another_stands_before_it(bench: Opener) -> None:
    odd = 'It\'s "odd" 📈'
    desk = bench(tabs={"A1": [["Notes"], ["keep"]], odd: some_companies(4)})
    desk.open()
    expect(desk.sidebar.get_by_role("heading", name="A1", exact=True)).to_be_visible()
    desk.page.get_by_role("tab", name=odd).click()
    desk.press("Refresh")
    expect(desk.sidebar.get_by_role("heading", name=odd, exact=True)).to_be_visible()
    desk.press("Queue for background processing")
    expect(desk.cell(5, 9)).to_have_text("✅ Complete")
    assert desk.values("A1") == [["Notes"], ["keep"]]


def test_about_says_what_is_sent_where(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.page.get_by_role("button", name="Rowmill", exact=True).click()
    desk.page.get_by_role("button", name="About").click()
    expect(desk.page.locator("body")).to_contain_text("nothing else of this spreadsheet is.")


def test_the_script_runs_in_either_load_order(bench: Opener) -> None:
    desk = bench(rows=3).open(order="reverse")
    expect(desk.button("Queue for background processing")).to_be_visible()
