"""Proof of edit: a nonce that the user's script writes into the spreadsheet, and that we read there.

It proves edit rights on exactly this spreadsheet, and no token of the user that could do more ever
reaches us.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from dataclasses import dataclass

from backend.errors import Conflict, Forbidden, NotFound, TooMany, TryLater
from backend.ports import Clock, Create, Delete, Documents, Key, Person, Replace, Sheets

NONCE_S = 120
#: Proofs that one user may have open at the same time.
OPEN_NONCES = 10
GRANT_S = 3600
#: A proof vouches for its user's schedules for so long.
SCHEDULES_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Challenge:
    """A nonce to be written under `ports.NONCE_KEY`, visible to the document, within `expires_in_s`."""

    nonce: str
    expires_in_s: int = NONCE_S


def challenge(person: Person, spreadsheet_id: str, *, documents: Documents, clock: Clock) -> Challenge:
    """Opens a proof for this user, script and spreadsheet. Raises `TooMany` while too many stand open."""
    nonce = secrets.token_urlsafe(32)
    data = {"nonce": _hashed(nonce), "who": _who(person), "spreadsheet_id": spreadsheet_id}
    while True:
        keys = _challenge_keys(person)
        found = documents.get_many(keys)
        free = next((key for key, document in zip(keys, found, strict=True) if document is None), None)
        if free is None:
            first_s = min(document.expires_at or 0.0 for document in found if document) - clock.now()
            raise TooMany(
                f"{OPEN_NONCES} proofs of edit stand open. Finish one, or wait until one has run out.",
                retry_after_s=max(1, math.ceil(first_s)),
            )
        try:
            documents.commit([Create(free, data, clock.now() + NONCE_S)])
        except Conflict:
            continue  # opened in two windows at once
        return Challenge(nonce)


def prove(
    person: Person, spreadsheet_id: str, nonce: str, *, documents: Documents, sheets: Sheets, clock: Clock
) -> int:
    """Turns a nonce that stands in the spreadsheet into a grant; gives its seconds.

    Raises `Forbidden`: `no_proof` when the nonce is unknown, too old, used, somebody else's or not in the
    sheet; `not_shared` when we cannot look.
    """
    wanted = {"nonce": _hashed(nonce), "who": _who(person), "spreadsheet_id": spreadsheet_id}
    found = documents.get_many(_challenge_keys(person))
    opened = next((document for document in found if document and document.data == wanted), None)
    if opened is None:
        raise Forbidden("This proof of edit is unknown, used or too old. Please try again.", "no_proof")
    try:
        standing = sheets.nonces(spreadsheet_id)
    except (Forbidden, NotFound) as error:
        raise Forbidden(error.message, "not_shared") from error
    if not any(secrets.compare_digest(found.value, nonce) for found in standing):
        raise Forbidden("The proof of edit is not in the spreadsheet. Please try again.", "no_proof")
    key = _grant_key(person, spreadsheet_id)
    grant = documents.get(key)
    expires = clock.now() + GRANT_S
    renewed = Replace(key, grant.version, {}, expires) if grant else Create(key, {}, expires)
    vouched_key = _vouched_key(person.sub, spreadsheet_id)
    vouched, until = documents.get(vouched_key), clock.now() + SCHEDULES_S
    vouches = Replace(vouched_key, vouched.version, {}, until) if vouched else Create(vouched_key, {}, until)
    try:
        documents.commit([Delete(opened.key, opened.version), renewed, vouches])
    except Conflict:
        raise Forbidden(
            "This proof of edit was used at the same moment. Please try again.", "no_proof"
        ) from None
    _tidy(spreadsheet_id, [found.metadata_id for found in standing], sheets)
    return GRANT_S


def _tidy(spreadsheet_id: str, metadata_ids: list[int], sheets: Sheets) -> None:
    """Used and forgotten nonces are worth nothing; that they stay a while longer harms nobody."""
    try:
        sheets.remove_nonces(spreadsheet_id, metadata_ids)
    except (TryLater, Forbidden, NotFound):
        return


def require_grant(person: Person, spreadsheet_id: str, *, documents: Documents) -> None:
    """Raises `Forbidden` (`no_grant`) unless this user has proved edit rights within the hour."""
    if documents.get(_grant_key(person, spreadsheet_id)) is None:
        raise Forbidden("Please prove again that you may edit this spreadsheet.", "no_grant")


def has_grant(person: Person, spreadsheet_id: str, *, documents: Documents) -> bool:
    return documents.get(_grant_key(person, spreadsheet_id)) is not None


def vouched_for(sub: str, spreadsheet_id: str, *, documents: Documents) -> bool:
    """Whether this user has proved edit rights within the last 30 days, so that their schedules may run."""
    return documents.get(_vouched_key(sub, spreadsheet_id)) is not None


def _who(person: Person) -> str:
    return f"{person.sub}|{person.audience}"


def _challenge_keys(person: Person) -> list[Key]:
    """As many places as a user may have proofs open: that none is left is the limit."""
    return [Key("challenges", f"{_hashed(person.sub)}.{place}") for place in range(OPEN_NONCES)]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _grant_key(person: Person, spreadsheet_id: str) -> Key:
    return Key("grants", hashlib.sha256(f"{_who(person)}|{spreadsheet_id}".encode()).hexdigest())


def _vouched_key(sub: str, spreadsheet_id: str) -> Key:
    return Key("grants", hashlib.sha256(f"schedules|{sub}|{spreadsheet_id}".encode()).hexdigest())
