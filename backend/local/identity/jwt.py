"""JSON Web Tokens as Google signs them (RFC 7515, compact form, RS256): encoding, and reading unverified."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Claims = dict[str, Any]


class Malformed(ValueError):
    """This is not a JSON Web Token."""


def rs256(claims: Claims, key: rsa.RSAPrivateKey, kid: str) -> str:
    return encode(
        {"alg": "RS256", "kid": kid, "typ": "JWT"},
        claims,
        lambda text: key.sign(text, padding.PKCS1v15(), hashes.SHA256()),
    )


def hs256(claims: Claims, secret: bytes, kid: str) -> str:
    return encode(
        {"alg": "HS256", "kid": kid, "typ": "JWT"},
        claims,
        lambda text: hmac.new(secret, text, hashlib.sha256).digest(),
    )


def encode(header: Claims, claims: Claims, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(_json(header))}.{b64(_json(claims))}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def read(token: str) -> tuple[Claims, Claims]:
    """Returns (header, claims) without verifying anything; raises Malformed."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Malformed("a token has three parts")
    try:
        header, claims = json.loads(unb64(parts[0])), json.loads(unb64(parts[1]))
    except ValueError as error:
        raise Malformed("a token's parts are base64url JSON") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise Malformed("a token's parts are JSON objects")
    return header, claims


def is_signed_by(token: str, key: rsa.RSAPublicKey) -> bool:
    """Whether the RS256 signature of a well-formed token is this key's."""
    signed, _, signature = token.rpartition(".")
    try:
        key.verify(unb64(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _json(value: Claims) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
