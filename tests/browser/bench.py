"""The workbench as a person uses it: a workbook on the left, the sidebar on the right."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import requests
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.stack import LocalStack

HEADERS = ["Company Name", "Company Keywords", "Company Short Description", "Website", "Instantly Date"]
OUTPUTS = ["Category", "Brand Name", "Email Question", "Status"]
TRADES = ["hardware", "bakery", "roofing", "plumbing", "florist", "bicycle", "printing", "optician"]


def some_companies(count: int) -> list[list[Any]]:
    """A header and so many rows of companies nobody asked about before; every third is of 2026-03-02."""
    county = secrets.token_hex(3)
    rows: list[list[Any]] = [list(HEADERS)]
    for n in range(1, count + 1):
        trade = TRADES[n % len(TRADES)]
        date = "2026-03-02" if n % 3 == 0 else ""
        name = f"{trade.title()} House {n}"
        place = f"town {n} of {county}"
        rows.append([name, f"{trade}, repair, {place}", f"{name} sells {trade} goods in {place}.", "", date])
    return rows


@dataclass
class Model:
    """The offline model's verbs."""

    url: str

    def is_slow(self, delay_ms: int) -> None:
        self._rules([{"fault": "slow", "probability": 1, "delay_ms": delay_ms}])

    def answers_in_waves(self, rows: int, waves: int, every_ms: int) -> None:
        """The first rows of `some_companies` at once, the next ones `every_ms` later, and so on."""
        size = rows // waves
        towns = [[f"town {wave * size + n + 1} of" for n in range(size)] for wave in range(waves)]
        self._rules(
            [{"fault": "slow", "when": names, "delay_ms": n * every_ms} for n, names in enumerate(towns)]
        )

    def fails(self, fault: str, when: str) -> None:
        """Every call whose prompt holds the text."""
        self._rules([{"fault": fault, "when": [when]}])

    def is_well(self) -> None:
        assert requests.delete(f"{self.url}/_standin/faults", timeout=10).ok

    def _rules(self, rules: list[dict[str, Any]]) -> None:
        answer = requests.put(f"{self.url}/_standin/faults", json={"rules": rules}, timeout=10)
        assert answer.ok, answer.text


@dataclass
class Bench:
    """One workbook of its own, and the page that shows it."""

    page: Page
    stack: LocalStack
    workbook: str
    #: JavaScript errors of the page and of the sidebar: none is expected, ever.
    errors: list[str] = field(default_factory=list)

    @property
    def sidebar(self) -> FrameLocator:
        return self.page.frame_locator("#sidebar")

    def open(self, **query: Any) -> Bench:
        """Loads the workbench; calls of the script take next to no time unless `latency` says more."""
        asked = urlencode({"workbook": self.workbook, "latency": 5, **query})
        self.page.goto(f"{self.stack.workbench_url}/?{asked}")
        return self

    def opened(self) -> Bench:
        """Loads the workbench and waits until the Sheet place can be used."""
        self.open()
        expect(self.button("Queue for background processing")).to_be_visible(timeout=60_000)
        return self

    def button(self, name: str, **more: Any) -> Locator:
        return self.sidebar.get_by_role("button", name=name, **more)

    def press(self, name: str, **more: Any) -> None:
        self.button(name, **more).click()

    def label(self, name: str) -> Locator:
        return self.sidebar.get_by_label(name, exact=True)

    def says(self, text: str, timeout_s: float = 60) -> None:
        expect(self.sidebar.locator("#root")).to_contain_text(text, timeout=timeout_s * 1000)

    def cell(self, row: int, column: int) -> Locator:
        """A cell as the sheet numbers its rows, and columns from 1."""
        return self.page.locator(f'.grid [data-row="{row - 1}"][data-column="{column - 1}"]')

    def evaluate(self, script: str) -> Any:
        """Runs something in the sidebar's own frame."""
        frame = self.page.frame_locator("#sidebar").locator("#root")
        return frame.evaluate(f"() => {{ {script} }}")

    # What goes on beside the page.

    def sheet(self, method: str, path: str, body: Any = None) -> Any:
        """A request with the owner's rights: `path` stands behind the spreadsheet's address."""
        base = f"{self.stack.sheets_url}/_standin/as-owner/v4/spreadsheets/{self.workbook}"
        answer = requests.request(method, base + path, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def values(self, tab: str = "Companies") -> list[list[Any]]:
        name = quote("'" + tab.replace("'", "''") + "'", safe="")
        return list(self.sheet("GET", f"/values/{name}").get("values", []))

    def asked(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A request to the api as the person at the sheet, beside the page."""
        url = f"{self.stack.workbench_url}/_workbench/id_token"
        token = requests.post(url, timeout=10).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.stack.backend_url + path, json=body, headers=headers, timeout=30)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.asked(method, path, body)
        assert answer.ok, answer.text
        return answer.json()

    def cancel_what_is_left(self) -> None:
        """No test's job stands in the line before the next test's. Without a grant there is none."""
        asked = {"spreadsheet_id": self.workbook, "action": "cancel"}
        for status in ("RUNNING", "PENDING"):
            answer = self.asked("POST", "/api/jobs/actions", {**asked, "filter": {"status": status}})
            assert answer.status_code in {200, 403}, answer.text

    def wait_until(self, holds: Any, timeout_s: float = 60) -> None:
        """Waits for something beside the page; `holds` is asked again and again."""
        end = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end, "it did not come about in time"
            self.page.wait_for_timeout(100)


def share(stack: LocalStack, workbook: str) -> None:
    """The workbook has been shared with the service account, and the introduction read."""
    settings = requests.get(f"{stack.workbench_url}/_workbench/settings", timeout=30).json()
    account = settings["system"]["service_account"]
    doors = f"{stack.sheets_url}/_standin/workbooks/{workbook}/editors"
    assert requests.put(doors, json={"email": account}, timeout=30).ok
    properties = f"{stack.workbench_url}/_workbench/properties/user%20{workbook}"
    assert requests.put(properties, json={"INTRODUCED": "1"}, timeout=30).ok


def new_workbook(stack: LocalStack, tabs: dict[str, list[list[Any]]], owner: str = "ada@example.com") -> str:
    body = {
        "title": "Leads",
        "owner": owner,
        "tabs": [{"title": title, "rows": rows} for title, rows in tabs.items()],
    }
    answer = requests.post(f"{stack.sheets_url}/_standin/workbooks", json=body, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
