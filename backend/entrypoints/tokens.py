"""Signed tokens of our own: for polling, for one upload, and links for downloads. Keys rotate."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

from backend.errors import NotFound, Unauthenticated
from backend.ports.identity import Person

WATCH_S = 600
#: An upload has to begin within so long.
UPLOAD_S = 120
LINK_S = 120


@dataclass(frozen=True, slots=True)
class WatchToken:
    """Read-only: this user, this spreadsheet."""

    sub: str
    spreadsheet_id: str


@dataclass(frozen=True, slots=True)
class UploadToken:
    """One file of this user into this spreadsheet; `nonce` makes a repeated sending one upload."""

    person: Person
    spreadsheet_id: str
    name: str
    sheet: str | None
    nonce: str

    @property
    def sub(self) -> str:
        return self.person.sub


@dataclass(frozen=True, slots=True)
class Link:
    """One download of one job, once."""

    job_id: str
    format: str
    nonce: str


class Signer:
    """The first key signs, all of them verify. The salt keeps the kinds of tokens apart."""

    def __init__(self, keys: Sequence[str]) -> None:
        # itsdangerous signs with the last key of a list.
        self._watch = URLSafeTimedSerializer([*reversed(keys)], salt="watch")
        self._upload = URLSafeTimedSerializer([*reversed(keys)], salt="upload")
        self._link = URLSafeTimedSerializer([*reversed(keys)], salt="download")

    def watch_token(self, sub: str, spreadsheet_id: str) -> str:
        return _text(self._watch.dumps([sub, spreadsheet_id]))

    def read_watch_token(self, token: str) -> WatchToken:
        try:
            return WatchToken(*self._watch.loads(token, max_age=WATCH_S))
        except (BadSignature, TypeError) as error:
            raise Unauthenticated("This watch token is not valid (any more). Ask for a new one.") from error

    def upload_token(self, person: Person, spreadsheet_id: str, name: str, sheet: str | None) -> str:
        who = [person.sub, person.email, person.audience]
        return _text(self._upload.dumps([who, spreadsheet_id, name, sheet, secrets.token_hex(16)]))

    def read_upload_token(self, token: str) -> UploadToken:
        try:
            who, *upload = self._upload.loads(token, max_age=UPLOAD_S)
            return UploadToken(Person(*who), *upload)
        except (BadSignature, TypeError) as error:
            raise Unauthenticated("This upload token is not valid (any more). Ask for a new one.") from error

    def link(self, job_id: str, format: str) -> str:
        return _text(self._link.dumps([job_id, format, secrets.token_hex(8)]))

    def read_link(self, token: str) -> Link:
        try:
            return Link(*self._link.loads(token, max_age=LINK_S))
        except (BadSignature, TypeError) as error:
            raise NotFound("This link is not valid (any more). Start the download again.") from error


def _text(token: str | bytes) -> str:
    return token if isinstance(token, str) else token.decode()
