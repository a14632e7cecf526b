"""The side doors over HTTP, for local programs: the workbench, `make run`, tests.

GET    /_standin/workbooks                      {"workbooks": [{id, title, modified}]}, the latest first
POST   /_standin/workbooks                      {title, tabs: [{title, rows}], id?, owner?, editors?} → 201
GET    /_standin/workbooks/{id}                 {id, title, revision, modified, owner, editors, viewers, tabs}
GET    /_standin/workbooks/{id}/editors         {owner, editors, viewers}
PUT    /_standin/workbooks/{id}/editors         {email, role?: "editor" | "viewer"}
DELETE /_standin/workbooks/{id}/editors         {email}
PUT    /_standin/workbooks/{id}/formula-values  {values: {"Tab!B2": 5}}: formulas' results, not computed here
GET    /_standin/workbooks/{id}/changes?since=REVISION&wait=SECONDS
       waits for a change; {revision, reset, tabs, rows: {"<sheetId>": [[from, to], …] | "all"}}: read again
       the tabs' list when `tabs`, those half-open row blocks, everything when `reset`
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from backend.local.sheets import doors
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.creating import NewWorkbook, bring
from backend.local.sheets.errors import GoogleError, invalid
from backend.local.sheets.library import Library
from backend.local.sheets.workbook import User

M = TypeVar("M", bound=BaseModel)

#: Seconds that a page may wait for a change in one request.
MAX_WAIT_S = 60.0


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: str = Field(min_length=3, max_length=320)
    role: Literal["editor", "viewer"] = "editor"


class FormulaValues(BaseModel):
    model_config = ConfigDict(extra="forbid")

    values: dict[str, str | bool | int | float]


class SideRoutes:
    def __init__(self, library: Library) -> None:
        self._library = library

    def add_routes(self, app: web.Application) -> None:
        one = "/_standin/workbooks/{id}"
        app.router.add_get("/_standin/workbooks", self._list)
        app.router.add_post("/_standin/workbooks", self._create)
        app.router.add_get(one, self._facts)
        app.router.add_get(one + "/editors", self._people)
        app.router.add_put(one + "/editors", self._put_editor)
        app.router.add_delete(one + "/editors", self._delete_editor)
        app.router.add_put(one + "/formula-values", self._put_formula_values)
        app.router.add_get(one + "/changes", self._changes)

    async def _list(self, _request: web.Request) -> web.Response:
        return _json({"workbooks": self._library.listed()})

    async def _create(self, request: web.Request) -> web.Response:
        try:
            workbook = bring(self._library, _model(NewWorkbook, await request.read()))
        except GoogleError as error:
            return _refused(error)
        return _json({"id": workbook.id, "title": workbook.title, "revision": workbook.revision}, 201)

    async def _facts(self, request: web.Request) -> web.Response:
        try:
            workbook = self._library.read(request.match_info["id"])
        except GoogleError as error:
            return _refused(error)
        tabs = [
            {
                "id": sheet.id,
                "title": sheet.title,
                "rows": sheet.grid.row_count,
                "columns": sheet.grid.column_count,
            }
            for sheet in workbook.sheets
        ]
        facts = {"id": workbook.id, "title": workbook.title, "modified": workbook.modified}
        return _json({**facts, "revision": workbook.revision, **doors.people(workbook), "tabs": tabs})

    async def _people(self, request: web.Request) -> web.Response:
        try:
            return _json(doors.people(self._library.read(request.match_info["id"])))
        except GoogleError as error:
            return _refused(error)

    async def _put_editor(self, request: web.Request) -> web.Response:
        return await self._write(request, "standin.editors.put", Person)

    async def _delete_editor(self, request: web.Request) -> web.Response:
        return await self._write(request, "standin.editors.delete", Person)

    async def _put_formula_values(self, request: web.Request) -> web.Response:
        return await self._write(request, "standin.formulaValues.put", FormulaValues)

    async def _write(self, request: web.Request, name: str, kind: type[BaseModel]) -> web.Response:
        raw = await request.read()
        try:
            call = Call(body=_model(kind, raw).model_dump(), user=User(everything=True))
            return _json(self._library.write(request.match_info["id"], name, call, raw))
        except GoogleError as error:
            return _refused(error)

    async def _changes(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
            wait_s = min(float(request.query.get("wait", "0")), MAX_WAIT_S)
        except ValueError:
            return _refused(invalid("since must be a whole number and wait a number of seconds."))
        try:
            return _json(await self._library.changes_after(request.match_info["id"], since, wait_s))
        except GoogleError as error:
            return _refused(error)


def _model(kind: type[M], raw: bytes) -> M:
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        first, *_ = error.errors(include_url=False, include_input=False)
        place = ".".join(str(part) for part in first["loc"])
        raise invalid(f"{place or 'body'}: {first['msg']}") from error


def _json(answer: Answer | dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(status=status, body=to_json(answer), content_type="application/json")


def _refused(error: GoogleError) -> web.Response:
    return _json(error.body(), error.code)
