"""Check: every figure of the receipt, before anything is asked or written."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def lines(desk: Bench) -> dict[str, str]:
    """The receipt's lines by their names."""
    receipt = desk.sidebar.get_by_role("region", name="Receipt")
    receipt.wait_for()
    names = receipt.get_by_role("term").all_inner_texts()
    values = receipt.get_by_role("definition").all_inner_texts()
    return dict(zip(names, values, strict=True))


def test_every_figure_of_the_receipt(bench: Opener) -> None:
    firms = some_companies(10)
    twin = [f" {firms[4][0]} ", *firms[4][1:]]
    rows = [*firms, twin, ["Nameless", "", "", "", ""]]
    desk = bench(tabs={"Companies": rows}).opened()
    # Two rows are filled, and one of them is emptied again: its answer is known.
    desk.label("How many").fill("2")
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 2 done.")
    desk.sheet("POST", "/values/Companies!F3:I3:clear")
    desk.label("How many").fill("")
    desk.label("Which rows").select_option("all")
    desk.press("Check", exact=True)
    told = lines(desk)
    assert told["Rows found"] == "12"
    assert told["Without inputs"] == "−1"
    assert told["Equal to another row"] == "−1"
    assert told["Answered before"] == "−2"
    assert told["Questions to ask"] == "8"
    assert told["Cost"].startswith("about $0.00")
    assert " and $" in told["Between"]
    assert told["Time"].startswith("about ")
    assert told["Starts"] == "at once"
    desk.label("Which rows").select_option("only_empty")
    desk.press("Check again")
    expect(desk.sidebar.get_by_role("region", name="Receipt")).to_contain_text("Already filled−1")
    assert lines(desk)["Answered before"] == "−1"
    desk.says("Answers come from an offline stand-in.")


def test_one_whole_prompt_is_shown(bench: Opener) -> None:
    desk = bench(rows=4).opened()
    desk.press("Check", exact=True)
    desk.sidebar.get_by_text("What is sent for row 2").click()
    prompt = desk.sidebar.get_by_role("region", name="Instructions and row as sent")
    expect(prompt).to_contain_text("Bakery House 1")
    expect(prompt).to_contain_text("goods in town 1 of")
    assert len(prompt.inner_text()) > 500


def test_a_receipt_grows_old_when_something_is_changed(bench: Opener) -> None:
    desk = bench(rows=6).opened()
    desk.press("Check", exact=True)
    assert lines(desk)["Questions to ask"] == "6"
    expect(desk.button("Queue for background processing")).to_have_class("button primary wide")
    desk.label("How many").fill("4")
    desk.says("Something has changed since.")
    expect(desk.button("Check again")).to_have_class("button primary")
    desk.press("Check again")
    expect(desk.sidebar.get_by_role("region", name="Receipt")).to_contain_text("Questions to ask4")


def test_the_receipt_says_the_place_in_line(bench: Opener, model: Model) -> None:
    model.is_slow(30_000)
    desk = bench(rows=3).opened()
    desk.press("Queue for background processing")
    desk.says("This tab is being filled")
    desk.sidebar.get_by_text("Set up another run for this tab").click()
    desk.label("Which rows").select_option("all")
    desk.press("Check", exact=True)
    assert lines(desk)["Starts"] == "as number 1 in line"
    desk.says("A job is running on this sheet; this one would start when it has ended.")


def test_queue_this_sheet_opens_with_its_receipt(bench: Opener) -> None:
    desk = bench(rows=5).opened()
    desk.page.get_by_role("button", name="Rowmill", exact=True).click()
    desk.page.get_by_role("button", name="Queue this sheet").click()
    assert lines(desk)["Questions to ask"] == "5"
