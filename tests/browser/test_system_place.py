"""The System place: connection, one's own key, spending against caps, help, diagnostics without secrets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.bench import Bench, Model, new_workbook, share, some_companies
from tests.browser.conftest import Opener
from tests.browser.keyboard import tab_to
from tests.browser.test_upload_place import choose
from tests.stack import LocalStack, local_stack

pytestmark = pytest.mark.browser

GOOD = "sk-a-persons-own-key-0123456789-WXYZ"
BETTER = "sk-a-persons-next-key-9876543210-ABCD"
REFUSED = "sk-a-key-that-is-refused-0123456789"


def open_system(bench: Opener, rows: int = 2) -> Bench:
    desk = bench(rows=rows).opened()
    desk.press("System")
    expect(connection(desk)).to_contain_text("Connected")
    return desk


def connection(desk: Bench) -> Locator:
    return desk.sidebar.get_by_role("region", name="Connection")


def key_part(desk: Bench) -> Locator:
    return desk.sidebar.get_by_role("region", name="Your own key")


@pytest.fixture
def no_key(stack: LocalStack) -> Iterator[None]:
    """The person of the workbench has no key, before and after."""
    yield
    stack.person.ask("DELETE", "/api/key")


def keys_refused(stack: LocalStack, *keys: str) -> None:
    answer = requests.put(f"{stack.model_url}/_standin/faults", json={"refused_keys": list(keys)}, timeout=10)
    assert answer.ok, answer.text


def test_what_the_service_says_of_itself(bench: Opener) -> None:
    desk = open_system(bench)
    told = desk.ask("GET", "/api/system")
    expect(connection(desk)).to_contain_text(told["version"])
    expect(connection(desk)).to_contain_text(told["service_account"])
    expect(connection(desk)).to_contain_text("Editor, proved")
    model = desk.sidebar.get_by_role("region", name="Model and prices")
    expect(model).to_contain_text("Answers come from an offline stand-in")
    expect(model).to_contain_text("$0.05 in, $0.40 out")
    expect(desk.sidebar.get_by_role("region", name="Limits")).to_contain_text("100,000 a job, 100 a live run")
    expect(desk.sidebar.get_by_role("region", name="Spent today")).to_contain_text(
        "No daily cap is set here."
    )
    expect(desk.sidebar.get_by_role("region", name="Privacy")).to_contain_text("never what stands in a cell")


def test_a_service_that_does_not_answer_and_then_does(bench: Opener) -> None:
    desk = open_system(bench)
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    requests.put(faults, json={"fetch_down": True}, timeout=10)
    desk.press("Ask again")
    expect(connection(desk)).to_contain_text("No answer")
    expect(connection(desk).get_by_role("alert")).to_contain_text("Rowmill does not answer")
    requests.delete(faults, timeout=10)
    desk.press("Ask again")
    expect(connection(desk)).to_contain_text("Connected")
    expect(connection(desk).get_by_role("alert")).to_have_count(0)


@pytest.mark.usefixtures("no_key")
def test_a_key_is_refused_set_tested_replaced_and_removed(bench: Opener, model: Model) -> None:
    desk = open_system(bench)
    keys_refused(desk.stack, REFUSED)
    desk.press("Set a key")
    expect(desk.label("Key")).to_be_focused()
    desk.page.keyboard.type(REFUSED)
    desk.page.keyboard.press("Enter")
    expect(key_part(desk)).to_contain_text("The provider does not take this key for gpt-5-nano (refused).")
    expect(desk.label("Key")).to_have_attribute("aria-invalid", "true")
    assert desk.ask("GET", "/api/system")["own_key"] is None
    desk.label("Key").fill(GOOD)
    key_part(desk).get_by_role("button", name="Set", exact=True).click()
    expect(key_part(desk)).to_contain_text("ends in WXYZ")
    desk.press("Test your key")
    expect(key_part(desk)).to_contain_text("it works")
    keys_refused(desk.stack, GOOD)
    desk.press("Test your key")
    expect(key_part(desk).get_by_role("alert")).to_contain_text("The provider does not take this key")
    desk.press("Replace your key")
    desk.label("New key").fill(BETTER)
    key_part(desk).get_by_role("button", name="Replace", exact=True).click()
    expect(key_part(desk)).to_contain_text("ends in ABCD")
    desk.press("Remove")
    desk.says("Remove your key? Jobs that run on it pause until you set one again.")
    desk.press("Remove the key")
    expect(key_part(desk)).to_contain_text("Runs are paid by your organisation’s key.")
    assert desk.ask("GET", "/api/system")["own_key"] is None
    # Nothing of what was typed is left in the page.
    kept = desk.evaluate("return JSON.stringify(state) + document.documentElement.innerHTML")
    assert not [key for key in (GOOD, BETTER, REFUSED) if key in kept]


@pytest.mark.usefixtures("no_key")
def test_a_key_that_cannot_be_tested_just_now_is_not_kept(bench: Opener, model: Model) -> None:
    desk = open_system(bench)
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    desk.press("Set a key")
    desk.label("Key").fill(GOOD)
    requests.put(faults, json={"fetch_down": True}, timeout=10)
    desk.page.keyboard.press("Enter")
    expect(key_part(desk).get_by_role("alert")).to_contain_text("Rowmill does not answer")
    requests.delete(faults, timeout=10)
    key_part(desk).get_by_role("button", name="Cancel").click()
    expect(desk.button("Set a key")).to_be_visible()
    assert desk.evaluate("return state.typedKey") == ""


def test_diagnostics_tell_what_helps_and_no_secret(bench: Opener, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    rows = some_companies(3)
    secret_name, secret_tab = "A firm that nobody may know", "Tab of Q3 takeovers"
    rows[1][0] = secret_name
    desk = bench(tabs={secret_tab: rows}).opened()
    desk.press("Queue for background processing")
    desk.says("complete. 3 done.", timeout_s=60)
    desk.press("Upload")
    choose(desk, b"%PDF-1.7 secret", "offer to acme.csv")
    desk.says("This file cannot be taken")
    desk.press("System")
    desk.press("Set a key")
    desk.label("Key").fill(GOOD)
    expect(connection(desk)).to_contain_text("Connected")
    desk.press("Copy diagnostics")
    desk.says("Diagnostics copied.")
    copied = str(desk.page.evaluate("navigator.clipboard.readText()"))
    for part in (
        "Version: 0.1.0",
        "Model: gpt-5-nano at standin",
        "Own key: not set",
        "1 COMPLETED",
        "upload 422",
    ):
        assert part in copied, (part, copied)
    token = desk.evaluate("return token.text")
    account = desk.evaluate("return state.system.service_account")
    secrets = [
        secret_name,
        secret_tab,
        "acme",
        GOOD,
        GOOD[-4:],
        token,
        account,
        "@",
        desk.workbook,
        "hardware",
        "Leads",
    ]
    assert [secret for secret in secrets if secret in copied] == []


def test_where_copying_is_forbidden_the_diagnostics_are_selected(bench: Opener) -> None:
    desk = open_system(bench)
    desk.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
    desk.press("Copy diagnostics")
    desk.says("The diagnostics are selected: copy them with Ctrl+C.")
    desk.wait_until(lambda: "Rowmill diagnostics" in desk.evaluate("return getSelection().toString()"))


def test_help_and_diagnostics_by_keyboard_alone(bench: Opener) -> None:
    desk = open_system(bench)
    tab_to(desk, "A job has paused by itself")
    desk.page.keyboard.press("Enter")
    desk.says("Mend that, then press Resume.")
    tab_to(desk, "What is copied")
    desk.page.keyboard.press("Enter")
    expect(desk.sidebar.get_by_role("region", name="Diagnostics").locator("pre")).to_contain_text("Version")
    tab_to(desk, "Copy diagnostics")
    desk.page.keyboard.press("Enter")
    expect(desk.sidebar.locator(".toast")).to_contain_text("iagnostics")


def test_todays_spending_against_its_caps(
    context: BrowserContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    caps = {"USER_DAY_BUDGET_MICROUSD": "5000000", "DEPLOYMENT_DAY_BUDGET_MICROUSD": "20000000"}
    with local_stack(tmp_path_factory.mktemp("capped"), workbench=True, env=caps) as stack:
        workbook = new_workbook(stack, {"Companies": some_companies(40)})
        share(stack, workbook)
        desk = Bench(context.new_page(), stack, workbook).opened()
        desk.press("Queue for background processing")
        desk.says("complete. 40 done.", timeout_s=60)
        desk.press("System")
        spent = {each["scope"]: each for each in desk.ask("GET", "/api/system")["spending"]}
        assert spent["user"]["spent_microusd"] > 0
        shown = desk.sidebar.get_by_role("region", name="Spent today")
        words = desk.evaluate(f"return money({spent['user']['spent_microusd']})")
        expect(shown).to_contain_text(f"You{words} of $5.00")
        expect(shown).to_contain_text(f"Everyone here{words} of $20.00")
        expect(shown).to_contain_text("Begins anew")
        desk.page.close()
