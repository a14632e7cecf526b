"""Sends deliveries over HTTP: mints the OIDC token, keeps the deadline, follows no redirect."""

from __future__ import annotations

import asyncio
from typing import Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from backend.local.tasks.clock import Clock
from backend.local.tasks.delivery import Outcome, headers_of, retry_after_s
from backend.local.tasks.store import StoredTask
from backend.local.tasks.task_rules import METHODS
from backend.local.tasks.wire import Message

DEADLINE_PASSED = 504


class NoToken(Exception):
    """The identity provider gave no token."""


class Sender:
    """One HTTP client for all deliveries; an async context manager."""

    def __init__(self, identity: str | None, clock: Clock) -> None:
        self._identity = identity
        self._clock = clock
        self._client: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        # A new connection each time: one kept alive may die unnoticed and would count as a failure.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._client = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Content-Type",),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def send(self, task: StoredTask) -> Outcome:
        """Delivers one attempt; whatever goes wrong is an outcome."""
        message = task.message
        deadline = self._clock.now() + message.dispatch_deadline.ToMicroseconds() / 1e6
        answer = asyncio.create_task(self._answer(message.http_request, headers_of(task)))
        timer = asyncio.create_task(self._clock.wait(asyncio.Event(), deadline))
        try:
            await asyncio.wait({answer, timer}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                # Cancelling drops the connection; whether the handler notices is its own affair.
                return Outcome(DEADLINE_PASSED, responded=False, reason="deadline exceeded")
            return answer.result()
        except (aiohttp.ClientError, OSError, ValueError, NoToken) as error:
            return Outcome(0, responded=False, reason=f"{type(error).__name__}: {error}")
        finally:
            answer.cancel()
            timer.cancel()

    async def post(self, url: str, email: str, audience: str, headers: dict[str, str]) -> int:
        """Posts an empty body with an OIDC token; returns the HTTP status, raises what went wrong."""
        authorization = {"Authorization": f"Bearer {await self._token(email, audience)}"}
        async with self._client.post(
            url, headers={**headers, **authorization}, allow_redirects=False
        ) as answer:
            return answer.status

    async def _answer(self, request: Message, headers: dict[str, str]) -> Outcome:
        if request.HasField("oidc_token"):
            wanted = request.oidc_token
            token = await self._token(wanted.service_account_email, wanted.audience or request.url)
            headers = {**headers, "Authorization": f"Bearer {token}"}
        async with self._client.request(
            METHODS[request.http_method],
            _address(request.url),
            data=request.body or None,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            await answer.read()
            wait = retry_after_s(answer.headers.get("Retry-After"), self._clock.now())
            return Outcome(answer.status, responded=True, retry_after_s=wait)

    async def _token(self, email: str, audience: str) -> str:
        if self._identity is None:
            raise NoToken("start the tasks stand-in with --identity URL to send OIDC tokens")
        address = f"{self._identity}/v1/projects/-/serviceAccounts/{quote(email, safe='@')}:generateIdToken"
        async with self._client.post(address, json={"audience": audience, "includeEmail": True}) as answer:
            if answer.status != 200:
                raise NoToken(f"the identity provider answers {answer.status} for {email}")
            return str((await answer.json())["token"])


def _address(url: str) -> URL:
    """The URL as it is, with only what may not stand in one encoded; what is encoded already stays."""
    return URL(quote(url, safe="!#$%&'()*+,/:;=?@[]~"), encoded=True)
