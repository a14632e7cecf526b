"""The way in: address, what goes where, sharing, proof of edit, one step at a time; and who may not."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import Route, expect

from tests.browser.bench import Bench
from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser


def test_a_first_use_from_the_address_to_the_sheet(bench: Opener) -> None:
    desk = bench(rows=3, shared=False)
    forget_the_address(desk)
    desk.open()
    address = desk.label("Address of the service")
    address.fill("http://rowmill.example")
    desk.press("Connect")
    desk.says("The address has to begin with https://.")
    address.fill(desk.stack.backend_url)
    address.press("Enter")
    desk.says("What goes where")
    desk.says("The cells of the columns and rows that you choose. Nothing else of this spreadsheet.")
    desk.press("Continue")
    desk.says("Let Rowmill write here")
    desk.press("Share with this account")
    expect(desk.button("Queue for background processing")).to_be_visible()
    desk.page.reload()
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_sharing_by_hand(bench: Opener) -> None:
    desk = bench(rows=3, shared=False).open()
    desk.press("Continue")
    desk.press("Share by hand instead")
    desk.press("I have shared it")
    desk.says("It is not shared with this account yet.")
    account = desk.sidebar.locator(".copy").inner_text()
    doors = f"{desk.stack.sheets_url}/_standin/workbooks/{desk.workbook}/editors"
    requests.put(doors, json={"email": account}, timeout=10)
    desk.press("I have shared it")
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_a_domain_that_forbids_sharing_gets_the_manual_way(bench: Opener) -> None:
    desk = bench(rows=3, shared=False)
    refusal = {"error": {"code": 403, "message": "Sharing outside the domain is not allowed."}}
    desk.page.route("**/_standin/workbooks/*/editors", lambda route: route.fulfill(status=403, json=refusal))
    desk.open()
    desk.press("Continue")
    desk.press("Share with this account")
    desk.says("Google did not allow the script to share")
    desk.says("Press Share, at the top right of the spreadsheet.")
    expect(desk.button("I have shared it")).to_be_visible()
    expect(desk.sidebar.locator(".copy")).to_contain_text("@")


def test_somebody_who_may_only_read_is_told_so(bench: Opener) -> None:
    desk = bench(rows=3)
    refusal = {"error": {"code": 403, "message": "The caller does not have permission"}}
    desk.page.route("**/as-owner/**:batchUpdate", lambda route: route.fulfill(status=403, json=refusal))
    desk.open()
    desk.says("You can read this spreadsheet but not edit it")
    desk.says("Ask its owner for the right to edit")
    desk.page.unroute("**/as-owner/**:batchUpdate")
    desk.press("Try again")
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_access_taken_back_leads_back_to_sharing(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    settings = requests.get(f"{desk.stack.workbench_url}/_workbench/settings", timeout=10).json()
    doors = f"{desk.stack.sheets_url}/_standin/workbooks/{desk.workbook}/editors"
    requests.delete(doors, json={"email": settings["system"]["service_account"]}, timeout=10)
    desk.page.reload()
    desk.says("Let Rowmill write here")


def test_several_accounts_get_their_hint_after_ten_seconds(bench: Opener) -> None:
    desk = bench(rows=3)
    desk.page.clock.install()
    desk.open(latency=3_600_000)
    desk.says("Opening…")
    desk.page.clock.run_for(11_000)
    desk.says("signed in to several Google accounts")


def test_several_accounts_get_their_hint_when_google_refuses_too(bench: Opener) -> None:
    """Google ends a call for the wrong one of several accounts with these words, before the script runs."""
    desk = bench(rows=3).opened()
    words = "We are sorry, a server error occurred while reading from storage. Error code PERMISSION_DENIED."
    desk.evaluate(
        "window.kept = google.script.run; let failed;"
        "google.script.run = { withSuccessHandler: () => google.script.run,"
        " withFailureHandler: (told) => { failed = told; return google.script.run; },"
        f" readContext: () => failed(new Error('{words}')) }};"
        "arrive();"
    )
    desk.says("Google did not let the sidebar in")
    desk.says("signed in to several Google accounts")
    desk.evaluate("google.script.run = window.kept;")
    desk.press("Try again")
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_the_service_is_out_of_reach(bench: Opener) -> None:
    desk = bench(rows=3)
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    requests.put(faults, json={"fetch_down": True}, timeout=10)
    desk.open()
    desk.says("Rowmill does not answer")
    desk.says("Your jobs go on without the sidebar.")
    requests.delete(faults, timeout=10)
    desk.press("Try again")
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_an_id_token_that_has_expired_is_said_plainly(bench: Opener) -> None:
    desk = bench(rows=3)
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    requests.put(faults, json={"token_flaw": "expired"}, timeout=10)
    desk.open()
    expect(desk.button("Try again")).to_be_visible()
    assert desk.sidebar.get_by_role("alert").inner_text().strip()
    requests.delete(faults, timeout=10)
    desk.press("Try again")
    expect(desk.button("Queue for background processing")).to_be_visible()


def test_an_expired_watch_token_is_renewed_unseen(bench: Opener) -> None:
    desk = bench(rows=3).opened()
    refused: list[str] = []

    def expire_once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.headers.get("authorization", ""))
        route.fulfill(status=401, headers={"Access-Control-Allow-Origin": "*"}, body="")

    desk.page.route("**/api/watch*", expire_once)
    desk.press("Queue for background processing")
    desk.says("Companies: complete. 3 done.")
    assert len(refused) == 1
    expect(desk.sidebar.get_by_text("Rowmill does not answer")).to_have_count(0)


def forget_the_address(desk: Bench) -> None:
    """No administrator has set one: the document has to be connected."""
    properties = f"{desk.stack.workbench_url}/_workbench/properties/script"
    kept = requests.get(properties, timeout=10).json()
    requests.put(properties, json={}, timeout=10)
    desk.page.on("close", lambda _: requests.put(properties, json=kept, timeout=10))
