"""Proof of edit, grants and watch tokens."""

from __future__ import annotations

from backend.entrypoints.payloads.access import (
    ChallengeAsked,
    ChallengeGiven,
    GrantAsked,
    GrantGiven,
    WatchTokenAsked,
    WatchTokenGiven,
)
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.tokens import WATCH_S
from backend.ports import NONCE_KEY
from backend.usecases.grant_access import challenge, prove


def open_challenge(call: Call) -> ChallengeGiven:
    service = call.service
    opened = challenge(call.who, call.body.spreadsheet_id, documents=service.documents, clock=service.clock)
    return ChallengeGiven(
        nonce=opened.nonce,
        metadata_key=NONCE_KEY,
        expires_in_s=opened.expires_in_s,
        service_account=service.identity.service_account(),
    )


def grant(call: Call) -> GrantGiven:
    service = call.service
    expires_in_s = prove(
        call.who,
        call.body.spreadsheet_id,
        call.body.nonce,
        documents=service.documents,
        sheets=service.sheets,
        clock=service.clock,
    )
    token = watch_token(call)
    return GrantGiven(grant_expires_in_s=expires_in_s, **token.model_dump())


def watch_token(call: Call) -> WatchTokenGiven:
    service = call.service
    return WatchTokenGiven(
        watch_token=service.signer.watch_token(call.who.sub, call.body.spreadsheet_id),
        expires_in_s=WATCH_S,
        watch_url=f"{service.settings.public_url}/api/watch",
    )


ROUTES = (
    Route(
        "POST",
        "/api/access/challenges",
        Guard.PERSON,
        open_challenge,
        "Opens a proof of edit: a nonce to be written into the spreadsheet.",
        asks=ChallengeAsked,
        gives=ChallengeGiven,
        status=201,
    ),
    Route(
        "POST",
        "/api/access/grants",
        Guard.PERSON,
        grant,
        "Turns a nonce that stands in the spreadsheet into a grant of an hour.",
        asks=GrantAsked,
        gives=GrantGiven,
        status=201,
        sheets=True,
    ),
    Route(
        "POST",
        "/api/access/watch-tokens",
        Guard.SPREADSHEET,
        watch_token,
        "A new watch token, while the grant lasts.",
        asks=WatchTokenAsked,
        gives=WatchTokenGiven,
        status=201,
    ),
)
