"""ID tokens: the claims Google gives users and service accounts, and forgeries that a check must refuse."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.local.identity import jwt
from backend.local.identity.accounts import subject_of
from backend.local.identity.keys import SigningKey, fingerprint

ISSUER = "https://accounts.google.com"
#: Seconds that Google's ID tokens and access tokens live.
LIFETIME_S = 3600
#: What stands in the place of the signature in a token that Cloud Run passes on.
STRIPPED = "SIGNATURE_REMOVED_BY_GOOGLE"

Flaw = Literal[
    "expired",
    "not_yet_valid",
    "wrong_issuer",
    "email_unverified",
    "alg_none",
    "hs256_public_key",
    "unknown_kid",
    "signature_stripped",
]


class UserToken(BaseModel):
    """Whose token is wanted, for which client; `flaw` asks for one that must be refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(min_length=3, pattern="@")
    aud: str = Field(min_length=1)
    sub: str | None = None
    hd: str | None = None
    flaw: Flaw | None = None
    #: Seconds since it was issued; negative by an issuer whose clock is ahead of ours.
    age_s: int = 0


def user_claims(wanted: UserToken, now: int) -> jwt.Claims:
    """What `ScriptApp.getIdentityToken()` gives; `hd` only for an account of a Workspace domain."""
    issued = {"expired": now - 2 * LIFETIME_S, "not_yet_valid": now + LIFETIME_S}.get(
        wanted.flaw or "", now - wanted.age_s
    )
    claims: jwt.Claims = {
        "iss": "https://accounts.example.com" if wanted.flaw == "wrong_issuer" else ISSUER,
        "azp": wanted.aud,
        "aud": wanted.aud,
        "sub": wanted.sub or subject_of(wanted.email),
        "email": wanted.email,
        "email_verified": wanted.flaw != "email_unverified",
        "iat": issued,
        "exp": issued + LIFETIME_S,
    }
    return claims if wanted.hd is None else {**claims, "hd": wanted.hd}


def account_claims(email: str, audience: str, now: int, *, include_email: bool = True) -> jwt.Claims:
    """What a service account's ID token says, from `/token` and from `generateIdToken` alike."""
    claims: jwt.Claims = {
        "iss": ISSUER,
        "azp": email if include_email else subject_of(email),
        "aud": audience,
        "sub": subject_of(email),
        "iat": now,
        "exp": now + LIFETIME_S,
    }
    return {**claims, "email": email, "email_verified": True} if include_email else claims


def signed(claims: jwt.Claims, key: SigningKey, flaw: Flaw | None = None) -> str:
    """The token; a flaw of the signature is put in here, one of the claims is there already."""
    match flaw:
        case "alg_none":
            return jwt.encode({"alg": "none", "typ": "JWT"}, claims, lambda _text: b"")
        case "hs256_public_key":
            # The classic confusion: the published certificate taken for a shared secret.
            return jwt.hs256(claims, key.certificate.encode(), key.kid)
        case "unknown_kid":
            return jwt.rs256(claims, key.private, fingerprint("never published"))
        case "signature_stripped":
            return f"{jwt.rs256(claims, key.private, key.kid).rpartition('.')[0]}.{STRIPPED}"
        case _:
            return jwt.rs256(claims, key.private, key.kid)
