"""The Jobs place: lists, filters, many at once, and a job's page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.bench import HEADERS, Bench, Model, some_companies
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

MATERIALS = (
    "oak pine maple cedar birch walnut bamboo cherry beech teak steel copper brass iron zinc silver bronze "
    "pewter nickel cotton linen wool silk denim velvet leather suede rubber cork paper glass marble granite "
    "slate clay wax amber ivory pearl coral"
)
GOODS = (
    "chairs tables lamps shelves desks doors boxes bowls plates knives spoons baskets frames hooks handles "
    "trays racks stools cabinets mirrors benches clocks ladders buckets vases"
)


def test_cancel_says_how_many_calls_are_in_flight(bench: Opener, model: Model) -> None:
    model.answers_in_waves(rows=300, waves=6, every_ms=4_000)
    desk = bench(rows=300).opened()
    desk.press("Queue for background processing")
    open_the_job(desk)
    desk.says("50 of 300 rows")
    desk.press("Cancel", exact=True)
    desk.says("Cancel this job? What is done stays in the sheet.")
    desk.press("Cancel the job")
    expect(desk.sidebar.locator("main")).to_contain_text(re.compile(r"Cancelling: \d+ calls? in flight"))
    expect(desk.sidebar.locator("main .pill").first).to_have_text("Cancelled")


def test_pause_and_resume(bench: Opener, model: Model) -> None:
    model.is_slow(3_000)
    # More than are in flight at once: something has to be left when what is in flight has come back.
    desk = bench(rows=1_600).opened()
    desk.press("Queue for background processing")
    open_the_job(desk)
    desk.press("Pause", exact=True)
    expect(desk.button("Resume", exact=True)).to_be_visible()
    expect(desk.sidebar.locator("main .pill").first).to_have_text("Paused")
    model.is_well()
    desk.press("Resume", exact=True)
    desk.says("Companies: complete. 1,600 done.")


def test_the_history_says_who_did_what_and_when(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue_for_later(desk, 1)
    desk.press("Jobs")
    desk.sidebar.locator(".list .item").click()
    desk.press("Pause", exact=True)
    expect(desk.button("Resume", exact=True)).to_be_visible()
    history = desk.sidebar.get_by_role("region", name="History").get_by_role("listitem")
    expect(history).to_have_count(2)
    expect(history.nth(0)).to_contain_text("Created.")
    expect(history.nth(1)).to_contain_text(re.compile(r"\d{1,2}:\d{2} [AP]M"))
    expect(history.nth(1)).to_contain_text("Paused")
    who = desk.page.locator("#notice").inner_text().split("You are ")[1].rstrip(".")
    expect(history.nth(1)).to_contain_text(who)


def test_a_job_is_deleted_with_its_receipts_once_that_was_said_twice(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    desk.press("Show", exact=True)
    desk.press("Delete", exact=True)
    desk.says("Delete this job and its receipts? The sheet stays as it is.")
    desk.press("Keep it")
    desk.press("Delete", exact=True)
    desk.press("Delete", exact=True)
    desk.says("Deleted.")
    desk.says("No jobs yet")
    assert desk.values()[1][8] == "✅ Complete"


def test_undo_puts_back_what_the_cells_held(bench: Opener) -> None:
    rows = some_companies(4)
    rows[0].append("Category")
    rows[1].append("=1+1")
    desk = bench(tabs={"Companies": rows}).opened()
    desk.sheet("PUT", "/values/Companies!F2?valueInputOption=USER_ENTERED", {"values": [["=1+1"]]})
    desk.label("Which rows").select_option("all")
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 4 done.")
    desk.sheet("PUT", "/values/Companies!F4?valueInputOption=RAW", {"values": [["typed since"]]})
    desk.press("Show", exact=True)
    desk.press("Undo", exact=True)
    desk.press("Undo", exact=True)

    def formulas() -> list[Any]:
        answer = desk.sheet("GET", "/values/Companies!F2:F5?valueRenderOption=FORMULA")
        return [row[0] if row else "" for row in answer.get("values", [])]

    desk.wait_until(lambda: formulas() == ["=1+1", "", "typed since"])


def test_an_undone_job_says_so_and_by_which_undo(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    desk.press("Show", exact=True)
    desk.press("Undo", exact=True)
    desk.press("Undo", exact=True)
    head = desk.sidebar.get_by_role("region", name="State")
    expect(head.locator(".pill")).to_have_text("Undone")
    expect(head).to_contain_text("The cells hold again what they held before")
    expect(head.get_by_role("button", name="Undo", exact=True)).to_have_count(0)
    head.get_by_role("button", name="Undo of").click()
    about = desk.sidebar.get_by_role("region", name="About this job")
    expect(about).not_to_contain_text("Tokens")
    about.get_by_role("button", name="The run of").click()
    expect(head.locator(".pill")).to_have_text("Undone")
    desk.press("← All jobs")
    expect(desk.sidebar.locator(".list .pill")).to_have_text(["Complete", "Undone"])
    desk.page.reload()
    desk.press("Jobs")
    desk.sidebar.locator(".list .item", has_text="Undone").click()
    expect(head.get_by_role("button", name="Undo of")).to_be_visible()
    expect(head.get_by_role("button", name="Undo", exact=True)).to_have_count(0)


def test_failures_by_class_and_retrying_one(bench: Opener, model: Model) -> None:
    model.fails("wrong_fields", when="House 2 ")
    desk = bench(rows=6).opened()
    desk.press("Queue for background processing")
    open_the_job(desk)
    failures = desk.sidebar.get_by_role("region", name="Failures")
    expect(failures).to_contain_text("Answer not usable1")
    failures.get_by_role("button", name="Show the rows: Answer not usable").click()
    row = desk.button("Row 3 Failed")
    row.click()
    expect(desk.page.locator(".grid .number.lit")).to_have_text("3")
    model.is_well()
    failures.get_by_role("button", name="Retry: Answer not usable").click()
    desk.says("6 of 6 rows · 100%")
    desk.says("6 done")


def test_downloads(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    desk.press("Show", exact=True)
    for label, suffix in (("Download as CSV", "csv"), ("Download as an Excel file", "xlsx")):
        with desk.page.expect_download() as begun:
            desk.press(label)
        assert begun.value.suggested_filename.endswith(f".{suffix}")
        assert begun.value.path().stat().st_size > 100


def test_the_spread_of_categories(bench: Opener) -> None:
    desk = bench(rows=24).opened()
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 24 done.")
    desk.press("Show", exact=True)
    desk.press("Count the categories")
    categories = desk.sidebar.get_by_role("region", name="Categories")
    expect(categories).to_contain_text("categories")
    counts = [int(text) for text in categories.locator("li .number").all_inner_texts()]
    assert sum(counts) == 24


def test_a_thousand_categories_come_a_hundred_at_a_time(bench: Opener) -> None:
    """Of a thousand companies that each make something else, answered, written and counted."""
    made = [f"{material} {good}" for material in MATERIALS.split() for good in GOODS.split()]
    rows = [[f"House {n}", "", f"Manufactures {what}.", "", ""] for n, what in enumerate(made)]
    desk = bench(tabs={"Companies": [HEADERS, *rows]}).opened()
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 1,000 done.")
    desk.press("Show", exact=True)
    desk.press("Count the categories")
    categories = desk.sidebar.get_by_role("region", name="Categories")
    expect(categories).to_contain_text("1,000 different categories")
    lines = categories.get_by_role("listitem")
    expect(lines).to_have_count(20)
    categories.get_by_role("button", name="Show 100 more").click()
    expect(lines).to_have_count(120)
    expect(lines.first).to_contain_text("Amber Basket Manufacturing")
    in_sheet = sorted({row[5] for row in desk.values()[1:]})
    assert len(in_sheet) == 1_000
    assert [line.split("\n")[0] for line in lines.all_inner_texts()] == in_sheet[:120]


def test_two_hundred_jobs_in_pages_filtered_and_cancelled_at_once(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue_for_later(desk, 200)
    desk.press("Jobs 200 open")
    items = desk.sidebar.get_by_role("checkbox", name="Select Companies")
    expect(items).to_have_count(50)
    desk.press("Show more")
    expect(items).to_have_count(100)
    desk.label("State").select_option("PAUSED")
    desk.says("No job matches")
    desk.label("State").select_option("PENDING")
    expect(items).to_have_count(50)
    desk.sidebar.get_by_label("Select all that match").check()
    bulk = desk.sidebar.get_by_role("region", name="Selected jobs")
    bulk.get_by_role("button", name="Cancel").click()
    bulk.get_by_text("Cancel all that match?").wait_for()
    bulk.get_by_role("button", name="Cancel").click()
    desk.says("Cancel: 200 done.")
    desk.says("No job matches")


def test_some_jobs_are_picked_by_hand(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    queue_for_later(desk, 3)
    desk.press("Jobs")
    items = desk.sidebar.get_by_role("checkbox", name="Select Companies")
    expect(items).to_have_count(3)
    items.nth(0).check()
    items.nth(2).check()
    desk.says("2 selected.")
    bulk = desk.sidebar.get_by_role("region", name="Selected jobs")
    bulk.get_by_role("button", name="Pause").click()
    desk.says("Pause: 2 done.")
    expect(desk.sidebar.locator(".list .pill.paused")).to_have_count(2)


def open_the_job(desk: Bench) -> None:
    """From the message that says it was queued."""
    desk.says("Queued. You can close this sidebar.")
    desk.press("Show", exact=True)
    expect(desk.sidebar.get_by_role("region", name="About this job")).to_be_visible()


def queue_for_later(desk: Bench, count: int, recipe: str = "case_a") -> None:
    """Jobs that will not start while the test looks at them, created through the api."""
    start = datetime.now(UTC) + timedelta(days=20)
    for n in range(count):
        job = {
            "spreadsheet_id": desk.workbook,
            "sheet_ids": [0],
            "recipe": recipe,
            "run_at": (start + timedelta(minutes=n)).isoformat(),
        }
        desk.ask("POST", "/api/jobs", job)
