"""Which rows are taken, from which columns: each way of choosing, seen through to the sheet."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.bench import Bench, Model, some_companies
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def run(desk: Bench, mode: str, says: str) -> None:
    desk.label("Which rows").select_option(mode)
    desk.press("Queue for background processing")
    desk.says(f"Companies: complete. {says}")
    desk.press("Close this message")


def statuses(desk: Bench) -> list[Any]:
    return [row[8] if len(row) > 8 else "" for row in desk.values()[1:]]


def test_each_mode_takes_its_own_rows(bench: Opener, model: Model) -> None:
    model.fails("wrong_fields", when="House 2 ")
    desk = bench(rows=4).opened()
    run(desk, "only_empty", "3 done · 1 failed.")
    assert statuses(desk)[0] == "✅ Complete"
    assert statuses(desk)[1].startswith("❌ Error: ")
    model.is_well()
    run(desk, "only_failed", "1 done.")
    assert statuses(desk) == ["✅ Complete"] * 4
    desk.sheet("PUT", "/values/Companies!B5?valueInputOption=RAW", {"values": [["bread, flour, ovens"]]})
    run(desk, "stale", "1 done.")
    run(desk, "all", "4 done.")


def test_from_a_row_on_and_so_many(bench: Opener) -> None:
    desk = bench(rows=9).opened()
    desk.label("From row").fill("4")
    desk.label("How many").fill("3")
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    assert [n for n, status in enumerate(statuses(desk), 2) if status] == [4, 5, 6]


def test_a_selection_on_another_tab_brings_that_tab(bench: Opener) -> None:
    desk = bench(tabs={"Companies": some_companies(6), "March": some_companies(8)}).opened()
    desk.page.get_by_role("tab", name="March").click()
    desk.cell(5, 1).click()
    desk.page.keyboard.down("Shift")
    desk.cell(7, 1).click()
    desk.page.keyboard.up("Shift")
    desk.press("Use selection")
    expect(desk.sidebar.get_by_role("heading", name="March")).to_be_visible()
    expect(desk.label("From row")).to_have_value("5")
    expect(desk.label("How many")).to_have_value("3")


def test_the_values_of_a_column_come_with_their_counts(bench: Opener) -> None:
    desk = bench(rows=9).opened()
    desk.label("Only where").select_option("Instantly Date")
    values = desk.label("has the value").locator("option")
    expect(values).to_have_text(["Choose a value…", "(empty) · 6", "2026-03-02 · 3"])
    desk.press("Check", exact=True)
    desk.says("Choose a value.")
    desk.label("has the value").select_option(label="(empty) · 6")
    desk.press("Check", exact=True)
    expect(desk.sidebar.get_by_role("region", name="Receipt")).to_contain_text("Rows found6")


def test_another_recipe_reads_other_columns(bench: Opener) -> None:
    rows = [[*row] for row in some_companies(3)]
    for n, row in enumerate(rows[1:], 1):
        row[3] = f"firm-{n}-of-{row[1][-6:]}.com"
    desk = bench(tabs={"Companies": rows}).opened()
    columns = desk.sidebar.get_by_role("region", name="Columns")
    expect(columns).to_contain_text("Company Keywords")
    desk.label("Fill in from").select_option("case_b")
    expect(columns).to_contain_text("Website")
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    desk.press("Show", exact=True)
    desk.press("Row 2 Done")
    results = desk.sidebar.get_by_role("region", name="Results")
    expect(results).to_contain_text(re.compile(f"Pagehttps?://{rows[1][3]}/"))
    expect(results).to_contain_text("Brand NameBakery House 1")
    expect(results).to_contain_text("Page read")
    desk.press("Show the text that was used")
    text = desk.sidebar.get_by_role("region", name="Text of the page as sent")
    expect(text).to_contain_text("Title:")


def test_a_column_chosen_by_hand_is_read_and_can_be_left_out_again(bench: Opener) -> None:
    rows = [["Firm", "Tags", "Company Name"], ["Oak Tools", "hammers, nails", "Ignored Ltd"]]
    desk = bench(tabs={"Companies": rows}).open()
    desk.button("Change columns").or_(desk.label("Company Keywords (optional)")).first.wait_for()
    if desk.button("Change columns").is_visible():
        desk.press("Change columns")
    desk.label("Company Name").select_option(label="A · Firm")
    desk.label("Company Keywords (optional)").select_option(label="B · Tags")
    desk.press("Check", exact=True)
    desk.sidebar.get_by_text("What is sent for row 2").click()
    prompt = desk.sidebar.get_by_role("region", name="Instructions and row as sent")
    expect(prompt).to_contain_text("Oak Tools")
    expect(prompt).to_contain_text("hammers, nails")
    expect(prompt).not_to_contain_text("Ignored Ltd")


def test_a_recognised_column_can_be_left_out(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.press("Change columns")
    desk.label("Company Keywords (optional)").select_option(label="None")
    desk.press("Check", exact=True)
    desk.sidebar.get_by_text("What is sent for row 2").click()
    prompt = desk.sidebar.get_by_role("region", name="Instructions and row as sent")
    expect(prompt).to_contain_text("goods in town 1")
    expect(prompt).not_to_contain_text("bakery, repair")
