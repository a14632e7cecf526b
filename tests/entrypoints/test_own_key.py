"""A user's own key: tested when it is set, sealed at rest, used for their jobs, and never shown."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from backend.adapters.key_vault import KeyVault
from backend.errors import NotAllowed
from backend.usecases.own_key import hash_of
from backend.usecases.records import job_key, own_key_key
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import SECRET, Caller, House

KEY = "sk-alices-own-key-0123456789-WXYZ"
OTHER = "sk-alices-other-key-9876543210-ABCD"
DEPLOYMENTS = "sk-deployment-0123456789abcdef"


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    """One for each test: its places are all free."""
    return make_house()


@pytest.fixture
def alice(house: House) -> Caller:
    return house.sign_in("alice")


@pytest.fixture
def bob(house: House) -> Caller:
    return house.sign_in("bob")


def put(caller: Caller, key: str = KEY) -> dict[str, Any]:
    given: dict[str, Any] = caller.ask("PUT", "/api/key", {"api_key": key})
    return given


def shown(caller: Caller) -> Any:
    return caller.ask("GET", "/api/system")["own_key"]


def switch(house: House, **faults: Any) -> None:
    requests.put(f"{house.standins.model}/_standin/faults", json=faults, timeout=5).raise_for_status()


def keys_used(house: House) -> set[str]:
    """The ends of the keys that completions were asked with since this was asked last."""
    url = f"{house.standins.model}/_standin/ledger"
    entries = requests.get(url, timeout=5).json()["entries"]
    requests.delete(url, timeout=5).raise_for_status()
    return {entry["key_end"] for entry in entries}


def run(house: House, caller: Caller, job: dict[str, Any]) -> dict[str, Any]:
    """Delivers the job's tasks until it runs no more."""
    for number in range(1, 5):
        assert house.deliver(job["id"], number).status_code == 200
        job = caller.ask("GET", f"/api/jobs/{job['id']}")
        if job["status"] != "RUNNING":
            break
    return job


# ── the vault ──────────────────────────────────────────────────────────────────────────────────────


def test_what_is_sealed_opens_for_its_owner_alone() -> None:
    vault = KeyVault([SECRET])
    sealed = vault.seal(KEY, owner="alice")
    assert vault.open(sealed, owner="alice") == KEY
    assert vault.open(sealed, owner="bob") is None
    assert KEY not in sealed
    assert vault.seal(KEY, owner="alice") != sealed


def test_a_changed_text_opens_for_nobody() -> None:
    vault = KeyVault([SECRET])
    key_id, _, text = vault.seal(KEY, owner="alice").partition(".")
    flipped = ("B" if text[20] == "A" else "A").join((text[:20], text[21:]))
    for changed in (f"{key_id}.{flipped}", f"{key_id}.", f"{key_id}.é", text, "", f"{key_id}.{text[:24]}"):
        assert vault.open(changed, owner="alice") is None


def test_a_key_id_belongs_to_what_was_sealed_with_it() -> None:
    """Two secrets: the text of one under the name of the other is no text of that."""
    vault = KeyVault([SECRET, SECRET + "-old"])
    old = KeyVault([SECRET + "-old"]).seal(KEY, owner="alice")
    new_id = vault.seal("x", owner="alice").partition(".")[0]
    assert vault.open(f"{new_id}.{old.partition('.')[2]}", owner="alice") is None


def test_what_was_sealed_long_ago_still_opens() -> None:
    """The form of what stands in stores: owner and key id are authenticated, the secret is derived."""
    sealed = (
        "4d346ce35429.yDRIQHpCxFB_IuCsAQEE7ezdLlZ2e-MAmG5XpSlQhO_wfSiAjzuGBN7nzz2Rf_ASrLzfkuC4uT1FLQR3VQ=="
    )
    assert KeyVault([SECRET]).open(sealed, owner="1001") == "sk-kept-since-long-ago-0123456789"
    assert KeyVault([SECRET]).open(sealed, owner="1002") is None


def test_secrets_rotate() -> None:
    old = KeyVault([SECRET + "-old"]).seal(KEY, owner="alice")
    both = KeyVault([SECRET, SECRET + "-old"])
    assert both.open(old, owner="alice") == KEY
    assert not both.is_current(old)
    assert both.is_current(both.seal(KEY, owner="alice"))
    assert KeyVault([SECRET]).open(old, owner="alice") is None


def test_without_a_secret_nothing_is_sealed() -> None:
    with pytest.raises(NotAllowed, match="ENCRYPTION_KEYS"):
        KeyVault([]).seal(KEY, owner="alice")
    assert KeyVault([]).open("x.y", owner="alice") is None


# ── the routes ─────────────────────────────────────────────────────────────────────────────────────


def test_only_the_last_four_characters_are_shown_and_only_to_their_owner(
    house: House, alice: Caller, bob: Caller
) -> None:
    assert put(alice)["last_four"] == "WXYZ"
    assert shown(alice)["last_four"] == "WXYZ"
    assert shown(bob) is None
    assert alice.ask("POST", "/api/key/test")["last_four"] == "WXYZ"
    document = house.documents.get(own_key_key(house.service.identity.person(alice.token or "").sub))
    assert document is not None
    assert set(document.data) == {"sealed", "last_four", "hash", "set_at"}
    assert KEY[:-4] not in str(document.data)


def test_a_key_is_tested_once_by_a_call_that_costs_nothing(house: House, alice: Caller) -> None:
    keys_used(house)
    put(alice)
    assert keys_used(house) == set()  # no completion was asked for


def test_a_key_that_the_provider_refuses_is_not_kept(house: House, alice: Caller) -> None:
    put(alice)
    switch(house, refused_keys=[OTHER])
    refused = alice.call("PUT", "/api/key", {"api_key": OTHER})
    assert refused.status_code == 422
    assert "does not take this key" in refused.get_json()["detail"]
    assert OTHER not in refused.text
    assert shown(alice)["last_four"] == "WXYZ"


@pytest.mark.parametrize(
    "key", ["", "short", "k" * 301, "with a space in the middle", "é" * 30, "line\nbreak" * 5]
)
def test_what_cannot_be_a_key_is_refused_unseen(alice: Caller, key: str) -> None:
    refused = alice.call("PUT", "/api/key", {"api_key": key})
    assert refused.status_code == 422
    assert len(key) < 10 or key not in refused.text


def test_a_key_that_is_refused_later_says_so_when_it_is_tested(house: House, alice: Caller) -> None:
    put(alice)
    switch(house, refused_keys=[KEY])
    assert alice.call("POST", "/api/key/test").status_code == 422


def test_a_key_can_be_removed_twice_and_not_tested_then(alice: Caller, bob: Caller) -> None:
    put(alice)
    for _ in range(2):
        assert alice.call("DELETE", "/api/key").status_code == 204
    assert shown(alice) is None
    for caller in (alice, bob):
        assert caller.call("POST", "/api/key/test").status_code == 404


def test_removing_ones_key_removes_nobody_elses(alice: Caller, bob: Caller) -> None:
    put(alice)
    bob.ask("DELETE", "/api/key")
    assert shown(alice)["last_four"] == "WXYZ"


def test_a_deployment_without_secrets_keeps_no_keys(make_house: MakeHouse) -> None:
    house = make_house(encryption_keys="")
    alice = house.sign_in("alice")
    assert alice.call("PUT", "/api/key", {"api_key": KEY}).status_code == 409
    assert alice.ask("GET", "/api/system")["keeps_own_keys"] is False


# ── jobs ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_job_runs_on_its_creators_key_and_holds_only_its_hash(
    house: House, alice: Caller, bob: Caller
) -> None:
    put(alice)
    sheet, other = house.a_sheet(), house.a_sheet()
    alice.prove(sheet)
    bob.prove(other)
    job = alice.queue(sheet)
    assert job["own_key"] is True
    document = house.documents.get(job_key(job["id"]))
    assert document is not None
    assert document.data["api_key_hash"] == hash_of(KEY)
    assert KEY not in str(document.data)
    keys_used(house)
    assert run(house, alice, job)["status"] == "COMPLETED"
    assert keys_used(house) == {KEY[-4:]}
    theirs = bob.queue(other)
    assert theirs["own_key"] is False
    assert run(house, bob, theirs)["status"] == "COMPLETED"
    assert keys_used(house) == {DEPLOYMENTS[-4:]}


def test_a_refused_key_pauses_the_job_and_a_new_one_carries_it_on(house: House, alice: Caller) -> None:
    put(alice)
    sheet = house.a_sheet()
    alice.prove(sheet)
    switch(house, refused_keys=[KEY])
    paused = run(house, alice, alice.queue(sheet))
    assert (paused["status"], paused["reason"]["code"]) == ("PAUSED", "key_refused")
    keys_used(house)
    put(alice, OTHER)
    alice.ask("POST", f"/api/jobs/{paused['id']}/resume")
    assert run_on(house, alice, paused)["status"] == "COMPLETED"
    assert keys_used(house) == {OTHER[-4:]}


def test_a_removed_key_pauses_the_job_and_nobody_elses_pays(house: House, alice: Caller) -> None:
    put(alice)
    sheet = house.a_sheet()
    alice.prove(sheet)
    job = alice.queue(sheet)
    alice.ask("DELETE", "/api/key")
    keys_used(house)
    paused = run(house, alice, job)
    assert (paused["status"], paused["reason"]["code"]) == ("PAUSED", "key_refused")
    assert keys_used(house) == set()


def test_an_own_key_uses_up_none_of_the_deployments_day_and_waits_for_none_of_it(
    make_house: MakeHouse,
) -> None:
    """Two budgets so small that the first call would pass them: each stops the jobs that it is for."""
    price = {"gpt-5-nano": {"input": 1_000_000, "output": 8_000_000}}
    house = make_house(deployment_day_budget_microusd=1, prices=price)
    alice, bob, sheet = house.sign_in("alice"), house.sign_in("bob"), house.a_sheet()
    for caller in (alice, bob):
        caller.prove(sheet)
    put(alice)
    done = run(house, alice, alice.queue(sheet))
    assert (done["status"], done["cost_microusd"] > 0) == ("COMPLETED", True)
    (deployments,) = alice.ask("GET", "/api/system")["spending"]
    assert (deployments["scope"], deployments["spent_microusd"]) == ("deployment", 0)
    paused = run(house, bob, bob.queue(sheet, fresh=True))
    assert (paused["status"], paused["reason"]["code"]) == ("PAUSED", "day_budget_reached")
    capped = make_house(user_day_budget_microusd=1, prices=price)
    alice, sheet = capped.sign_in("alice"), capped.a_sheet()
    alice.prove(sheet)
    put(alice)
    paused = run(capped, alice, alice.queue(sheet))
    assert (paused["status"], paused["reason"]["code"]) == ("PAUSED", "day_budget_reached")


def run_on(house: House, caller: Caller, job: dict[str, Any]) -> dict[str, Any]:
    """A resumed job's tasks have numbers of their own, higher than the last."""
    for number in range(2, 8):
        house.deliver(job["id"], number)
        job = caller.ask("GET", f"/api/jobs/{job['id']}")
        if job["status"] not in ("RUNNING", "PENDING"):
            break
    return job


def test_only_the_keys_owner_spends_on_it(house: House, alice: Caller, bob: Caller) -> None:
    """Bob may edit the sheet, and stop the job; setting it going again is Alice's."""
    put(alice)
    sheet = house.a_sheet()
    for caller in (alice, bob):
        caller.prove(sheet)
    job = alice.queue(sheet, budget_microusd=1_000)["id"]
    path = f"/api/jobs/{job}"
    raised = bob.call("PATCH", path, {"budget_microusd": 2_000})
    assert (raised.status_code, raised.get_json()["code"]) == (403, "not_owner")
    assert alice.email in raised.get_json()["detail"]
    assert bob.ask("PATCH", path, {"budget_microusd": 500})["job"]["budget_microusd"] == 500
    paused = alice.queue(sheet, run_at="2027-06-01T00:00:00Z")["id"]
    bob.ask("POST", f"/api/jobs/{paused}/pause")
    assert bob.call("POST", f"/api/jobs/{paused}/resume").status_code == 403
    acted = bob.ask(
        "POST", "/api/jobs/actions", {"spreadsheet_id": sheet, "action": "resume", "ids": [paused]}
    )
    assert acted["results"][0]["ok"] is False
    assert "resume" not in bob.ask("GET", f"/api/jobs/{paused}")["moves"]
    bob.ask("POST", f"/api/jobs/{paused}/cancel")
    assert bob.call("POST", f"/api/jobs/{paused}/retry", {}).status_code == 403
    alice.ask("POST", f"/api/jobs/{paused}/retry", {})
    assert alice.ask("PATCH", path, {"budget_microusd": 3_000})["job"]["budget_microusd"] == 3_000


def test_a_lower_budget_is_anybodys_to_set_and_sets_nothing_going(
    house: House, alice: Caller, bob: Caller
) -> None:
    put(alice)
    sheet = house.a_sheet()
    for caller in (alice, bob):
        caller.prove(sheet)
    job = run(house, alice, alice.queue(sheet, budget_microusd=1))
    assert (job["status"], job["reason"]["code"]) == ("PAUSED", "budget_reached")
    path = f"/api/jobs/{job['id']}"
    lowered = bob.ask("PATCH", path, {"budget_microusd": 0})
    assert (lowered["did"], lowered["job"]["status"]) == ("Changed.", "PAUSED")
    raised = alice.ask("PATCH", path, {"budget_microusd": 1_000_000})
    assert (raised["did"], raised["job"]["status"]) == ("Changed, and back in line.", "RUNNING")
    other = alice.queue(sheet)
    assert bob.ask("PATCH", f"/api/jobs/{other['id']}", {"budget_microusd": 5})["did"] == "Changed."


def test_after_a_rotation_a_key_moves_to_the_new_secret_when_it_is_used(house: House, alice: Caller) -> None:
    put(alice)
    sub = house.service.identity.person(alice.token or "").sub
    vault = KeyVault([SECRET + "-the-new-one", SECRET + "-for-keys"])
    rotated = house.with_vault(vault)
    again = rotated.somebody(alice.token)
    assert again.ask("POST", "/api/key/test")["last_four"] == "WXYZ"
    document = house.documents.get(own_key_key(sub))
    assert document is not None
    assert vault.is_current(document.data["sealed"])
    assert KeyVault([SECRET + "-the-new-one"]).open(document.data["sealed"], owner=sub) == KEY
