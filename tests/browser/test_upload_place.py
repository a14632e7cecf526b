"""The Upload place: files chosen and dropped, good and bad, called off and carried on, and on to Check."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, expect

from tests.browser.bench import Bench
from tests.browser.conftest import Opener
from tests.browser.keyboard import tab_to
from tests.files.test_ugly import CASES

pytestmark = pytest.mark.browser

CSV = (
    b"Company Name;Company Keywords;Company Short Description;Phone\r\n"
    b"Oak Tools;hammers, nails;Hardware shop in Leeds;+44 113 496 0000\r\n"
    b";;;020\r\n"
    b"Fir Pipes;pipes;Plumbing supplies in York;\r\n"
)


def a_csv(rows: int, words: int = 150) -> bytes:
    lines = [f"Company {n},{'word ' * words}" for n in range(rows)]
    return ("Company Name,Company Short Description\n" + "\n".join(lines)).encode()


def choose(desk: Bench, data: bytes, name: str = "leads.csv") -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    desk.sidebar.locator("#file").set_input_files(files=[file])


def drop(desk: Bench, *files: tuple[str, bytes]) -> None:
    """As a browser tells of it: the files come over the place, and are let go."""
    told = json.dumps([[name, base64.b64encode(data).decode()] for name, data in files])
    desk.evaluate(
        f"""const carried = new DataTransfer();
        for (const [name, text] of {told}) {{
          carried.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
        }}
        const main = document.querySelector('main');
        for (const what of ['dragover', 'drop']) {{
          const told = {{ dataTransfer: carried, bubbles: true, cancelable: true }};
          main.dispatchEvent(new DragEvent(what, told));
        }}"""
    )


def title(desk: Bench, text: str, timeout_s: float = 60) -> None:
    """The step's heading: what is shown, and where the focus went."""
    heading = desk.sidebar.locator("#upload-title")
    expect(heading).to_have_text(text, timeout=timeout_s * 1000)
    expect(heading).to_be_focused()


def tabs(desk: Bench) -> list[str]:
    return [tab["properties"]["title"] for tab in desk.sheet("GET", "")["sheets"]]


def uploads(desk: Bench) -> list[Any]:
    """What the service keeps of this person's uploads."""
    found: list[Any] = desk.ask("GET", f"/api/imports?spreadsheet_id={desk.workbook}")["imports"]
    return found


def late_steps(desk: Bench, seconds: float) -> None:
    """Every call of the script to the service takes longer: time to press something meanwhile."""
    answer = requests.put(
        f"{desk.stack.workbench_url}/_standin/faults", json={"fetch_delay_s": seconds}, timeout=10
    )
    assert answer.ok


def at_once_again(desk: Bench) -> None:
    assert requests.delete(f"{desk.stack.workbench_url}/_standin/faults", timeout=10).ok


def alert(desk: Bench) -> Locator:
    return desk.sidebar.get_by_role("alert")


@pytest.fixture
def desk(bench: Opener) -> Bench:
    desk = bench(rows=2).opened()
    desk.press("Upload")
    title_shown = desk.sidebar.locator("#upload-title")
    expect(title_shown).to_have_text("Upload a file")
    return desk


def test_a_file_becomes_a_tab_and_its_check_is_one_press_away(desk: Bench) -> None:
    desk.says("Up to 20 MB and 200,000 rows.")
    choose(desk, CSV, "leads of may.csv")
    title(desk, "leads of may.csv")
    desk.says("CSV · 3 rows · 4 columns")
    columns = desk.sidebar.get_by_role("region", name="Recognised columns")
    expect(columns.get_by_role("listitem")).to_have_text(
        ["ACompany Name", "BCompany Keywords", "CCompany Short Description"]
    )
    expect(columns).to_contain_text("The other column comes along as it is.")
    desk.says("1 row would be skipped")
    desk.says("Row 3: no inputs")
    rows = desk.sidebar.get_by_role("region", name="First rows of the file")
    expect(rows.get_by_role("row").nth(1)).to_have_text(
        "2Oak Toolshammers, nailsHardware shop in Leeds+44 113 496 0000"
    )
    assert tabs(desk) == ["Companies"]
    desk.press("Add as a new tab")
    desk.says("The tab is ready", timeout_s=60)
    desk.press("Check", exact=True)
    expect(desk.sidebar.get_by_role("region", name="Receipt")).to_contain_text("Rows found3", timeout=60_000)
    expect(desk.sidebar.get_by_role("heading", level=1)).to_have_text("leads of may")
    assert desk.values("leads of may")[1] == [
        "Oak Tools", "hammers, nails", "Hardware shop in Leeds", "+44 113 496 0000"
    ]  # fmt: skip
    # The tab is in front in the sheet, too, and the place is ready for another file.
    expect(desk.cell(2, 1)).to_have_text("Oak Tools")
    desk.press("Upload")
    expect(desk.sidebar.locator("#upload-title")).to_have_text("Upload a file")


def test_results_come_first_as_the_kind_of_file_that_was_uploaded(desk: Bench) -> None:
    drop(desk, ("leads.xlsx", (UGLY / "several-tabs.xlsx").read_bytes()))
    desk.press("Add as a new tab")
    desk.press("Check", exact=True)
    desk.press("Queue for background processing")
    desk.says("complete. 1 done.", timeout_s=60)
    desk.press("Show", exact=True)
    desk.says("This tab was uploaded as an Excel file.")
    section = desk.sidebar.get_by_role("region", name="Download")
    expect(section.get_by_role("button")).to_have_text(["Excel", "CSV"])
    with desk.page.expect_download() as begun:
        section.get_by_role("button").first.click()
    assert begun.value.path().read_bytes().startswith(b"PK")


UGLY = Path(__file__).parents[1] / "files" / "ugly"


def test_another_tab_of_a_workbook(desk: Bench) -> None:
    choose(desk, (UGLY / "several-tabs.xlsx").read_bytes(), "several.xlsx")
    expect(desk.label("Tab of the workbook")).to_have_value("Leads 2026")
    desk.label("Tab of the workbook").select_option("Read me")
    expect(desk.label("Tab of the workbook")).to_have_value("Read me", timeout=60_000)
    desk.says("No column was recognised")
    desk.label("Name of the new tab").fill("Chosen by hand")
    desk.press("Add as a new tab")
    desk.press("Go to the tab")
    expect(desk.sidebar.get_by_role("heading", level=1)).to_have_text("Chosen by hand", timeout=60_000)


def test_every_ugly_file_shows_its_rows_or_its_sentence(desk: Bench) -> None:
    for path in CASES:
        expected = json.loads(path.with_name(f"{path.name}.json").read_text("utf-8"))
        if path.stat().st_size == 0:
            continue  # a browser cannot be handed a file of no bytes: tried in tests/entrypoints
        choose(desk, path.read_bytes(), path.name)
        if "refused" in expected:
            expect(alert(desk)).to_contain_text(expected["refused"], timeout=60_000)
            continue
        title(desk, path.name)
        count = len(expected["rows"])
        desk.says("1 row ·" if count == 1 else f"{count} rows ·")
        for note in expected["notes"]:
            desk.says(note)
        desk.press("Another file")
    assert tabs(desk) == ["Companies"]


def test_a_file_that_is_too_large_is_told_before_it_is_sent(desk: Bench) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.evaluate("sendFile(new File([new Uint8Array(21 * 1024 * 1024)], 'big.csv'))")
    expect(alert(desk)).to_contain_text("“big.csv” has 21 MB, and at most 20 MB can be taken.")
    assert not [url for url in asked if "/api/imports" in url]


def test_a_file_of_twenty_megabytes_arrives_whole(desk: Bench) -> None:
    rows = 19_500
    data = a_csv(rows, words=205)
    assert 19 * 1024 * 1024 < len(data) < 20 * 1024 * 1024
    choose(desk, data, "twenty.csv")
    title(desk, "twenty.csv", timeout_s=120)
    desk.says("CSV · 19,500 rows · 2 columns", timeout_s=120)


def test_called_off_while_the_bytes_are_on_their_way(desk: Bench) -> None:
    network = desk.page.context.new_cdp_session(desk.page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 150_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    choose(desk, a_csv(6_000), "slow.csv")
    sending = desk.sidebar.get_by_role("progressbar", name="Sending the file")
    desk.wait_until(lambda: 1 <= int(sending.get_attribute("aria-valuenow") or 0) < 90)
    desk.press("Cancel")
    title(desk, "Upload a file")
    desk.says("Cancelled. Nothing was written.")
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    assert (tabs(desk), uploads(desk)) == (["Companies"], [])
    choose(desk, CSV)
    title(desk, "leads.csv")


def test_a_connection_that_ends_is_told_and_the_file_can_be_sent_again(desk: Bench) -> None:
    desk.page.route("**/api/imports", lambda route: route.abort("connectionreset"))
    choose(desk, CSV)
    expect(alert(desk)).to_contain_text("The file did not arrive")
    desk.page.unroute("**/api/imports")
    desk.press("Try again")
    title(desk, "leads.csv")


def test_a_service_that_does_not_answer_is_told(desk: Bench) -> None:
    faults = f"{desk.stack.workbench_url}/_standin/faults"
    requests.put(faults, json={"fetch_down": True}, timeout=10)
    choose(desk, CSV)
    expect(alert(desk)).to_contain_text("Rowmill does not answer")
    at_once_again(desk)
    desk.press("Try again")
    title(desk, "leads.csv")


def test_called_off_while_the_tab_is_written_its_tab_goes(desk: Bench) -> None:
    choose(desk, a_csv(3_000), "half.csv")
    title(desk, "half.csv")
    late_steps(desk, 1.5)
    desk.press("Add as a new tab")
    desk.wait_until(lambda: "half" in tabs(desk))
    desk.press("Cancel")
    desk.says("Cancel the upload? Its tab is removed.")
    desk.press("Cancel the upload")
    desk.says("Cancelled. The tab is removed.", timeout_s=60)
    at_once_again(desk)
    assert (tabs(desk), uploads(desk)) == (["Companies"], [])


@pytest.mark.parametrize("then", ["Carry on", "Cancel"])
def test_a_sidebar_closed_half_way_is_carried_on_with_or_called_off(desk: Bench, then: str) -> None:
    choose(desk, a_csv(3_000), "left.csv")
    title(desk, "left.csv")
    late_steps(desk, 1.5)
    desk.press("Add as a new tab")
    desk.wait_until(lambda: "left" in tabs(desk))
    at_once_again(desk)
    desk.opened()
    desk.press("Upload")
    desk.says("This upload was left half way")
    desk.press(then)
    if then == "Carry on":
        desk.says("The tab is ready", timeout_s=60)
        assert [row[0] for row in desk.values("left")[1:]] == [f"Company {n}" for n in range(3_000)]
    else:
        desk.press("Cancel the upload")
        title(desk, "Upload a file")
        assert tabs(desk) == ["Companies"]


def test_who_is_elsewhere_meanwhile_is_told_when_the_tab_is_ready(desk: Bench) -> None:
    choose(desk, a_csv(3_000), "meanwhile.csv")
    title(desk, "meanwhile.csv")
    late_steps(desk, 1)
    desk.press("Add as a new tab")
    desk.press("Jobs")
    desk.says("The new tab is ready: go on under Upload.", timeout_s=60)
    at_once_again(desk)
    desk.press("Upload")
    desk.says("The tab is ready")


def test_a_step_that_google_leaves_unanswered_is_taken_again_unseen(desk: Bench) -> None:
    choose(desk, CSV)
    title(desk, "leads.csv")
    url = f"{desk.stack.sheets_url}/_standin/faults"
    requests.put(url, json={"lose_next": 1, "only": "write"}, timeout=10).raise_for_status()
    desk.press("Add as a new tab")
    desk.says("The tab is ready", timeout_s=60)
    requests.delete(url, timeout=10).raise_for_status()
    assert (tabs(desk), len(desk.values("leads"))) == (["Companies", "leads"], 4)


def test_a_tab_deleted_meanwhile_is_told(desk: Bench) -> None:
    choose(desk, a_csv(3_000), "deleted.csv")
    title(desk, "deleted.csv")
    late_steps(desk, 1.5)
    desk.press("Add as a new tab")
    desk.wait_until(lambda: "deleted" in tabs(desk))
    made = next(
        tab["properties"]
        for tab in desk.sheet("GET", "")["sheets"]
        if tab["properties"]["title"] == "deleted"
    )
    desk.sheet("POST", ":batchUpdate", {"requests": [{"deleteSheet": {"sheetId": made["sheetId"]}}]})
    expect(alert(desk)).to_contain_text("The new sheet was deleted meanwhile.", timeout=60_000)
    at_once_again(desk)


def test_access_taken_back_leads_to_sharing_and_back_to_the_upload(desk: Bench) -> None:
    choose(desk, CSV)
    title(desk, "leads.csv")
    settings = requests.get(f"{desk.stack.workbench_url}/_workbench/settings", timeout=10).json()
    doors = f"{desk.stack.sheets_url}/_standin/workbooks/{desk.workbook}/editors"
    requests.delete(doors, json={"email": settings["system"]["service_account"]}, timeout=10)
    desk.press("Add as a new tab")
    desk.says("Let Rowmill write here", timeout_s=60)
    desk.press("Share with this account")
    desk.press("Carry on")
    desk.says("The tab is ready", timeout_s=60)


def test_several_files_at_once_are_one_too_many(desk: Bench) -> None:
    drop(desk, ("a.csv", CSV), ("b.csv", CSV))
    expect(alert(desk)).to_contain_text("One file at a time")


def test_a_file_let_go_on_another_place_does_not_replace_the_sidebar(desk: Bench) -> None:
    desk.press("System")
    drop(desk, ("a.csv", CSV))
    expect(desk.sidebar.get_by_role("heading", level=2).first).to_have_text("Connection")
    assert uploads(desk) == []


def test_markup_in_a_file_is_text(desk: Bench) -> None:
    trick = "<img src=x onerror=parent.alert(1)>"
    choose(desk, f"Company Name,Website\n{trick},x.example\n".encode(), f"{trick.replace('/', '')}.csv")
    expect(desk.sidebar.get_by_role("region", name="First rows of the file")).to_contain_text(trick)
    assert desk.sidebar.locator("img").count() == 0


def test_from_the_file_to_the_receipt_by_keyboard_alone(desk: Bench) -> None:
    tab_to(desk, "Choose a file")
    with desk.page.expect_file_chooser() as chooser:
        desk.page.keyboard.press("Enter")
    chooser.value.set_files([{"name": "leads.csv", "mimeType": "text/csv", "buffer": CSV}])
    title(desk, "leads.csv")
    tab_to(desk, "Name of the new tab")
    desk.page.keyboard.type("By keys")
    desk.page.keyboard.press("Enter")
    title(desk, "By keys")
    tab_to(desk, "Check")
    desk.page.keyboard.press("Enter")
    expect(desk.sidebar.get_by_role("region", name="Receipt")).to_contain_text("Rows found3", timeout=60_000)
