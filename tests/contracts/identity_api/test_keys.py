"""The published certificates: their form, their caching, rotation, outages, and what a restart keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate
from google.auth.exceptions import GoogleAuthError, TransportError

from backend.local.identity.app import create_app
from backend.local.identity.jwt import unb64
from tests.contracts.identity_api.conftest import IdentityServer
from tests.serving import serving


def test_both_forms_publish_the_same_keys(identity: IdentityServer) -> None:
    # v1: kid → X.509 PEM; v3: a JWK Set (RFC 7517). www.googleapis.com/oauth2/v1/certs and v3/certs.
    pems = requests.get(f"{identity.url}/oauth2/v1/certs", timeout=5).json()
    keys = requests.get(f"{identity.url}/oauth2/v3/certs", timeout=5).json()["keys"]
    assert [key["kid"] for key in keys] == list(pems)
    for key in keys:
        assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
        public = load_pem_x509_certificate(pems[key["kid"]].encode()).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        assert public.key_size == 2048
        assert public.public_numbers().n == int.from_bytes(unb64(key["n"]), "big")
        assert public.public_numbers().e == int.from_bytes(unb64(key["e"]), "big")


def test_the_answer_says_how_long_it_may_be_kept(identity: IdentityServer) -> None:
    caching = requests.get(f"{identity.url}/oauth2/v1/certs", timeout=5).headers["Cache-Control"]
    assert caching == "public, max-age=21600, must-revalidate, no-transform"
    identity.switch(certs_max_age_s=5)
    caching = requests.get(f"{identity.url}/oauth2/v1/certs", timeout=5).headers["Cache-Control"]
    identity.switch()
    assert "max-age=5," in caching


def test_a_token_outlives_one_rotation_and_not_two(identity: IdentityServer) -> None:
    token = identity.user_token()
    identity.rotate()
    identity.verify(token)
    identity.verify(identity.user_token())
    identity.rotate()
    with pytest.raises(GoogleAuthError, match="not found"):
        identity.verify(token)


def test_the_certificates_can_be_out_of_reach(identity: IdentityServer) -> None:
    token = identity.user_token()
    identity.switch(certs_down=True)
    with pytest.raises(TransportError):
        identity.verify(token)
    identity.switch()
    identity.verify(token)


def test_a_restart_keeps_keys_accounts_and_access_tokens(tmp_path: Path) -> None:
    with serving(create_app(tmp_path)) as url:
        before = IdentityServer(url)
        token, key = before.user_token(), before.key_file("sheets@rowmill.iam.gserviceaccount.com")
    with serving(create_app(tmp_path)) as url:
        after = IdentityServer(url)
        after.verify(token)
        again = after.key_file("sheets@rowmill.iam.gserviceaccount.com")
        assert again["private_key"] == key["private_key"]
        assert again["token_uri"] == f"{url}/token"
