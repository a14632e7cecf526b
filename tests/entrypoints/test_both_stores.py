"""What comes in is kept, or refused, in the same way by SQLite and by Firestore; neither fails over it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend.adapters.firestore_documents import FirestoreDocuments
from backend.usecases.grant_access import OPEN_NONCES
from backend.usecases.records import EXPIRING, QUERIES
from tests.emulator import Emulator, firestore_emulator
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import House

__all__ = ["firestore_emulator"]

TEXTS = (
    "\x01\x7f",
    "\u202eevil",
    "😀" * 50,
    "' OR 1=1 --",
    "__name__",
    "a/b/../c",
    "\ufffe\uffff",
    "é" * 499,
    ".",
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def house(request: pytest.FixtureRequest, make_house: MakeHouse) -> Iterator[House]:
    if request.param == "sqlite":
        yield make_house()
        return
    emulator: Emulator = request.getfixturevalue("firestore_emulator")
    prefix = f"house-{secrets.token_hex(4)}-"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", emulator.address)
        yield make_house(
            documents=lambda clock: FirestoreDocuments(
                project="rowmill-tests", queries=QUERIES, expiring=EXPIRING, clock=clock, prefix=prefix
            )
        )


@pytest.fixture
def wish(house: House) -> dict[str, Any]:
    sheet = house.a_sheet()
    house.sign_in("alice").prove(sheet)
    return {"spreadsheet_id": sheet, "sheet_ids": [0], "recipe": "case_a", "mode": "all"}


@pytest.mark.parametrize("text", TEXTS)
def test_odd_text_comes_back_as_it_was(house: House, wish: dict[str, Any], text: str) -> None:
    alice = house.sign_in("alice")
    filtered = wish | {"filter": {"column": "Company Name", "value": text}}
    key = {"Idempotency-Key": secrets.token_hex(4) + text.encode().decode("latin-1")[:100]}
    job = alice.ask("POST", "/api/jobs", filtered, headers=key)["jobs"][0]
    assert job["filter"]["value"] == text
    assert alice.ask("POST", "/api/jobs", filtered, headers=key)["jobs"][0]["id"] == job["id"]
    for field in ({"columns": {"company_name": text}}, {"filter": {"column": text, "value": text}}):
        assert alice.call("POST", "/api/jobs", wish | field).status_code == 422
    rows = alice.call("GET", f"/api/jobs/{job['id']}/rows", query_string={"error_class": text[:60]})
    assert rows.get_json()["rows"] == []


@pytest.mark.parametrize(
    "extremes",
    [
        {"start_row": 10_000_000, "max_rows": 100_000, "budget_microusd": 10**12},
        {"start_row": 2, "max_rows": 1, "budget_microusd": 0},
        {"run_at": "2000-01-01T00:00:00+14:00"},
        {"run_at": "0001-01-01T00:00:00Z"},
        {"run_at": "2026-12-31T23:59:60Z"},
        {"run_at": "9998-12-31T23:59:59Z"},
        {"run_at": "9999-12-31T23:59:59-12:00"},
    ],
)
def test_the_ends_of_what_is_allowed_are_no_failure(
    house: House, wish: dict[str, Any], extremes: dict[str, Any]
) -> None:
    alice = house.sign_in("alice")
    answer = alice.call("POST", "/api/jobs", wish | extremes)
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 201:
        assert alice.call("GET", f"/api/jobs/{answer.get_json()['jobs'][0]['id']}").status_code == 200


@pytest.mark.parametrize(
    "query", ["sheet_id=2147483647", "status=FAILED&recipe=case_b&sheet_id=0", "limit=200"]
)
def test_every_filter_of_the_list_answers(house: House, wish: dict[str, Any], query: str) -> None:
    alice = house.sign_in("alice")
    sheet = wish["spreadsheet_id"]
    assert alice.call("GET", f"/api/jobs?spreadsheet_id={sheet}&{query}").status_code == 200


@pytest.mark.parametrize(
    "place", ["[]", '["x"]', "[1e400, 2]", '["\\u0000", "a"]', '[{"a": 1}, "b"]', '[1, "__x__"]']
)
def test_a_cursor_that_somebody_made_is_refused(house: House, wish: dict[str, Any], place: str) -> None:
    import base64

    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    path = f"/api/jobs?spreadsheet_id={wish['spreadsheet_id']}&cursor={cursor}"
    assert house.sign_in("alice").call("GET", path).status_code in (200, 422)


@pytest.mark.parametrize("identifier", ["__name__", "..", "%2F", "a" * 2_000, "%F0%9F%98%80" * 5, "A" * 20])
def test_a_strange_id_is_an_unknown_one(house: House, identifier: str) -> None:
    answer = house.sign_in("alice").call("GET", f"/api/jobs/{identifier}")
    assert answer.status_code == 404


def test_so_many_proofs_and_keys_fit(house: House, wish: dict[str, Any]) -> None:
    bob = house.sign_in(f"bob-{secrets.token_hex(3)}")
    sheet = wish["spreadsheet_id"]
    assert [bool(bob.challenge(sheet)) for _ in range(OPEN_NONCES)] == [True] * OPEN_NONCES
    assert bob.call("POST", "/api/access/challenges", {"spreadsheet_id": sheet}).status_code == 429
    for key in ("sk-the-first-key-0123456789", "sk-the-second-key-012345678"):
        assert bob.ask("PUT", "/api/key", {"api_key": key})["last_four"] == key[-4:]
    assert bob.ask("POST", "/api/key/test")["last_four"] == "5678"
    assert bob.call("DELETE", "/api/key").status_code == 204


def test_one_key_in_many_hands_at_once_makes_one_job_and_gives_all_the_same_answer(
    house: House, wish: dict[str, Any]
) -> None:
    """There is no "in flight": the key is kept in the commit that makes the job, and the others find it."""
    alice, hands = house.sign_in("alice"), 8
    for kind in ({}, {"kind": "live", "max_rows": 1}):
        sheet = house.a_sheet()
        alice.prove(sheet)
        key = {"Idempotency-Key": secrets.token_hex(8)}

        def create(_hand: int, body: dict[str, Any], key: dict[str, str] = key) -> Any:
            while (answer := alice.call("POST", "/api/jobs", body, headers=key)).status_code == 503:
                pass  # the store gave way to the others: nothing was refused
            return answer.status_code, [job["id"] for job in (answer.get_json().get("jobs") or ())]

        body = wish | kind | {"spreadsheet_id": sheet}
        with ThreadPoolExecutor(hands) as threads:
            answers = list(threads.map(create, range(hands), [body] * hands))
        assert answers == [answers[0]] * hands
        assert answers[0][0] == 201
        assert len(alice.ask("GET", f"/api/jobs?spreadsheet_id={sheet}")["jobs"]) == 1
