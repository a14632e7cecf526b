"""A grant is earned by a nonce that stands in the spreadsheet: by this user, script and sheet, once, soon."""

from __future__ import annotations

from werkzeug.test import TestResponse

from backend.usecases.grant_access import GRANT_S, NONCE_S, OPEN_NONCES
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import OTHER_SCRIPT, Caller, House


def is_refused(answer: TestResponse, code: str) -> bool:
    problem = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert (answer.status_code, problem["code"]) == (403, code), problem
    return True


def may_read(caller: Caller, sheet: str) -> bool:
    answer = caller.call("GET", f"/api/jobs?spreadsheet_id={sheet}")
    assert answer.status_code in (200, 403), answer.text
    return answer.status_code == 200


def test_a_nonce_in_the_sheet_becomes_a_grant_and_is_taken_out(
    house: House, alice: Caller, sheet: str
) -> None:
    assert not may_read(alice, sheet)
    alice.prove(sheet)
    assert may_read(alice, sheet)
    assert house.standins.nonces(sheet) == []


def test_a_nonce_that_is_not_in_the_sheet_proves_nothing(alice: Caller, sheet: str) -> None:
    assert is_refused(alice.grant(sheet, alice.challenge(sheet)), "no_proof")
    assert not may_read(alice, sheet)


def test_a_nonce_that_we_never_gave_proves_nothing(house: House, alice: Caller, sheet: str) -> None:
    made_up = "a-nonce-that-somebody-made-up-by-hand"
    house.standins.write_nonce(sheet, made_up)
    assert is_refused(alice.grant(sheet, made_up), "no_proof")


def test_a_nonce_serves_once(house: House, alice: Caller, sheet: str) -> None:
    nonce = alice.challenge(sheet)
    house.standins.write_nonce(sheet, nonce)
    assert alice.grant(sheet, nonce).status_code == 201
    house.standins.write_nonce(sheet, nonce)
    assert is_refused(alice.grant(sheet, nonce), "no_proof")


def test_a_nonce_of_another_user_proves_nothing(house: House, alice: Caller, bob: Caller, sheet: str) -> None:
    nonce = alice.challenge(sheet)
    house.standins.write_nonce(sheet, nonce)
    assert is_refused(bob.grant(sheet, nonce), "no_proof")
    assert not may_read(bob, sheet)


def test_a_nonce_of_another_script_of_the_same_user_proves_nothing(
    house: House, alice: Caller, sheet: str
) -> None:
    nonce = alice.challenge(sheet)
    house.standins.write_nonce(sheet, nonce)
    elsewhere = house.sign_in("alice", aud=OTHER_SCRIPT)
    assert is_refused(elsewhere.grant(sheet, nonce), "no_proof")
    assert alice.grant(sheet, nonce).status_code == 201
    assert not may_read(elsewhere, sheet)


def test_a_nonce_of_another_sheet_proves_nothing(house: House, alice: Caller, sheet: str) -> None:
    other = house.a_sheet()
    nonce = alice.challenge(other)
    for place in (sheet, other):
        house.standins.write_nonce(place, nonce)
    assert is_refused(alice.grant(sheet, nonce), "no_proof")


def test_a_nonce_grows_too_old(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    nonce = alice.challenge(sheet)
    house.standins.write_nonce(sheet, nonce)
    house.clock.passes(NONCE_S + 1)
    assert is_refused(alice.grant(sheet, nonce), "no_proof")


def test_two_nonces_in_the_sheet_serve_those_who_asked_for_them(
    house: House, alice: Caller, bob: Caller, sheet: str
) -> None:
    nonces = {caller.email: caller.challenge(sheet) for caller in (alice, bob)}
    for nonce in nonces.values():
        house.standins.write_nonce(sheet, nonce)
    assert is_refused(bob.grant(sheet, nonces[alice.email]), "no_proof")
    assert bob.grant(sheet, nonces[bob.email]).status_code == 201
    assert may_read(bob, sheet)
    assert not may_read(alice, sheet)


def test_under_another_key_a_nonce_is_not_found(house: House, alice: Caller, sheet: str) -> None:
    nonce = alice.challenge(sheet)
    house.standins.write_nonce(sheet, nonce, key="somebody_elses_key")
    assert is_refused(alice.grant(sheet, nonce), "no_proof")


def test_a_sheet_that_is_not_shared_with_us_says_so(house: House, alice: Caller) -> None:
    sheet = house.a_sheet(shared=False)
    nonce = alice.challenge(sheet)
    house.standins.write_nonce(sheet, nonce)
    assert is_refused(alice.grant(sheet, nonce), "not_shared")
    assert is_refused(
        alice.grant("a-sheet-that-is-not", alice.challenge("a-sheet-that-is-not")), "not_shared"
    )


def test_a_grant_ends_after_an_hour(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)
    house.clock.passes(GRANT_S - 1)
    assert may_read(alice, sheet)
    house.clock.passes(2)
    assert not may_read(alice, sheet)


def test_so_many_proofs_may_stand_open_and_no_more(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheets = house.sign_in("alice"), [house.a_sheet() for _ in range(OPEN_NONCES)]
    nonces = [alice.challenge(sheet) for sheet in sheets]
    refused = alice.call("POST", "/api/access/challenges", {"spreadsheet_id": sheets[0]})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= NONCE_S
    assert house.sign_in("bob").challenge(sheets[0])
    house.standins.write_nonce(sheets[3], nonces[3])
    assert alice.grant(sheets[3], nonces[3]).status_code == 201
    assert alice.challenge(sheets[3])
    house.clock.passes(NONCE_S + 1)
    assert all(alice.challenge(sheet) for sheet in sheets)
