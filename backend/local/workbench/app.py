"""The workbench's routes: the page, the sidebar's files, and what their services stand on.

GET  /                          the page; /page/… its files
GET  /appsscript/               names of the sidebar's files; /appsscript/{name} one of them
GET  /_workbench/settings       what the page says of itself: addresses, user, where answers come from
GET|PUT /_workbench/properties/{store}   PropertiesService: `script`, or a spreadsheet's id
POST /_workbench/id_token       ScriptApp.getIdentityToken
POST /_workbench/fetch          UrlFetchApp, to the backend alone
ANY  /sheets/…                  the Sheets stand-in
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from backend.local.standin import FaultSwitches, Standin
from backend.local.workbench.forward import Forward

PAGE = Path(__file__).parent / "page"
#: Google's own limits: a property value holds 9 kB, a store 500 kB.
PROPERTY_BYTES = 9_000
STORE_BYTES = 500_000
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The addresses (without a slash at the end) and names that the workbench works among."""

    backend: str
    sheets: str
    identity: str
    tasks: str
    audience: str
    user: str
    appsscript: Path
    host: str = "127.0.0.1"


class WorkbenchFaults(FaultSwitches):
    """How the sidebar's script can be made to suffer."""

    #: UrlFetchApp.fetch fails as if the address did not answer.
    fetch_down: bool = False
    #: What UrlFetchApp.fetch throws, such as Google's words about a quota.
    fetch_error: str | None = None
    #: Seconds by which UrlFetchApp.fetch answers late.
    fetch_delay_s: float = 0
    #: The e-mail whose tokens the script gets instead of the user's.
    signed_in_as: str | None = None
    #: A flaw of the identity stand-in's tokens, such as "expired".
    token_flaw: str | None = None


def create_app(around: Surroundings) -> web.Application:
    """The program as an aiohttp application; `around.appsscript` is read anew at each request."""
    bench = Workbench(around)
    app = web.Application(middlewares=[only_our_page(around.host)], client_max_size=64 * 1024 * 1024)
    bench.standin.add_routes(app)
    app.router.add_get("/", bench.page)
    app.router.add_get("/page/{name:[a-z_/]+\\.(?:js|css)}", bench.page_file)
    app.router.add_get("/appsscript/", bench.script_files)
    app.router.add_get("/appsscript/{name:[A-Za-z]+\\.(?:gs|html)}", bench.script_file)
    app.router.add_get("/_workbench/settings", bench.settings)
    app.router.add_get("/_workbench/properties/{store}", bench.get_properties)
    app.router.add_put("/_workbench/properties/{store}", bench.put_properties)
    app.router.add_post("/_workbench/id_token", bench.id_token)
    app.router.add_post("/_workbench/fetch", bench.fetch)
    app.router.add_route("*", "/sheets/{path:.*}", bench.sheets)
    app.cleanup_ctx.append(bench.connected)
    return app


def only_our_page(host: str) -> Any:
    """Refuses other origins and other names for this machine: the owner's rights are behind these routes."""

    @web.middleware
    async def refuse(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        name = request.host.rsplit(":", 1)[0]
        origin = request.headers.get("Origin")
        if name not in {"127.0.0.1", "localhost", host} or origin not in {None, f"http://{request.host}"}:
            raise web.HTTPForbidden(text="The workbench answers its own page alone.")
        return await handler(request)

    return refuse


class Workbench:
    """The handlers, and the little that the workbench itself remembers: the script's properties."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.standin = Standin("workbench", WorkbenchFaults, lambda: {"backend": around.backend})
        # As an administrator would have set it for all documents of this script.
        self.properties: dict[str, dict[str, str]] = {"script": {"BACKEND_URL": around.backend}}
        self.forward: Forward

    async def connected(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            self.forward = Forward(session, self.around, self.standin)
            yield

    async def page(self, _request: web.Request) -> web.Response:
        policy = (
            "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data:; connect-src 'self' {self.around.backend}; frame-src 'self'; "
            "worker-src 'self'; base-uri 'none'; form-action 'none'"
        )
        return _file(PAGE / "index.html", "text/html", {"Content-Security-Policy": policy})

    async def page_file(self, request: web.Request) -> web.Response:
        path = PAGE / request.match_info["name"]
        return _file(path, TYPES[path.suffix])

    async def script_files(self, _request: web.Request) -> web.Response:
        folder = self.around.appsscript
        return web.json_response(
            {
                "gs": sorted(path.name for path in folder.glob("*.gs")),
                "html": sorted(path.name for path in folder.glob("*.html")),
            }
        )

    async def script_file(self, request: web.Request) -> web.Response:
        path = self.around.appsscript / request.match_info["name"]
        return _file(path, "text/javascript" if path.suffix == ".gs" else "text/plain")

    async def settings(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "backend": self.around.backend,
                "console": f"{self.around.tasks}/_standin/console",
                "user": self.around.user,
                "system": await self.forward.system(),
            }
        )

    async def get_properties(self, request: web.Request) -> web.Response:
        return web.json_response(self.properties.get(request.match_info["store"], {}))

    async def put_properties(self, request: web.Request) -> web.Response:
        values = {str(name): str(value) for name, value in (await request.json()).items()}
        sizes = [len(value.encode()) for value in values.values()]
        if max(sizes, default=0) > PROPERTY_BYTES or sum(sizes) > STORE_BYTES:
            raise web.HTTPRequestEntityTooLarge(STORE_BYTES, sum(sizes), text="Argument too large: value")
        self.properties[request.match_info["store"]] = values
        return web.json_response(values)

    async def id_token(self, _request: web.Request) -> web.Response:
        return web.json_response({"token": await self.forward.id_token()})

    async def fetch(self, request: web.Request) -> web.Response:
        return web.json_response(await self.forward.fetch(await request.json()))

    async def sheets(self, request: web.Request) -> web.StreamResponse:
        return await self.forward.to_sheets(request)


def _file(path: Path, content_type: str, headers: dict[str, str] | None = None) -> web.Response:
    if not path.is_file():
        raise web.HTTPNotFound(text=f"There is no {path.name}.")
    return web.Response(
        body=path.read_bytes(),
        content_type=content_type,
        charset="utf-8",
        headers={"Cache-Control": "no-cache", **(headers or {})},
    )
