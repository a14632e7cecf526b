"""Who is calling: Google's ID tokens, checked with google-auth against certificates that are kept."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

from google.auth import exceptions, jwt

from backend.adapters.certificates import Certificates
from backend.errors import Unauthenticated
from backend.ports import Person

#: Who signs users' and service accounts' ID tokens (Google's guide "Verify the Google ID token").
ISSUERS = frozenset({"accounts.google.com", "https://accounts.google.com"})
#: Seconds that our clock and the issuer's may differ.
SKEW_S = 10
#: What Cloud Run puts in place of a signature it has checked itself; anyone can write it.
STRIPPED_SIGNATURE = "SIGNATURE_REMOVED_BY_GOOGLE"

Claims = Mapping[str, Any]

log = logging.getLogger(__name__)


class GoogleIdentity:
    """`backend.ports.Identity`. Everything that is not proved is refused."""

    def __init__(
        self,
        *,
        certificates: Certificates,
        audiences: Collection[str],
        worker_audience: str,
        invoker_email: str,
        service_account_email: str,
        allowed_domains: Collection[str] = (),
        allowed_emails: Collection[str] = (),
        issuers: Collection[str] = ISSUERS,
        sweeper_email: str | None = None,
    ) -> None:
        """`audiences` are the scripts' client ids: none means nobody. No domains and no e-mails: any user.

        `sweeper_email` is the scheduler's account; the queue's, unless it has one of its own.
        """
        self._certificates = certificates
        self._audiences = frozenset(audiences)
        self._worker_audience = worker_audience
        self._invoker_email = invoker_email
        self._sweeper_email = invoker_email if sweeper_email is None else sweeper_email
        self._service_account_email = service_account_email
        self._allowed_domains = frozenset(domain.lower() for domain in allowed_domains)
        self._allowed_emails = frozenset(email.lower() for email in allowed_emails)
        self._issuers = frozenset(issuers)

    def person(self, token: str) -> Person:
        claims = self._claims(token)
        audience = claims.get("aud")
        if audience not in self._audiences:
            # Whoever installs a script finds its client id by this line: `infra/audiences.sh`.
            facts = {"action": "audience_refused", "audience": audience}
            log.warning("A script that is not in AUDIENCES asked.", extra=facts)
            if not self._audiences:
                raise Unauthenticated("No script may sign people in here: the list of client ids is empty.")
            raise Unauthenticated("The ID token is meant for another application.")
        subject, email = claims.get("sub"), claims["email"]
        if not isinstance(subject, str) or not subject:
            raise Unauthenticated("The ID token does not say whose it is.")
        if not self._is_allowed(email, claims.get("hd")):
            raise Unauthenticated("This Google account may not use Rowmill here.")
        return Person(sub=subject, email=email, audience=audience)

    def check_caller(self, token: str, *, scheduler: bool = False) -> None:
        expected = self._sweeper_email if scheduler else self._invoker_email
        if not self._worker_audience or not expected:
            raise Unauthenticated("No caller is configured for the worker.")
        claims = self._claims(token)
        if claims.get("aud") != self._worker_audience:
            raise Unauthenticated("The ID token is meant for another application.")
        if claims["email"] != expected:
            whose = "the scheduler's" if scheduler else "the queue's"
            raise Unauthenticated(f"The ID token belongs to another account than {whose}.")

    def service_account(self) -> str:
        return self._service_account_email

    def _is_allowed(self, email: str, hosted_domain: object) -> bool:
        if not self._allowed_domains and not self._allowed_emails:
            return True
        if email.lower() in self._allowed_emails:
            return True
        # Google speaks for an address only where it hosts it: whoever left a firm may still have an account
        # with its address, and a verified one at that (Google's guide "Verify the Google ID token").
        domain = hosted_domain if isinstance(hosted_domain, str) else email.rpartition("@")[2]
        hosted = isinstance(hosted_domain, str) or domain.lower() == "gmail.com"
        return hosted and domain.lower() in self._allowed_domains

    def _claims(self, token: str) -> Claims:
        """The claims of a token that holds in every respect but whose it is and for whom."""
        claims = self._signed_claims(token)
        if claims.get("iss") not in self._issuers:
            raise Unauthenticated("The ID token was not issued by Google.")
        # Not checked by google-auth. A string "true" or a number proves nothing.
        if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
            raise Unauthenticated("The ID token's e-mail address is not verified.")
        return claims

    def _signed_claims(self, token: str) -> Claims:
        if token.endswith(STRIPPED_SIGNATURE):
            raise Unauthenticated("The ID token's signature was removed on its way, so it proves nothing.")
        try:
            header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
            key_id = header.get("kid")
            if header.get("alg") != "RS256" or not isinstance(key_id, str):
                raise Unauthenticated("The ID token is not signed the way Google signs.")
            certificate = self._certificates.find(key_id)
            if certificate is None:
                raise Unauthenticated("The ID token is signed with a key that Google does not publish.")
            claims: Claims = jwt.decode(  # type: ignore[no-untyped-call]
                token, certs={key_id: certificate}, clock_skew_in_seconds=SKEW_S
            )
        except exceptions.InvalidValue as error:
            raise Unauthenticated("The ID token has expired, or is not valid yet.") from error
        except (exceptions.GoogleAuthError, ValueError, TypeError) as error:
            raise Unauthenticated("The ID token is malformed, or its signature does not hold.") from error
        return claims
