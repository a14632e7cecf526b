"""Who is let in: real tokens, forged ones, and certificates that come and go."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.auth.transport.requests import Request

from backend.adapters.certificates import Certificates
from backend.adapters.google_identity import GoogleIdentity
from backend.adapters.system_clock import SystemClock
from backend.errors import Unauthenticated
from tests.contracts.adapters.conftest import ROBOT
from tests.contracts.adapters.scripted import Scripted
from tests.contracts.adapters.standin import Standin

SCRIPT = "123-sidebar.apps.googleusercontent.com"
WORKER = "https://worker.example.com"
QUEUE = "queue@rowmill-local.iam.gserviceaccount.com"


@dataclass
class HandClock:
    """Monotonic time that a test moves."""

    seconds: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


def an_identity(standin: Standin | Scripted, clock: Any = None, **options: Any) -> GoogleIdentity:
    certificates = Certificates(
        url=f"{standin.url}/oauth2/v1/certs",
        request=Request(),
        clock=clock or SystemClock(),
    )
    usual: dict[str, Any] = {
        "audiences": {SCRIPT},
        "worker_audience": WORKER,
        "invoker_email": QUEUE,
        "service_account_email": ROBOT,
    }
    return GoogleIdentity(certificates=certificates, **(usual | options))


def a_token(identity: Standin, **wanted: Any) -> str:
    asked = {"email": "ada@example.com", "aud": SCRIPT, **wanted}
    return str(identity.post("/_standin/id_token", asked)["id_token"])


def a_caller(identity: Standin, email: str = QUEUE, audience: str = WORKER) -> str:
    """The token that Cloud Tasks attaches to a dispatch."""
    identity.post("/_standin/service_accounts", {"email": email})
    answer = identity.post(
        f"/v1/projects/-/serviceAccounts/{email}:generateIdToken",
        {"audience": audience, "includeEmail": True},
    )
    return str(answer["token"])


def test_a_person_is_known_by_subject_address_and_script(identity: Standin) -> None:
    person = an_identity(identity).person(a_token(identity, sub="4711"))
    assert (person.sub, person.email, person.audience) == ("4711", "ada@example.com", SCRIPT)


@pytest.mark.parametrize(
    ("flaw", "sentence"),
    [
        ("expired", "expired"),
        ("not_yet_valid", "not valid yet"),
        ("wrong_issuer", "not issued by Google"),
        ("email_unverified", "not verified"),
        ("alg_none", "not signed the way"),
        ("hs256_public_key", "not signed the way"),
        ("unknown_kid", "does not publish"),
        ("signature_stripped", "signature was removed"),
    ],
)
def test_a_forged_token_is_refused_with_its_own_sentence(identity: Standin, flaw: str, sentence: str) -> None:
    who = an_identity(identity, invoker_email="ada@example.com", worker_audience=SCRIPT)
    token = a_token(identity, flaw=flaw)
    with pytest.raises(Unauthenticated, match=sentence):
        who.person(token)
    with pytest.raises(Unauthenticated, match=sentence):
        who.check_caller(token)


@pytest.mark.parametrize(
    ("age_s", "holds"), [(3_600 + 2, True), (3_600 + 11, False), (-8, True), (-60, False)]
)
def test_the_issuers_clock_may_differ_from_ours_by_ten_seconds(
    identity: Standin, age_s: int, holds: bool
) -> None:
    """A token lives an hour; it is taken a little after its end, and a little before its beginning."""
    token = a_token(identity, age_s=age_s)
    if holds:
        assert an_identity(identity).person(token).email == "ada@example.com"
    else:
        with pytest.raises(Unauthenticated, match="expired, or is not valid yet"):
            an_identity(identity).person(token)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "....", "bnVsbA.bnVsbA.bnVsbA", "e30.e30.e30"])
def test_what_is_no_token_is_refused(identity: Standin, token: str) -> None:
    with pytest.raises(Unauthenticated):
        an_identity(identity).person(token)


def test_a_tampered_token_is_refused_and_not_repeated(identity: Standin) -> None:
    head, claims, signature = a_token(identity).split(".")
    other = a_token(identity, email="eve@example.com").split(".")[1]
    with pytest.raises(Unauthenticated) as refused:
        an_identity(identity).person(f"{head}.{other}.{signature}")
    assert claims not in refused.value.message
    assert other not in refused.value.message


def test_without_a_list_of_scripts_nobody_is_let_in(identity: Standin) -> None:
    with pytest.raises(Unauthenticated, match="empty"):
        an_identity(identity, audiences=()).person(a_token(identity))


def test_a_token_for_another_script_is_refused(identity: Standin) -> None:
    with pytest.raises(Unauthenticated, match="another application"):
        an_identity(identity).person(a_token(identity, aud="other-client"))


@pytest.mark.parametrize("allowed", [(), (SCRIPT,)])
def test_a_script_that_is_refused_is_named_in_the_log_and_whoever_forges_one_is_not(
    identity: Standin, caplog: pytest.LogCaptureFixture, allowed: tuple[str, ...]
) -> None:
    who = an_identity(identity, audiences=allowed)
    for wanted in ({"aud": "new-script"}, {"aud": "forged-script", "flaw": "unknown_kid"}):
        with pytest.raises(Unauthenticated):
            who.person(a_token(identity, **wanted))
    (line,) = [record for record in caplog.records if vars(record).get("action") == "audience_refused"]
    assert (line.levelname, vars(line)["audience"]) == ("WARNING", "new-script")


@pytest.mark.parametrize(
    ("allowed", "wanted", "let_in"),
    [
        ({"allowed_domains": ["Example.com"]}, {"email": "ada@EXAMPLE.com", "hd": "example.com"}, True),
        ({"allowed_domains": ["example.com"]}, {"email": "ada@example.com"}, False),
        ({"allowed_domains": ["gmail.com"]}, {"email": "ada@gmail.com"}, True),
        ({"allowed_domains": ["example.com"]}, {"email": "ada@alias.org", "hd": "example.com"}, True),
        ({"allowed_domains": ["example.com"]}, {"email": "ada@notexample.com"}, False),
        ({"allowed_domains": ["example.com"]}, {"email": "ada@example.com.evil.org"}, False),
        ({"allowed_emails": ["Ada@Example.com"]}, {"email": "ada@example.com"}, True),
        ({"allowed_emails": ["ada@example.com"]}, {"email": "eve@example.com"}, False),
    ],
)
def test_only_allowed_domains_and_addresses_are_let_in(
    identity: Standin, allowed: dict[str, Any], wanted: dict[str, str], let_in: bool
) -> None:
    who, token = an_identity(identity, **allowed), a_token(identity, **wanted)
    if let_in:
        assert who.person(token).email == wanted["email"]
    else:
        with pytest.raises(Unauthenticated, match="may not use"):
            who.person(token)


def test_the_queue_is_let_in_with_exactly_its_account_and_audience(identity: Standin) -> None:
    who = an_identity(identity)
    who.check_caller(a_caller(identity))
    with pytest.raises(Unauthenticated, match="another account"):
        who.check_caller(a_caller(identity, email="other@rowmill-local.iam.gserviceaccount.com"))
    for audience in (f"{WORKER}/tasks/batches", WORKER.upper(), SCRIPT):
        with pytest.raises(Unauthenticated, match="another application"):
            who.check_caller(a_caller(identity, audience=audience))


def test_a_service_accounts_token_without_its_address_is_refused(identity: Standin) -> None:
    identity.post("/_standin/service_accounts", {"email": QUEUE})
    path = f"/v1/projects/-/serviceAccounts/{QUEUE}:generateIdToken"
    token = identity.post(path, {"audience": WORKER})["token"]
    with pytest.raises(Unauthenticated, match="not verified"):
        an_identity(identity).check_caller(token)


def test_a_worker_without_a_configured_caller_lets_nobody_in(identity: Standin) -> None:
    with pytest.raises(Unauthenticated, match="No caller"):
        an_identity(identity, invoker_email="").check_caller(a_caller(identity))
    with pytest.raises(Unauthenticated, match="No caller"):
        an_identity(identity, worker_audience="").check_caller(a_caller(identity))


def test_certificates_are_fetched_once_and_again_when_they_are_old(identity: Standin) -> None:
    """google-auth alone would fetch them for every token."""
    identity.switch(certs_max_age_s=600)
    clock = HandClock()
    who, token = an_identity(identity, clock), a_token(identity)
    for _ in range(5):
        who.person(token)
    assert len(identity.ledger("certs")) == 1
    clock.passes(601)
    who.person(token)
    assert len(identity.ledger("certs")) == 2


def test_old_certificates_serve_on_while_new_ones_cannot_be_had(identity: Standin) -> None:
    identity.switch(certs_max_age_s=60)
    clock = HandClock()
    who, token = an_identity(identity, clock), a_token(identity)
    who.person(token)
    identity.switch(certs_down=True)
    clock.passes(7200)
    for _ in range(5):
        assert who.person(token).email == "ada@example.com"
    assert [entry["served"] for entry in identity.ledger("certs")] == [True, False]


def test_a_new_key_is_fetched_when_a_token_names_it(identity: Standin) -> None:
    clock = HandClock()
    who = an_identity(identity, clock)
    who.person(a_token(identity))
    identity.post("/_standin/rotate", {})
    clock.passes(61)
    who.person(a_token(identity))
    assert len(identity.ledger("certs")) == 2


def test_forged_key_ids_cost_at_most_one_fetch_a_minute(identity: Standin) -> None:
    clock = HandClock()
    who, forged = an_identity(identity, clock), a_token(identity, flaw="unknown_kid")
    for _ in range(3):
        for _ in range(5):
            with pytest.raises(Unauthenticated):
                who.person(forged)
        clock.passes(61)
    assert len(identity.ledger("certs")) == 3


def test_without_any_certificates_nobody_is_let_in_and_it_soon_tries_again(identity: Standin) -> None:
    identity.switch(certs_down=True)
    clock = HandClock()
    who, token = an_identity(identity, clock), a_token(identity)
    with pytest.raises(Unauthenticated, match="out of reach"):
        who.person(token)
    identity.switch()
    clock.passes(3)
    assert who.person(token).email == "ada@example.com"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff"])
def test_an_answer_that_holds_no_certificates_is_no_answer(
    identity: Standin, script: Scripted, body: bytes
) -> None:
    script.says(200, body)
    with pytest.raises(Unauthenticated, match="out of reach"):
        an_identity(script).person(a_token(identity))


def test_the_address_to_share_with_is_the_service_accounts(identity: Standin) -> None:
    assert an_identity(identity).service_account() == ROBOT


def test_callers_at_once_wait_for_the_first_certificates(identity: Standin) -> None:
    """A new instance gets many calls at once; none of them may be refused for being second."""
    identity.switch(delay_ms=100)
    who, token = an_identity(identity), a_token(identity)
    with ThreadPoolExecutor(8) as threads:
        people = list(threads.map(lambda _: who.person(token).email, range(8)))
    assert people == ["ada@example.com"] * 8
    assert len(identity.ledger("certs")) == 1


def test_the_scheduler_is_let_in_as_itself_where_it_has_an_account_of_its_own(identity: Standin) -> None:
    sweeper = "scheduler@rowmill-local.iam.gserviceaccount.com"
    who = an_identity(identity, sweeper_email=sweeper)
    who.check_caller(a_caller(identity, email=sweeper), scheduler=True)
    for email, scheduler in ((QUEUE, True), (sweeper, False)):
        with pytest.raises(Unauthenticated, match="another account"):
            who.check_caller(a_caller(identity, email=email), scheduler=scheduler)
    an_identity(identity).check_caller(a_caller(identity), scheduler=True)
    with pytest.raises(Unauthenticated, match="No caller"):
        an_identity(identity, sweeper_email="").check_caller(a_caller(identity), scheduler=True)
