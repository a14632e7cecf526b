"""Service accounts through google-auth itself: key files, access tokens, ID tokens, refusals."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import google.auth
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import service_account

from backend.local.identity.grant import GRANT_TYPE
from tests.contracts.identity_api.conftest import IdentityServer

EMAIL = "sheets@rowmill.iam.gserviceaccount.com"
SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/userinfo.email"]


def an_assertion(identity: IdentityServer, key_of: str = EMAIL, **changes: Any) -> str:
    signer = service_account.Credentials.from_service_account_info(identity.key_file(key_of)).signer
    now = int(time.time())
    claims = {
        "iss": EMAIL,
        "aud": "https://oauth2.googleapis.com/token",
        "scope": SCOPES[0],
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    return google.auth.jwt.encode(signer, claims).decode()


def granted(identity: IdentityServer, **form: str) -> requests.Response:
    return requests.post(f"{identity.url}/token", data=form, timeout=5)


def test_default_credentials_work_with_a_key_file_of_ours(
    identity: IdentityServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(identity.key_file(EMAIL)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    credentials, project = google.auth.default(scopes=SCOPES)
    credentials.refresh(Request())
    assert project == "rowmill"
    info = requests.get(
        f"{identity.url}/tokeninfo", params={"access_token": credentials.token}, timeout=5
    ).json()
    assert info["email"] == EMAIL
    assert info["scope"] == " ".join(SCOPES)
    assert 3500 < int(info["expires_in"]) <= 3600


def test_an_id_token_for_an_audience_is_verified_by_its_receiver(identity: IdentityServer) -> None:
    credentials = service_account.IDTokenCredentials.from_service_account_info(
        identity.key_file(EMAIL), target_audience="https://worker.example.com"
    )
    credentials.refresh(Request())
    claims = identity.verify(credentials.token, "https://worker.example.com")
    assert (claims["email"], claims["email_verified"]) == (EMAIL, True)


def test_a_key_file_of_another_universe_makes_google_auth_ask_nobody(identity: IdentityServer) -> None:
    # In Google's own universe google-auth looks up regional access boundaries at Google from a thread
    # of its own, whatever the token's address; elsewhere it does not, and signs its tokens itself.
    key = identity.key_file(EMAIL, universe_domain="rowmill.localhost")
    credentials = service_account.Credentials.from_service_account_info(key, scopes=SCOPES)
    threads = set(threading.enumerate())
    with AuthorizedSession(credentials) as session:
        session.get(f"{identity.url}/_standin/status", timeout=5).raise_for_status()
    assert set(threading.enumerate()) <= threads
    info = requests.get(
        f"{identity.url}/tokeninfo", params={"access_token": credentials.token}, timeout=5
    ).json()
    assert (info["email"], info["scope"]) == (EMAIL, " ".join(SCOPES))


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        # RFC 6749 5.2 and RFC 7523 3 for the codes; the descriptions as Google's endpoint words them.
        ({"iss": "nobody@example.com"}, "invalid_grant", "Invalid grant: account not found"),
        ({"aud": "https://elsewhere.example.com"}, "invalid_grant", "Invalid JWT: Failed audience check."),
        ({"exp": 1_700_003_600, "iat": 1_700_000_000}, "invalid_grant", "Invalid JWT: Token must be a short"),
        ({"exp": int(time.time()) + 90_000}, "invalid_grant", "Invalid JWT: Token must be a short-lived"),
        ({"exp": None}, "invalid_grant", "Invalid JWT: Token must be a short-lived"),
        ({"scope": ""}, "invalid_scope", "Invalid OAuth scope or ID token audience provided."),
    ],
)
def test_a_wrong_assertion_is_refused(
    identity: IdentityServer, changes: dict[str, Any], error: str, description: str
) -> None:
    answer = granted(identity, grant_type=GRANT_TYPE, assertion=an_assertion(identity, **changes))
    assert answer.status_code == 400
    assert answer.json()["error"] == error
    assert answer.json()["error_description"].startswith(description)


def test_an_assertion_signed_with_another_accounts_key_is_refused(identity: IdentityServer) -> None:
    identity.key_file(EMAIL)
    forged = an_assertion(identity, key_of="mallory@rowmill.iam.gserviceaccount.com")
    answer = granted(identity, grant_type=GRANT_TYPE, assertion=forged)
    assert (answer.status_code, answer.json()["error_description"]) == (400, "Invalid JWT Signature.")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": GRANT_TYPE}, "invalid_request"),
        ({"grant_type": GRANT_TYPE, "assertion": "not.a.token"}, "invalid_grant"),
        ({"grant_type": GRANT_TYPE, "assertion": "nothing"}, "invalid_grant"),
    ],
)
def test_a_malformed_grant_is_refused(identity: IdentityServer, form: dict[str, str], error: str) -> None:
    answer = granted(identity, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_google_auth_reports_a_refusal_in_our_words(identity: IdentityServer) -> None:
    credentials = service_account.Credentials.from_service_account_info(identity.key_file(EMAIL), scopes=[])
    with pytest.raises(RefreshError, match="invalid_scope"):
        credentials.refresh(Request())


@pytest.mark.parametrize("token", ["", "ya29.c.abc", "ya29.c.eyJ9.x", "ya29.c.é.ü", "a.b.c"])
def test_token_info_refuses_what_was_never_given_out(identity: IdentityServer, token: str) -> None:
    answer = requests.get(f"{identity.url}/tokeninfo", params={"access_token": token}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_token")


def test_an_id_token_is_minted_by_the_iam_credentials_address(identity: IdentityServer) -> None:
    # cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
    identity.key_file("tasks@rowmill.iam.gserviceaccount.com")
    address = f"{identity.url}/v1/projects/-/serviceAccounts/tasks@rowmill.iam.gserviceaccount.com"
    body = {"audience": "https://worker.example.com", "includeEmail": True}
    answer = requests.post(f"{address}:generateIdToken", json=body, timeout=5)
    claims = identity.verify(answer.json()["token"], "https://worker.example.com")
    assert claims["email"] == "tasks@rowmill.iam.gserviceaccount.com"
    answer = requests.post(f"{address}:generateIdToken", json={"audience": "x"}, timeout=5)
    assert "email" not in identity.verify(answer.json()["token"], "x")


def test_an_account_nobody_made_gets_no_token(identity: IdentityServer) -> None:
    address = f"{identity.url}/v1/projects/-/serviceAccounts/nobody@example.com:generateIdToken"
    answer = requests.post(address, json={"audience": "x"}, timeout=5)
    assert answer.status_code == 404
    assert answer.json()["error"]["status"] == "NOT_FOUND"


def test_the_token_endpoint_can_be_out_of_order(identity: IdentityServer) -> None:
    assertion = an_assertion(identity)
    identity.switch(tokens_down=True)
    answer = granted(identity, grant_type=GRANT_TYPE, assertion=assertion)
    identity.switch()
    assert answer.status_code == 503
    assert granted(identity, grant_type=GRANT_TYPE, assertion=assertion).status_code == 200
