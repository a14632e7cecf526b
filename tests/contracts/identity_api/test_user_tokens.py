"""Users' ID tokens, judged by google-auth, which is what the product judges them with."""

from __future__ import annotations

import time

import pytest
import requests
from google.auth.exceptions import GoogleAuthError

from tests.contracts.identity_api.conftest import IdentityServer


def test_a_token_says_what_script_apps_identity_token_says(identity: IdentityServer) -> None:
    # The claims of an ID token: developers.google.com/identity/openid-connect/openid-connect.
    before = int(time.time())
    claims = identity.verify(identity.user_token(email="ada@example.com", aud="client", hd="example.com"))
    assert claims["iss"] == "https://accounts.google.com"
    assert (claims["aud"], claims["azp"]) == ("client", "client")
    assert (claims["email"], claims["email_verified"]) == ("ada@example.com", True)
    assert claims["hd"] == "example.com"
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == 3600


def test_the_subject_stays_the_same_for_an_address_and_differs_between_addresses(
    identity: IdentityServer,
) -> None:
    first, again, other = (
        identity.verify(identity.user_token(email=email))["sub"]
        for email in ("ada@example.com", "ada@example.com", "bob@example.com")
    )
    assert first == again
    assert first != other
    assert len(first) == 21
    assert first.isdigit()


@pytest.mark.parametrize(
    ("flaw", "says"),
    [
        # The sentences are google-auth's own (google/auth/jwt.py).
        ("expired", "Token expired"),
        ("not_yet_valid", "Token used too early"),
        ("alg_none", "Unsupported signature algorithm none"),
        ("hs256_public_key", "Unsupported signature algorithm HS256"),
        ("unknown_kid", "not found"),
        ("signature_stripped", "Could not verify token signature"),
    ],
)
def test_a_forged_token_is_refused(identity: IdentityServer, flaw: str, says: str) -> None:
    with pytest.raises(GoogleAuthError, match=says):
        identity.verify(identity.user_token(flaw=flaw))


def test_a_token_for_another_client_is_refused(identity: IdentityServer) -> None:
    with pytest.raises(GoogleAuthError, match="wrong audience"):
        identity.verify(identity.user_token(aud="another"))


def test_what_google_auth_leaves_to_its_caller_is_wrong_on_demand(identity: IdentityServer) -> None:
    # verify_token checks neither the issuer nor email_verified (google/oauth2/id_token.py).
    assert identity.verify(identity.user_token(flaw="wrong_issuer"))["iss"] == "https://accounts.example.com"
    assert identity.verify(identity.user_token(flaw="email_unverified"))["email_verified"] is False


def test_a_stripped_token_ends_as_cloud_run_ends_it(identity: IdentityServer) -> None:
    # cloud.google.com/run/docs/authenticating: the signature is replaced by these words.
    assert identity.user_token(flaw="signature_stripped").endswith(".SIGNATURE_REMOVED_BY_GOOGLE")


def test_a_wish_that_makes_no_sense_is_refused(identity: IdentityServer) -> None:
    answer = requests.post(
        f"{identity.url}/_standin/id_token", json={"email": "ada@example.com", "flaw": "funny"}, timeout=5
    )
    assert answer.status_code == 422
