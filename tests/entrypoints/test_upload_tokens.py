"""Leave to send one file: for whom, how long, how often, and from which pages."""

from __future__ import annotations

import time
from typing import Any

import pytest

from backend.entrypoints.tokens import UPLOAD_S
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House
from tests.entrypoints.test_signed_tokens import FOREIGN, SCRIPT_PAGE
from tests.entrypoints.uploads import (
    CSV,
    send,
    token_for,
    uploaded,
    workbook,
)


@pytest.fixture
def sheet(house: House, alice: Caller) -> str:
    identifier = house.a_sheet()
    alice.prove(identifier)
    return identifier


def test_a_repeated_upload_is_one_upload(alice: Caller, sheet: str) -> None:
    token = token_for(alice, sheet)
    first, again = send(alice, token, CSV), send(alice, token, CSV)
    assert (first.status_code, again.get_json()["id"]) == (201, first.get_json()["id"])
    other = send(alice, token, CSV + b"Elm,,\r\n")
    assert (other.status_code, "another file" in other.get_json()["detail"]) == (422, True)


def test_a_token_names_its_file_so_that_the_address_holds_nothing(alice: Caller, sheet: str) -> None:
    data = workbook(["Company Name"], ["Oak"], title="First")
    given = send(alice, token_for(alice, sheet, "März & Søn.xlsx", sheet="First"), data).get_json()
    assert (given["name"], given["sheet"]) == ("März & Søn.xlsx", "First")


def test_a_token_needs_the_grant_still_when_it_is_used(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)
    token = token_for(alice, sheet)
    house.clock.passes(3_601)
    refused = send(alice, token, CSV)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "no_grant")


def test_a_token_ends(alice: Caller, sheet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    token, ahead = token_for(alice, sheet), time.time() + UPLOAD_S + 1
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: ahead)
    assert send(alice, token, CSV).status_code == 401


def test_a_token_sends_one_file_and_does_nothing_else(alice: Caller, house: House, sheet: str) -> None:
    page = house.somebody(token_for(alice, sheet))
    given = uploaded(alice, sheet, CSV)
    for method, path in (
        ("GET", f"/api/imports?spreadsheet_id={sheet}"),
        ("GET", f"/api/imports/{given['id']}?spreadsheet_id={sheet}"),
        ("GET", f"/api/watch?spreadsheet_id={sheet}"),
        ("GET", "/api/system"),
    ):
        assert page.call(method, path).status_code == 401, path
    assert (
        page.call("POST", f"/api/imports/{given['id']}/write?spreadsheet_id={sheet}", {}).status_code == 401
    )


@pytest.mark.parametrize("kind", ["id", "watch"])
def test_no_other_token_sends_a_file(alice: Caller, sheet: str, kind: str) -> None:
    token = alice.prove(sheet) if kind == "watch" else alice.token or ""
    assert send(alice, token, CSV).status_code == 401


def test_pages_of_scripts_may_send_files_and_read_refusals_and_others_may_not(
    alice: Caller, house: House, sheet: str
) -> None:
    def allowed(answer: Any) -> tuple[int, str | None]:
        return answer.status_code, answer.headers.get("Access-Control-Allow-Origin")

    nobody = house.somebody(None)
    asked = nobody.call("OPTIONS", "/api/imports", headers={"Origin": SCRIPT_PAGE})
    assert allowed(asked) == (204, SCRIPT_PAGE)
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert allowed(send(alice, token_for(alice, sheet), CSV, Origin=SCRIPT_PAGE)) == (201, SCRIPT_PAGE)
    assert allowed(send(alice, "old", CSV, Origin=SCRIPT_PAGE)) == (401, SCRIPT_PAGE)
    for foreign in FOREIGN:
        assert allowed(nobody.call("OPTIONS", "/api/imports", headers={"Origin": foreign}))[1] is None
        assert allowed(send(alice, token_for(alice, sheet), CSV, Origin=foreign))[1] is None
