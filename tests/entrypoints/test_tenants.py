"""Nobody learns of others' work: by ids, filters, counts, keys, dependencies or answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from backend.app import create_app
from backend.config import Settings
from backend.domain.answers import tenant
from backend.ports import Documents
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House

UNKNOWN = "f" * 20


@pytest.fixture
def x(house: House, alice: Caller) -> str:
    sheet = house.a_sheet()
    alice.prove(sheet)
    return sheet


@pytest.fixture
def y(house: House, bob: Caller) -> str:
    sheet = house.a_sheet()
    bob.prove(sheet)
    return sheet


def test_a_job_of_another_sheet_is_as_unknown_as_any_to_wait_for(
    house: House, alice: Caller, bob: Caller, x: str, y: str
) -> None:
    theirs = bob.queue(y)["id"]
    wish = {"spreadsheet_id": x, "sheet_ids": [0], "recipe": "case_a"}
    answers = [alice.call("POST", "/api/jobs", wish | {"depends_on": [name]}) for name in (theirs, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [422, 422]
    said = [answer.text.replace(name, "ID") for answer, name in zip(answers, (theirs, UNKNOWN), strict=True)]
    assert said[0] == said[1]
    own = alice.queue(x)["id"]
    assert alice.queue(x, depends_on=[own])["depends_on"] == [own]


class Noted:
    """The real store, and which of its methods were called."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self._documents, name)


@pytest.mark.parametrize("move", ["GET /api/jobs/{}", "POST /api/jobs/{}/pause", "DELETE /api/jobs/{}"])
def test_the_time_of_an_answer_does_not_tell_a_foreign_job_from_an_unknown_one(
    house: House, alice: Caller, bob: Caller, x: str, y: str, move: str
) -> None:
    """Both cost the store the same calls; and so do two jobs to wait for."""
    theirs = bob.queue(y)["id"]
    noted = Noted(house.documents)
    service = replace(house.service, documents=noted)  # type: ignore[arg-type]
    mallory = replace(house, service=service, app=create_app(service)).somebody(alice.token)

    def cost(job_id: str) -> list[str]:
        noted.calls.clear()
        method, _, path = move.format(job_id).partition(" ")
        assert mallory.call(method, path).status_code == 404
        wish = {"spreadsheet_id": x, "sheet_ids": [0], "recipe": "case_a", "depends_on": [job_id]}
        assert mallory.call("POST", "/api/jobs", wish).status_code == 422
        act = {"spreadsheet_id": x, "action": "pause", "ids": [job_id]}
        assert mallory.ask("POST", "/api/jobs/actions", act)["results"][0]["ok"] is False
        return list(noted.calls)

    assert len(cost(UNKNOWN)) > 3
    assert cost(theirs) == cost(UNKNOWN)


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "retry", "delete", "undo"])
def test_an_action_on_ids_does_nothing_to_others_and_says_nothing_of_them(
    alice: Caller, bob: Caller, x: str, y: str, action: str
) -> None:
    theirs = bob.queue(y)
    body = {"spreadsheet_id": x, "action": action, "ids": [theirs["id"], UNKNOWN]}
    results = alice.ask("POST", "/api/jobs/actions", body)["results"]
    assert [result["ok"] for result in results] == [False, False]
    assert results[0]["sentence"] == results[1]["sentence"]
    assert bob.ask("GET", f"/api/jobs/{theirs['id']}")["status"] == theirs["status"]


def test_an_action_on_a_filter_touches_ones_own_spreadsheet_alone(
    alice: Caller, bob: Caller, x: str, y: str
) -> None:
    ours, theirs = alice.queue(x)["id"], bob.queue(y)["id"]
    body = {"spreadsheet_id": x, "action": "cancel", "filter": {}}
    results = alice.ask("POST", "/api/jobs/actions", body)["results"]
    assert [result["id"] for result in results] == [ours]
    assert bob.ask("GET", f"/api/jobs/{theirs}")["status"] != "CANCELLED"


def test_lists_counts_and_the_watch_show_ones_own_spreadsheet_alone(
    house: House, alice: Caller, bob: Caller, x: str, y: str
) -> None:
    ours = alice.queue(x)["id"]
    for _ in range(3):
        bob.queue(y)
    assert [job["id"] for job in alice.ask("GET", f"/api/jobs?spreadsheet_id={x}")["jobs"]] == [ours]
    watcher = house.somebody(alice.prove(x))
    seen = watcher.ask("GET", f"/api/watch?spreadsheet_id={x}")
    assert [job["id"] for job in seen["jobs"]] == [ours]
    assert sum(seen["by_status"].values()) == 1
    assert y not in str(seen)
    assert bob.email not in str(seen)


def test_an_idempotency_key_is_its_users_own(alice: Caller, bob: Caller, x: str, y: str) -> None:
    def create(caller: Caller, sheet: str) -> Any:
        wish = {"spreadsheet_id": sheet, "sheet_ids": [0], "recipe": "case_a"}
        return caller.ask("POST", "/api/jobs", wish, headers={"Idempotency-Key": "the same"})["jobs"][0]["id"]

    first = create(alice, x)
    assert create(bob, y) != first
    assert create(alice, x) == first


def test_an_idempotency_key_serves_one_request(alice: Caller, house: House, x: str) -> None:
    other = house.a_sheet()
    alice.prove(other)
    wish = {"spreadsheet_id": x, "sheet_ids": [0], "recipe": "case_a"}
    headers = {"Idempotency-Key": "once"}
    alice.ask("POST", "/api/jobs", wish, headers=headers)
    again = alice.call("POST", "/api/jobs", wish | {"spreadsheet_id": other}, headers=headers)
    assert again.status_code == 422


def test_anothers_answers_are_not_counted_as_known(make_house: MakeHouse) -> None:
    """Bob's job has answered exactly these rows; Alice's estimate of the same rows knows nothing of it."""
    house = make_house()
    alice, bob = house.sign_in("alice"), house.sign_in("bob")
    sheets = {caller.email: house.a_sheet() for caller in (alice, bob)}
    for caller in (alice, bob):
        caller.prove(sheets[caller.email])
    job = bob.queue(sheets[bob.email])["id"]
    house.deliver(job)
    assert bob.ask("GET", f"/api/jobs/{job}")["status"] == "COMPLETED"

    def known(caller: Caller) -> int:
        body = {"spreadsheet_id": sheets[caller.email], "sheet_id": 0, "recipe": "case_a", "mode": "all"}
        found: int = caller.ask("POST", "/api/estimates", body)["already_answered"]
        return found

    assert known(bob) == 2
    assert known(alice) == 0


def test_answers_are_shared_within_a_configured_domain_and_nowhere_else() -> None:
    shared = frozenset({"firm.example"})
    assert tenant("1", "a@firm.example", shared) == tenant("2", "b@FIRM.example", shared)
    assert tenant("1", "a@firm.example", frozenset()) != tenant("2", "b@firm.example", frozenset())
    assert tenant("1", "a@other.example", shared) != tenant("2", "b@other.example", shared)
    assert tenant("1", "a@firm.example.evil.org", shared) != tenant("2", "b@firm.example", shared)
    assert tenant("domain:firm.example", "a@x.org", shared) != tenant("2", "b@firm.example", shared)


def test_a_domain_is_the_same_however_the_setting_writes_it(make_house: MakeHouse) -> None:
    service = make_house(shared_answer_domains="Firm.Example, other.example").service
    assert service.batch_settings.shared_domains == {"firm.example", "other.example"}


@pytest.mark.parametrize("domain", ["gmail.com", "Outlook.com"])
def test_a_domain_where_anybody_has_an_address_cannot_share_answers(house: House, domain: str) -> None:
    settings = house.service.settings.model_dump() | {"shared_answer_domains": domain}
    assert any("strangers" in problem for problem in Settings.model_validate(settings).problems())


def test_a_protected_range_is_refused_with_a_sentence(house: House, alice: Caller) -> None:
    sheet = house.a_sheet()
    area = {"sheetId": 0, "startColumnIndex": 3, "endColumnIndex": 5}
    protect = {"range": area, "description": "Finance", "editors": {"users": ["owner@example.com"]}}
    house.standins.as_owner(
        "POST",
        f"/{sheet}:batchUpdate",
        {"requests": [{"addProtectedRange": {"protectedRange": protect}}]},
    )
    alice.prove(sheet)
    shown = alice.ask("GET", f"/api/sheets/{sheet}")["problems"]
    assert ['"Finance"' in sentence for sentence in shown] == [True]
    wish = {"spreadsheet_id": sheet, "sheet_ids": [0], "recipe": "case_a"}
    refused = alice.call("POST", "/api/jobs", wish)
    assert refused.status_code == 409
    assert "Add our service account to its editors" in refused.get_json()["detail"]


@pytest.mark.parametrize(("role", "expected"), [(None, 403), ("viewer", 403), ("editor", 200)])
def test_only_who_may_edit_can_place_a_nonce(
    house: House, alice: Caller, sheet: str, role: str | None, expected: int
) -> None:
    """What the proof rests on: a spreadsheet takes metadata from its editors alone."""
    email = f"{role or 'stranger'}@rowmill-test.iam.gserviceaccount.com"
    if role is not None:
        url = f"{house.standins.sheets}/_standin/workbooks/{sheet}/editors"
        requests.put(url, json={"email": email, "role": role}, timeout=5).raise_for_status()
    metadata = {
        "metadataKey": "rowmill_proof",
        "metadataValue": alice.challenge(sheet),
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    answer = requests.post(
        f"{house.standins.sheets}/v4/spreadsheets/{sheet}:batchUpdate",
        json={"requests": [{"createDeveloperMetadata": {"developerMetadata": metadata}}]},
        headers={"Authorization": f"Bearer {house.standins.access_token(email)}"},
        timeout=5,
    )
    assert answer.status_code == expected, answer.text
