"""Faults on demand: quotas, errors, lost answers, cut connections, delays, holds; and the ledger."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests

from backend.local.sheets.errors import GoogleError
from backend.local.sheets.quotas import Quotas
from tests.contracts.sheets_api.cases import PEOPLE, read, write
from tests.contracts.sheets_api.conftest import SheetsServer, refusal


def put(server: SheetsServer, book: str, value: str, **more: Any) -> requests.Response:
    """A write with a bare client, which tries once."""
    return requests.put(
        f"{server.url}/v4/spreadsheets/{book}/values/Tab!A1",
        params={"valueInputOption": "RAW"},
        json={"values": [[value]]},
        timeout=10,
        **more,
    )


def stored(server: SheetsServer, book: str) -> str:
    """The cell as the workbench sees it, whom no fault touches."""
    url = f"{server.url}/_standin/as-owner/v4/spreadsheets/{book}/values/Tab!A1"
    return str(requests.get(url, timeout=10).json()["values"][0][0])


@pytest.fixture
def book(server: SheetsServer) -> str:
    return server.book(("Tab", PEOPLE))


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        (503, "UNAVAILABLE", "The service is currently unavailable."),
        (500, "INTERNAL", "Internal error encountered."),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' "
            "of service 'sheets.googleapis.com' for consumer 'project_number:rowmill-local'.",
        ),
    ],
)
def test_the_next_requests_fail(
    code: int, status: str, message: str, server: SheetsServer, sheets: Any, book: str
) -> None:
    server.switch(fail_next=2, fail_code=code)
    for _ in range(2):
        error = refusal(write("Tab!A1", [["x"]])(sheets, book))
        assert (error["code"], error["status"], error["message"]) == (code, status, message)
    assert stored(server, book) == "Name"
    write("Tab!A1", [["x"]])(sheets, book).execute()
    assert stored(server, book) == "x"


def test_only_writes_may_fail(server: SheetsServer, sheets: Any, book: str) -> None:
    server.switch(fail_rate=1, only="write")
    read("Tab!A1")(sheets, book).execute()
    assert refusal(write("Tab!A1", [["x"]])(sheets, book))["code"] == 503


def test_an_answer_is_lost_after_the_write_was_applied(server: SheetsServer, book: str) -> None:
    server.switch(lose_next=1)
    with pytest.raises(requests.ConnectionError):
        put(server, book, "applied")
    assert stored(server, book) == "applied"
    assert server.ledger()[-2]["status"] == 0


def test_a_connection_is_cut_before_anything_is_applied(server: SheetsServer, book: str) -> None:
    server.switch(cut_next=1)
    with pytest.raises(requests.ConnectionError):
        put(server, book, "never")
    assert stored(server, book) == "Name"


def test_the_same_seed_fails_the_same_requests(server: SheetsServer, book: str) -> None:
    def outcomes() -> list[int]:
        server.switch(seed=7, fail_rate=0.5)
        return [put(server, book, "x").status_code for _ in range(20)]

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {200, 503}


def test_writes_may_be_slow(server: SheetsServer, book: str) -> None:
    server.switch(write_delay_ms=60)
    started = time.perf_counter()
    put(server, book, "slow")
    assert time.perf_counter() - started >= 0.06
    assert server.ledger()[-1]["ms"] >= 60


@pytest.mark.parametrize(("place", "seen_while_held"), [("before", "Name"), ("after", "held")])
def test_a_write_is_held_until_the_switches_change(
    place: str, seen_while_held: str, server: SheetsServer, book: str
) -> None:
    server.switch(hold=place, only="write")
    writer = threading.Thread(target=put, args=(server, book, "held"))
    writer.start()
    wait_for(lambda: server.door("GET", "/status").json()["held"] == 1)
    assert stored(server, book) == seen_while_held
    server.switch()
    writer.join(10)
    assert stored(server, book) == "held"


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_quotas_are_kept_for_reads_and_writes_apart(server: SheetsServer, sheets: Any, book: str) -> None:
    server.switch(quotas=True, quota_per_user=3)
    for _ in range(3):
        read("Tab!A1")(sheets, book).execute()
    error = refusal(read("Tab!A1")(sheets, book))
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["message"].startswith(
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests "
    )
    # Source: live answers with quota_limit_value and the Help link, as Google sends them since 2023.
    info, help_ = error["details"]
    assert (info["reason"], info["domain"]) == ("RATE_LIMIT_EXCEEDED", "googleapis.com")
    assert info["metadata"] == {
        "quota_limit": "ReadRequestsPerMinutePerUser",
        "quota_limit_value": "3",
        "quota_metric": "sheets.googleapis.com/read_requests",
        "quota_unit": "1/min/{project}/{user}",
        "quota_location": "global",
        "service": "sheets.googleapis.com",
        "consumer": "projects/rowmill-local",
    }
    assert help_["links"][0]["description"] == "Request a higher quota limit."
    write("Tab!A1", [["x"]])(sheets, book).execute()


def test_the_workbench_uses_no_quota(server: SheetsServer, sheets: Any, book: str) -> None:
    server.switch(quotas=True, quota_per_user=1)
    for _ in range(3):
        stored(server, book)
    read("Tab!A1")(sheets, book).execute()


def used(quotas: Quotas, times: int, user: str = "a") -> int:
    """How many of so many reads are let through."""
    through = 0
    for _ in range(times):
        with suppress(GoogleError):
            quotas.use("read", user)
            through += 1
    return through


def test_a_sliding_minute() -> None:
    now = [1000.0]
    quotas = Quotas(clock=lambda: now[0])
    assert used(quotas, 100) == 60
    now[0] += 59.9
    assert used(quotas, 100) == 0
    now[0] += 0.2
    assert used(quotas, 100) == 60


def test_a_fixed_minute_is_refilled_at_once() -> None:
    now = [1079.0]
    quotas = Quotas(window="fixed", clock=lambda: now[0])
    assert used(quotas, 100) == 60
    now[0] = 1080.0
    assert used(quotas, 100) == 60


def test_the_project_has_a_limit_of_its_own() -> None:
    quotas = Quotas(clock=lambda: 0.0)
    assert sum(used(quotas, 60, f"user-{number}") for number in range(10)) == 300
    assert used(Quotas(clock=lambda: 0.0), 300) == 60


def test_unknown_switches_are_refused(server: SheetsServer) -> None:
    assert server.door("PUT", "/faults", json={"fial_next": 1}).status_code == 422


def test_the_ledger_tells_what_was_asked(server: SheetsServer, sheets: Any, book: str) -> None:
    since = server.ledger()[-1]["n"] if server.ledger() else 0
    sheets.values().batchGet(spreadsheetId=book, ranges=["Tab!A1:A3", "Tab!C1"]).execute()
    write("Tab!A1:B2", [["x"], ["y", "z"]])(sheets, book).execute()
    refusal(read("Nope!A1")(sheets, book))
    reading, writing, refused = server.ledger(since)
    assert (reading["kind"], reading["name"], reading["spreadsheet"]) == (
        "read",
        "spreadsheets.values.batchGet",
        book,
    )
    assert (reading["ranges"], reading["rows"]) == (["Tab!A1:A3", "Tab!C1"], 4)
    assert (writing["kind"], writing["ranges"], writing["rows"]) == ("write", ["Tab!A1:B2"], 2)
    assert (writing["status"], refused["status"], refused["door"]) == (200, 400, "api")
    assert writing["ms"] > 0
