"""Who may use a deployment at all: the lists fail closed, at the route as in the settings."""

from __future__ import annotations

import pytest

from backend.config import Settings
from backend.errors import Misconfigured
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import House


def status(house: House, name: str = "alice", **claims: str) -> int:
    return house.sign_in(name, **claims).call("GET", "/api/system").status_code


def test_without_a_list_of_scripts_nobody_is_let_in(make_house: MakeHouse) -> None:
    assert status(make_house(audiences="")) == 401
    assert status(make_house(audiences=" , ,")) == 401


def test_without_lists_of_people_any_account_is_let_in(make_house: MakeHouse) -> None:
    assert status(make_house()) == 200


@pytest.mark.parametrize(
    ("settings", "claims", "expected"),
    [
        ({"allowed_domains": "firm.example"}, {}, 401),
        ({"allowed_domains": "firm.example"}, {"hd": "firm.example"}, 200),
        ({"allowed_domains": "firm.example"}, {"hd": "firm.example.evil.org"}, 401),
        ({"allowed_domains": "firm.example"}, {"hd": "notfirm.example"}, 401),
        # An address of the domain that is no account of it: whoever left the firm may still have one.
        ({"allowed_domains": "example.com"}, {}, 401),
        ({"allowed_domains": "example.com"}, {"hd": "example.com"}, 200),
        ({"allowed_emails": "alice@example.com"}, {}, 200),
        ({"allowed_emails": "ALICE@example.com"}, {}, 200),
        ({"allowed_emails": "bob@example.com"}, {}, 401),
        ({"allowed_emails": "bob@example.com", "allowed_domains": "firm.example"}, {}, 401),
        ({"allowed_emails": "alice@example.com", "allowed_domains": "firm.example"}, {}, 200),
    ],
)
def test_lists_of_domains_and_addresses_decide(
    make_house: MakeHouse, settings: dict[str, str], claims: dict[str, str], expected: int
) -> None:
    assert status(make_house(**settings), **claims) == expected


def test_a_user_is_a_subject_and_not_an_address(make_house: MakeHouse) -> None:
    """An address that was given to somebody else brings no rights along."""
    house = make_house()
    before, after = house.sign_in("alice", sub="1001"), house.sign_in("alice", sub="2002")
    sheet = house.a_sheet()
    before.prove(sheet)
    job = before.queue(sheet)["id"]
    assert after.call("GET", f"/api/jobs/{job}").status_code == 404
    renamed = house.sign_in("alice.married", sub="1001")
    assert renamed.call("GET", f"/api/jobs/{job}").status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("signing_keys", "", "SIGNING_KEYS"),
        ("signing_keys", "short", "SIGNING_KEYS"),
        ("encryption_keys", "short", "ENCRYPTION_KEYS"),
        ("k_service", "rowmill-api", "no stand-ins"),
        ("web_standin", "localhost", "WEB_STANDIN has to be 127.0.0.1:PORT"),
        ("web_standin", "127.0.0.1:", "WEB_STANDIN has to be 127.0.0.1:PORT"),
    ],
)
def test_a_deployment_with_weak_secrets_or_stand_ins_does_not_start(
    make_house: MakeHouse, name: str, value: str, says: str
) -> None:
    settings = Settings.model_validate(make_house().service.settings.model_dump() | {name: value})
    problems = settings.problems()
    assert any(says in problem for problem in problems)
    assert "short" not in str(Misconfigured(problems))


ON_CLOUD_RUN = {
    "k_service": "rowmill-api",
    "database": "firestore",
    "tasks_endpoint": None,
    "sheets_endpoint": None,
    "model_standin": False,
    "web_standin": None,
    "public_url": "https://api.example.com",
    "worker_url": "https://worker.example.com",
    "certs_url": "https://www.googleapis.com/oauth2/v1/certs",
    "openai_base_url": "https://api.openai.com/v1",
}


def test_on_cloud_run_every_address_is_asked_by_tls(house: House) -> None:
    """A certificate, a key or a token that went in the clear could be read and replaced on its way."""
    values = house.service.settings.model_dump() | ON_CLOUD_RUN
    assert Settings.model_validate(values).problems() == []
    for name in ("public_url", "worker_url", "certs_url", "openai_base_url"):
        for clear in ("http://example.com", "file:///etc/passwd", "//example.com", "httpsx://example.com"):
            problems = Settings.model_validate(values | {name: clear}).problems()
            assert problems == [f"On Cloud Run {name.upper()} has to begin with https://."]
    for standin in ({"tasks_endpoint": "127.0.0.1:9"}, {"sheets_endpoint": "http://127.0.0.1:9"}):
        assert "no stand-ins" in Settings.model_validate(values | standin).problems()[0]
