"""The API over HTTP: `/v4/…` for everybody, `/_standin/as-owner/v4/…` for the workbench.

One request at a time is applied, in the order they arrive: each is a few milliseconds of pure computing and
one small transaction.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, unquote

from aiohttp import web
from pydantic_core import from_json, to_json

from backend.local.sheets import access, fields, ledgering, methods
from backend.local.sheets.access import Identities
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.creating import create
from backend.local.sheets.errors import GoogleError, malformed, not_found, unimplemented
from backend.local.sheets.faults import CutConnection, Kind, Mischief, SheetsFaults
from backend.local.sheets.library import Library
from backend.local.sheets.methods import Method
from backend.local.sheets.schema import schemas
from backend.local.sheets.workbook import User
from backend.local.standin import Standin

OWNER_PREFIX = "/_standin/as-owner"


class Api:
    def __init__(
        self, library: Library, identities: Identities, standin: Standin[SheetsFaults], mischief: Mischief
    ) -> None:
        self._library = library
        self._identities = identities
        self._standin = standin
        self._mischief = mischief

    def add_routes(self, app: web.Application) -> None:
        for prefix in ("", OWNER_PREFIX):
            app.router.add_route("*", prefix + "/v4/{rest:.*}", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        path, _, query = request.raw_path.partition("?")
        as_owner = path.startswith(OWNER_PREFIX)
        found = methods.find(request.method, path.removeprefix(OWNER_PREFIX).removeprefix("/v4"))
        kind: Kind = "write" if found and found[0].writes else "read"
        facts: dict[str, Any] = {"door": "owner" if as_owner else "api", "user": None}
        cut = False
        try:
            if found is None:
                raise not_found()
            answer = await self._answer(request, *found, parse_qs(query, keep_blank_values=True), facts, kind)
            status, body = 200, to_json(answer, inf_nan_mode="null")
        except GoogleError as error:
            status, body = error.code, to_json(error.body())
        except CutConnection:
            cut, status, body = True, 0, b""
        facts |= {"status": status, "ms": round((time.perf_counter() - started) * 1000, 1)}
        self._standin.ledger.add(kind, method=request.method, path=path, **facts)
        if cut and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status or 200, body=body, content_type="application/json", charset="utf-8")

    async def _answer(
        self,
        request: web.Request,
        method: Method,
        place: dict[str, str],
        query: dict[str, list[str]],
        facts: dict[str, Any],
        kind: Kind,
    ) -> Answer:
        """The method's answer; raises Google's refusals, and CutConnection when the faults say so."""
        place = {name: unquote(value) for name, value in place.items()}
        spreadsheet = place.pop("spreadsheetId", None)
        facts |= {"name": method.name, "spreadsheet": spreadsheet}
        through_api = facts["door"] == "api"
        user = await self._identities.asking(request) if through_api else access.owner(request)
        facts["user"] = user.email
        if through_api:
            self._mischief.quota(kind, user.email or "")
        raw = await request.read()
        call = _call(method, place, query, raw, user)
        facts |= ledgering.asked(call)
        if through_api:
            await self._mischief.before(kind)
        answer = self._applied(method, spreadsheet, call, raw, kind)
        facts |= ledgering.answered(answer)
        if through_api:
            await self._mischief.after(kind)
        # spreadsheets.get builds no more than its mask wants; what the others answer is cut down here.
        return answer if method.answer == "Spreadsheet" else fields.project(call.mask, answer)

    def _applied(self, method: Method, spreadsheet: str | None, call: Call, raw: bytes, kind: Kind) -> Answer:
        if method.name == "spreadsheets.create":
            return create(self._library, call)
        if method.run is None or spreadsheet is None:
            raise unimplemented(method.name)
        workbook = self._library.read(spreadsheet)
        access.check(workbook, call.user, kind)
        if method.writes:
            return self._library.write(spreadsheet, method.name, call, raw)
        return method.run(workbook, call)


def _call(method: Method, place: dict[str, str], query: dict[str, list[str]], raw: bytes, user: User) -> Call:
    schemas().check_query(method.name, query)
    mask = None
    wanted = query.get("fields") or query.get("$.fields")
    if wanted and wanted[-1]:
        mask = fields.parse(wanted[-1], schemas(), method.answer)
    body: Any = {}
    if raw and method.body is not None:
        try:
            body = from_json(raw, allow_inf_nan=False)
        except ValueError as error:
            raise malformed(f"Invalid JSON payload received. {error}", "") from error
    method.check(body)
    return Call(place, query, body, user, mask)
