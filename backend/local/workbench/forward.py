"""What the workbench asks of the programs around it, on behalf of the page and of the sidebar's script."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from backend.local.standin import Standin
    from backend.local.workbench.app import Surroundings, WorkbenchFaults

#: UrlFetchApp gives up on an address after about a minute.
FETCH_TIMEOUT_S = 60
#: A long poll on the sheet's changes lasts as long as the page asks; this only bounds a dead peer.
SHEETS_TIMEOUT_S = 120
#: Headers that belong to one connection, not to the message.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "host",
    "origin",
    "referer",
    "date",
    "server",
    "content-length",
}


class Forward:
    """Calls to the backend, the Sheets stand-in and the identity stand-in."""

    def __init__(
        self, session: aiohttp.ClientSession, around: Surroundings, standin: Standin[WorkbenchFaults]
    ) -> None:
        self._session = session
        self._around = around
        self._standin = standin

    async def id_token(self) -> str:
        """An ID token of the person at the sheet, as the script gets it."""
        asked = {
            "email": self._standin.faults.signed_in_as or self._around.user,
            "aud": self._around.audience,
            "flaw": self._standin.faults.token_flaw,
        }
        async with self._session.post(f"{self._around.identity}/_standin/id_token", json=asked) as answer:
            answer.raise_for_status()
            return str((await answer.json())["id_token"])

    async def system(self) -> dict[str, Any] | None:
        """The backend's word on itself (`GET /api/system`), or None while it does not answer."""
        try:
            token = await self.id_token()
            async with self._session.get(
                f"{self._around.backend}/api/system",
                headers={"Authorization": f"Bearer {token}"},
                timeout=aiohttp.ClientTimeout(total=5),
            ) as answer:
                return dict(await answer.json()) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def fetch(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One UrlFetchApp call: {url, method, headers, payload} → {status, headers, body} or {error}."""
        url = str(asked["url"])
        self._standin.ledger.add("fetch", method=asked["method"], path=url.removeprefix(self._around.backend))
        if not url.startswith(f"{self._around.backend}/"):
            return {"error": f"The workbench reaches the backend alone, not {url}"}
        await asyncio.sleep(self._standin.faults.fetch_delay_s)
        if self._standin.faults.fetch_error:
            return {"error": self._standin.faults.fetch_error}
        if self._standin.faults.fetch_down:
            return {"error": f"Address unavailable: {url}"}
        try:
            async with self._session.request(
                asked["method"],
                url,
                headers={"Accept-Encoding": "identity", **asked["headers"]},
                data=asked["payload"],
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=FETCH_TIMEOUT_S),
            ) as answer:
                body = await answer.text(errors="replace")
                return {"status": answer.status, "headers": dict(answer.headers), "body": body}
        except (aiohttp.ClientError, TimeoutError):
            return {"error": f"Address unavailable: {url}"}

    async def to_sheets(self, request: web.Request) -> web.StreamResponse:
        """Hands a request of the page to the Sheets stand-in as it is, and its answer back."""
        url = f"{self._around.sheets}/{request.raw_path.removeprefix('/sheets/')}"
        kept = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            async with self._session.request(
                request.method,
                URL(url, encoded=True),
                headers=kept,
                data=await request.read(),
                timeout=aiohttp.ClientTimeout(total=SHEETS_TIMEOUT_S),
            ) as answer:
                headers = {
                    name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP
                }
                return web.Response(status=answer.status, headers=headers, body=await answer.read())
        except (aiohttp.ClientError, TimeoutError) as gone:
            raise web.HTTPBadGateway(text="The Sheets stand-in does not answer.") from gone
