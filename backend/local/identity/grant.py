"""The JWT-bearer grant of RFC 7523, judged as Google's token endpoint judges an assertion."""

from __future__ import annotations

from dataclasses import dataclass

from backend.local.identity import jwt
from backend.local.identity.accounts import ServiceAccounts

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Audiences that Google's endpoint takes besides its own address; google-auth always sends the first.
AUDIENCES = frozenset(
    {
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://accounts.google.com/o/oauth2/token",
    }
)
#: Seconds an assertion may live, and how far the two clocks may differ.
ASSERTION_LIFETIME_S = 3600
SKEW_S = 300


class Refused(Exception):
    """The token endpoint refuses with 400 and OAuth's two fields (RFC 6749, 5.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True)
class Grant:
    """What a good assertion earns: an ID token where `audience` is given, else an access token."""

    email: str
    scope: str
    audience: str | None


def judge(assertion: str, accounts: ServiceAccounts, own_address: str, now: float) -> Grant:
    """Returns what the assertion earns; raises Refused with the words of Google's endpoint."""
    try:
        header, claims = jwt.read(assertion)
    except jwt.Malformed as error:
        raise Refused("invalid_grant", "Bad Request") from error
    email = str(claims.get("iss", ""))
    key = accounts.public_key(email)
    if key is None:
        raise Refused("invalid_grant", "Invalid grant: account not found")
    if header.get("alg") != "RS256" or not jwt.is_signed_by(assertion, key):
        raise Refused("invalid_grant", "Invalid JWT Signature.")
    if claims.get("aud") not in AUDIENCES | {own_address}:
        raise Refused("invalid_grant", "Invalid JWT: Failed audience check.")
    _check_times(claims, now)
    audience, scope = claims.get("target_audience"), str(claims.get("scope", ""))
    if not audience and not scope:
        raise Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return Grant(email, scope, audience or None)


def _check_times(claims: jwt.Claims, now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if (
        not isinstance(issued, int)
        or not isinstance(expires, int)
        or not 0 < expires - issued <= ASSERTION_LIFETIME_S
        or now > expires + SKEW_S
        or now < issued - SKEW_S
    ):
        raise Refused(
            "invalid_grant",
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.",
        )
