"""Proof of edit, grants and watch tokens."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from backend.entrypoints.payloads.base import Asked, Given, SpreadsheetId


class ChallengeAsked(Asked):
    spreadsheet_id: SpreadsheetId


class ChallengeGiven(Given):
    nonce: str
    #: The developer-metadata key (visibility DOCUMENT) under which the script writes the nonce.
    metadata_key: str
    expires_in_s: int
    #: The address the spreadsheet has to be shared with.
    service_account: str


class GrantAsked(Asked):
    spreadsheet_id: SpreadsheetId
    nonce: Annotated[str, StringConstraints(min_length=20, max_length=200)]


class WatchTokenGiven(Given):
    """Read-only, ten minutes, for `GET /api/watch` directly from the page."""

    watch_token: str
    expires_in_s: int
    #: Absolute address of the watch route as the page reaches it.
    watch_url: str


class GrantGiven(WatchTokenGiven):
    grant_expires_in_s: int


class WatchTokenAsked(Asked):
    spreadsheet_id: SpreadsheetId
