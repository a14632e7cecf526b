"""The Sheet place: what is recognised, which rows, the receipt, live runs; by mouse and by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.bench import some_companies
from tests.browser.conftest import Opener
from tests.browser.keyboard import tab_to

pytestmark = pytest.mark.browser


def test_the_receipt_before_the_run(bench: Opener) -> None:
    firms = some_companies(10)
    twins = [*firms, firms[1], ["", "", "", "", ""], ["Nameless", "", "", "", ""]]
    desk = bench(tabs={"Companies": twins}).opened()
    desk.press("Check", exact=True)
    receipt = desk.sidebar.get_by_role("region", name="Receipt")
    expect(receipt).to_contain_text("Questions to ask")
    expect(receipt).to_contain_text("Equal to another row−1")
    receipt.get_by_text("What is sent for row 2").click()
    expect(receipt.get_by_role("region", name="Instructions and row as sent")).to_contain_text("House 1")
    desk.label("How many").fill("4")
    expect(receipt).to_contain_text("Something has changed since.")
    desk.press("Check again")
    expect(receipt).to_contain_text("Questions to ask4")


def test_checking_and_queueing_by_keyboard_alone(bench: Opener) -> None:
    desk = bench(rows=4).opened()
    desk.sidebar.locator("main").focus()
    tab_to(desk, "From row")
    desk.page.keyboard.type("3")
    tab_to(desk, "Check")
    desk.page.keyboard.press("Enter")
    desk.says("Before you run it")
    tab_to(desk, "Queue for background processing")
    desk.page.keyboard.press("Space")
    desk.says("Companies: complete. 3 done.")
    assert desk.values()[1][5:] == []


def test_only_the_rows_of_a_date(bench: Opener) -> None:
    desk = bench(rows=9).opened()
    desk.label("Only where").select_option("Instantly Date")
    desk.label("has the value").select_option(label="2026-03-02 · 3")
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    filled = [n for n, row in enumerate(desk.values()[1:], 1) if len(row) > 5]
    assert filled == [3, 6, 9]


def test_the_selected_rows(bench: Opener) -> None:
    desk = bench(rows=8).opened()
    desk.cell(4, 1).click()
    desk.page.keyboard.down("Shift")
    desk.cell(6, 2).click()
    desk.page.keyboard.up("Shift")
    desk.press("Use selection")
    expect(desk.label("From row")).to_have_value("4")
    expect(desk.label("How many")).to_have_value("3")


def test_another_column_serves_an_input(bench: Opener) -> None:
    rows = [["Firm called", "Company Keywords"], *[[f"Odd {n}", "bakery"] for n in range(3)]]
    desk = bench(tabs={"Companies": rows}).open()
    desk.says("Company Name")
    desk.label("Company Name").select_option(label="A · Firm called")
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")


def test_wrong_numbers_are_said_under_their_field(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.label("From row").fill("1")
    desk.says("A row number from 2 on: row 1 is the header.")
    expect(desk.label("From row")).to_have_attribute("aria-invalid", "true")


def test_a_tab_without_anything_says_what_to_do(bench: Opener) -> None:
    desk = bench(tabs={"Companies": []}).open()
    desk.says("This tab is empty")


def test_a_header_without_rows_says_what_to_do(bench: Opener) -> None:
    desk = bench(tabs={"Companies": some_companies(0)}).open()
    desk.says("There are no rows yet")
