"""Proof of edit: a nonce that the user's script writes into the spreadsheet, and that we read there.

It proves edit rights on exactly this spreadsheet, and no token of the user that could do more ever
reaches us.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from backend.errors import Conflict, Forbidden, NotFound, TryLater
from backend.ports import Clock, Create, Delete, Documents, Key, Person, Replace, Sheets

NONCE_S = 120
GRANT_S = 3600
#: The developer-metadata key that carries a nonce; the Sheets adapter looks for the same.
METADATA_KEY = "rowmill_proof"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A nonce to be written under `METADATA_KEY`, visible to the document, within `expires_in_s`."""

    nonce: str
    expires_in_s: int = NONCE_S


def challenge(person: Person, spreadsheet_id: str, *, documents: Documents, clock: Clock) -> Challenge:
    """Opens a proof for this user, script and spreadsheet."""
    nonce = secrets.token_urlsafe(32)
    data = {"who": _who(person), "spreadsheet_id": spreadsheet_id}
    documents.commit([Create(_challenge_key(nonce), data, clock.now() + NONCE_S)])
    return Challenge(nonce)


def prove(
    person: Person, spreadsheet_id: str, nonce: str, *, documents: Documents, sheets: Sheets, clock: Clock
) -> int:
    """Turns a nonce that stands in the spreadsheet into a grant; gives its seconds.

    Raises `Forbidden`: `no_proof` when the nonce is unknown, too old, used, somebody else's or not in the
    sheet; `not_shared` when we cannot look.
    """
    opened = documents.get(_challenge_key(nonce))
    expected = {"who": _who(person), "spreadsheet_id": spreadsheet_id}
    if opened is None or opened.data != expected:
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
    try:
        documents.commit([Delete(opened.key, opened.version), renewed])
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


def _who(person: Person) -> str:
    return f"{person.sub}|{person.audience}"


def _challenge_key(nonce: str) -> Key:
    return Key("challenges", hashlib.sha256(nonce.encode()).hexdigest())


def _grant_key(person: Person, spreadsheet_id: str) -> Key:
    return Key("grants", hashlib.sha256(f"{_who(person)}|{spreadsheet_id}".encode()).hexdigest())
