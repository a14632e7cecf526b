"""Who may do what: bearer tokens from the identity stand-in, sharing, protected ranges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from google.oauth2.service_account import Credentials

from backend.local.identity.app import create_app as create_identity
from tests.contracts.sheets_api.cases import PEOPLE, change, read, write
from tests.contracts.sheets_api.conftest import SheetsServer, client_of, refusal, sheets_server
from tests.serving import serving

SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]
OWNER, EDITOR, VIEWER, STRANGER = (f"{who}@example.com" for who in ("owner", "editor", "viewer", "stranger"))
FORBIDDEN = (403, "PERMISSION_DENIED", "The caller does not have permission")
PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)


@dataclass
class Guarded:
    """A stand-in that checks tokens, one client for each person, and the identity's address."""

    server: SheetsServer
    identity: str
    people: dict[str, Any]

    def book(self) -> str:
        book = self.server.book(("Tab", PEOPLE), owner=OWNER, editors=[EDITOR])
        self.share(book, VIEWER, role="viewer")
        return book

    def share(self, book: str, email: str, role: str = "editor") -> None:
        answer = self.server.door("PUT", f"/workbooks/{book}/editors", json={"email": email, "role": role})
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder: Path = tmp_path_factory.mktemp("guarded")
    with ExitStack() as stack:
        identity = stack.enter_context(serving(create_identity(folder / "identity")))
        server = stack.enter_context(sheets_server(folder / "sheets", identity))
        people = {}
        for email in (OWNER, EDITOR, VIEWER, STRANGER):
            key = requests.post(
                f"{identity}/_standin/service_accounts", json={"email": email}, timeout=5
            ).json()
            credentials = Credentials.from_service_account_info(key, scopes=SCOPES)
            people[email] = stack.enter_context(client_of(server.url, credentials))
        yield Guarded(server, identity, people)


def facts(error: dict[str, Any]) -> tuple[int, str, str]:
    return error["code"], error["status"], error["message"]


def test_owner_and_editors_read_and_write(guarded: Guarded) -> None:
    book = guarded.book()
    for email in (OWNER, EDITOR):
        write("Tab!A1", [[email]])(guarded.people[email], book).execute()
        assert read("Tab!A1")(guarded.people[email], book).execute()["values"] == [[email]]


def test_a_viewer_reads_alone(guarded: Guarded) -> None:
    book = guarded.book()
    assert read("Tab!A1")(guarded.people[VIEWER], book).execute()["values"] == [["Name"]]
    assert facts(refusal(write("Tab!A1", [["x"]])(guarded.people[VIEWER], book))) == FORBIDDEN
    renamed = change({"updateSheetProperties": {"properties": {"title": "x"}, "fields": "title"}})
    assert facts(refusal(renamed(guarded.people[VIEWER], book))) == FORBIDDEN


def test_a_stranger_does_neither(guarded: Guarded) -> None:
    book = guarded.book()
    assert facts(refusal(read("Tab!A1")(guarded.people[STRANGER], book))) == FORBIDDEN
    assert facts(refusal(write("Tab!A1", [["x"]])(guarded.people[STRANGER], book))) == FORBIDDEN


def test_sharing_can_be_taken_back(guarded: Guarded) -> None:
    book = guarded.book()
    guarded.server.door("DELETE", f"/workbooks/{book}/editors", json={"email": EDITOR})
    assert facts(refusal(read("Tab!A1")(guarded.people[EDITOR], book))) == FORBIDDEN
    guarded.share(book, EDITOR)
    assert read("Tab!A1")(guarded.people[EDITOR], book).execute()["values"] == [["Name"]]
    people = guarded.server.door("GET", f"/workbooks/{book}/editors").json()
    assert people == {"owner": OWNER, "editors": [EDITOR], "viewers": [VIEWER]}


def test_an_unknown_spreadsheet_is_not_found_for_anybody(guarded: Guarded) -> None:
    error = refusal(read("Tab!A1")(guarded.people[STRANGER], "nobody-has-it"))
    assert facts(error) == (404, "NOT_FOUND", "Requested entity was not found.")


def test_who_creates_owns(guarded: Guarded) -> None:
    made = guarded.people[STRANGER].create(body={"properties": {"title": "Mine"}}).execute()
    people = guarded.server.door("GET", f"/workbooks/{made['spreadsheetId']}/editors").json()
    assert people["owner"] == STRANGER
    assert facts(refusal(read("A1")(guarded.people[EDITOR], made["spreadsheetId"]))) == FORBIDDEN


@pytest.mark.parametrize(
    ("headers", "opening", "reason"),
    [
        ({}, "Request is missing required authentication credential. ", "CREDENTIALS_MISSING"),
        (
            {"Authorization": "Bearer made-up"},
            "Request had invalid authentication credentials. ",
            "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        ),
    ],
)
def test_a_token_is_needed(headers: dict[str, str], opening: str, reason: str, guarded: Guarded) -> None:
    # Source: live answers of Google's APIs to requests without and with a wrong token.
    book = guarded.book()
    answer = requests.get(f"{guarded.server.url}/v4/spreadsheets/{book}", headers=headers, timeout=5)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (401, 401, "UNAUTHENTICATED")
    assert error["message"] == (
        opening + "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
        "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    assert error["details"][0]["reason"] == reason


def test_without_the_identity_nobody_is_believed(tmp_path: Path) -> None:
    with sheets_server(tmp_path, "http://127.0.0.1:9") as server:
        answer = requests.get(
            f"{server.url}/v4/spreadsheets/x", headers={"Authorization": "Bearer x"}, timeout=5
        )
        assert answer.status_code == 503


def test_the_workbench_has_full_rights_by_its_own_door(guarded: Guarded) -> None:
    book = guarded.book()
    url = f"{guarded.server.url}/_standin/as-owner/v4/spreadsheets/{book}/values/Tab!A1"
    answer = requests.put(
        url,
        params={"valueInputOption": "USER_ENTERED"},
        json={"values": [["typed"]]},
        headers={"X-Standin-User": "user@example.com"},
        timeout=5,
    )
    assert answer.status_code == 200
    entry = guarded.server.ledger()[-1]
    assert (entry["door"], entry["user"], entry["kind"]) == ("owner", "user@example.com", "write")


def protect(book: str, client: Any, **range_: Any) -> dict[str, Any]:
    protected = {"range": {"sheetId": 0, **range_}, "description": "Do not touch"}
    answer = change({"addProtectedRange": {"protectedRange": protected}})(client, book).execute()
    return dict(answer["replies"][0]["addProtectedRange"]["protectedRange"])


def test_a_protected_range_is_data(guarded: Guarded) -> None:
    # Source: …/reference/rest/v4/spreadsheets/sheets#ProtectedRange.
    book = guarded.book()
    protected = protect(book, guarded.people[OWNER], startRowIndex=0, endRowIndex=1)
    assert protected["editors"] == {"users": [OWNER]}
    assert protected["requestingUserCanEdit"] is True
    for email, shown in ((OWNER, True), (EDITOR, False)):
        answer = guarded.people[email].get(spreadsheetId=book, fields="sheets.protectedRanges").execute()
        (seen,) = answer["sheets"][0]["protectedRanges"]
        assert seen["range"] == {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1}
        assert ("editors" in seen, seen.get("requestingUserCanEdit", False)) == (shown, shown)


#: What an editor may not do while row 1 is protected. Source: live answers, always a 400.
DENIED = {
    "update": (lambda sheets, book: write("Tab!A1:A2", [["x"], ["y"]])(sheets, book), PROTECTED),
    "batchUpdate": (
        lambda sheets, book: sheets.values().batchUpdate(
            spreadsheetId=book,
            body={"valueInputOption": "RAW", "data": [{"range": "Tab!A1", "values": [["x"]]}]},
        ),
        "Invalid data[0]: " + PROTECTED,
    ),
    "clear": (
        lambda sheets, book: sheets.values().clear(spreadsheetId=book, range="Tab!A1:A3", body={}),
        PROTECTED,
    ),
    "updateCells": (
        change({"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [{}]}], "fields": "note"}}),
        "Invalid requests[0].updateCells: " + PROTECTED,
    ),
    "deleteDimension": (
        change(
            {
                "deleteDimension": {
                    "range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
                }
            }
        ),
        "Invalid requests[0].deleteDimension: " + PROTECTED,
    ),
    "sortRange": (
        change({"sortRange": {"range": {"sheetId": 0}, "sortSpecs": [{"dimensionIndex": 0}]}}),
        "Invalid requests[0].sortRange: " + PROTECTED,
    ),
}


@pytest.mark.parametrize("name", DENIED)
def test_protected_cells_are_the_owners(name: str, guarded: Guarded) -> None:
    ask, message = DENIED[name]
    book = guarded.book()
    protect(book, guarded.people[OWNER], startRowIndex=0, endRowIndex=1)
    error = refusal(ask(guarded.people[EDITOR], book))
    assert facts(error) == (400, "INVALID_ARGUMENT", message)
    ask(guarded.people[OWNER], book).execute()


def test_cells_beside_a_protected_range_are_free(guarded: Guarded) -> None:
    book = guarded.book()
    protect(book, guarded.people[OWNER], startColumnIndex=1, endColumnIndex=2)
    write("Tab!A1:C1", [["x", None, "z"]])(guarded.people[EDITOR], book).execute()
    assert read("Tab!A1:C1")(guarded.people[EDITOR], book).execute()["values"] == [["x", "Age", "z"]]


def test_protection_follows_the_rows_it_protects(guarded: Guarded) -> None:
    book = guarded.book()
    owner, editor = guarded.people[OWNER], guarded.people[EDITOR]
    protect(book, owner, startRowIndex=1, endRowIndex=2)
    above = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    change({"insertDimension": {"range": above}})(editor, book).execute()
    write("Tab!A2", [["free now"]])(editor, book).execute()
    assert refusal(write("Tab!A3", [["x"]])(editor, book))["message"] == PROTECTED


def test_a_protected_tab_leaves_its_exceptions_free(guarded: Guarded) -> None:
    book = guarded.book()
    free = {"sheetId": 0, "startColumnIndex": 3, "endColumnIndex": 5}
    protected = {"range": {"sheetId": 0}, "unprotectedRanges": [free]}
    change({"addProtectedRange": {"protectedRange": protected}})(guarded.people[OWNER], book).execute()
    write("Tab!D1:E1", [["x", "y"]])(guarded.people[EDITOR], book).execute()
    assert refusal(write("Tab!C1", [["x"]])(guarded.people[EDITOR], book))["message"] == PROTECTED
    renamed = change({"updateSheetProperties": {"properties": {"title": "x"}, "fields": "title"}})
    assert PROTECTED in refusal(renamed(guarded.people[EDITOR], book))["message"]


def test_protection_can_name_editors_warn_only_and_be_taken_away(guarded: Guarded) -> None:
    book = guarded.book()
    owner, editor = guarded.people[OWNER], guarded.people[EDITOR]
    area = {"sheetId": 0, "endRowIndex": 1}
    for more in ({"editors": {"users": [EDITOR]}}, {"warningOnly": True}):
        add = {"addProtectedRange": {"protectedRange": {"range": area, **more}}}
        added = change(add)(owner, book).execute()["replies"][0]["addProtectedRange"]["protectedRange"]
        write("Tab!A1", [["allowed"]])(editor, book).execute()
        gone = {"deleteProtectedRange": {"protectedRangeId": added["protectedRangeId"]}}
        change(gone)(owner, book).execute()
    number = protect(book, owner, endRowIndex=1)["protectedRangeId"]
    remove = change({"deleteProtectedRange": {"protectedRangeId": number}})
    assert PROTECTED in refusal(remove(editor, book))["message"]
    remove(owner, book).execute()
    write("Tab!A1", [["free"]])(editor, book).execute()
