"""Who asks, and what they may do with a workbook.

With an identity stand-in, a bearer token is worth what its `/tokeninfo` says; the answer is believed until it
expires. Without one, everybody may do everything.
"""

from __future__ import annotations

import time
from typing import Literal

import aiohttp
from aiohttp import web

from backend.local.sheets.errors import forbidden, unauthenticated, unavailable
from backend.local.sheets.workbook import User, Workbook

#: Header by which the workbench says which person sits at the sheet.
PERSON = "X-Standin-User"
#: Developer metadata of PROJECT visibility is shared by all who ask through the same door.
OWNER_PROJECT = "workbench"
#: Seconds to wait for the identity stand-in.
_IDENTITY_TIMEOUT_S = 5.0


class Identities:
    def __init__(self, url: str | None) -> None:
        self._url = url.rstrip("/") if url else None
        self._known: dict[str, tuple[str, float]] = {}

    async def asking(self, request: web.Request) -> User:
        """The caller of the API; raises 401 for a missing or unknown token."""
        if self._url is None:
            return User()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else request.query.get("access_token", "")
        if not token:
            raise unauthenticated(missing=True)
        email, until = self._known.get(token, ("", 0.0))
        if time.monotonic() >= until:
            self._known.pop(token, None)
            email, until = await self._resolved(token)
            self._known[token] = (email, until)
        return User(email)

    async def _resolved(self, token: str) -> tuple[str, float]:
        timeout = aiohttp.ClientTimeout(total=_IDENTITY_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{self._url}/tokeninfo", params={"access_token": token}) as answer,
            ):
                if answer.status >= 500:
                    raise unavailable()
                facts = await answer.json() if answer.status == 200 else {}
        except (aiohttp.ClientError, TimeoutError) as error:
            raise unavailable() from error
        email = facts.get("email")
        if not email:
            raise unauthenticated(missing=False)
        return email, time.monotonic() + float(facts.get("expires_in", 0))


def owner(request: web.Request) -> User:
    """Whoever comes through the workbench's door: full rights, named by a header."""
    return User(request.headers.get(PERSON), everything=True, project=OWNER_PROJECT)


def check(workbook: Workbook, user: User, kind: Literal["read", "write"]) -> None:
    """Raises Google's 403 when the user may not read, or not write."""
    if (
        user.everything
        or user.email is None
        or user.email == workbook.owner
        or user.email in workbook.editors
    ):
        return
    if kind == "read" and user.email in workbook.viewers:
        return
    raise forbidden()
