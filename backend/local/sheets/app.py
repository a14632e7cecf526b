"""Puts the stand-in together: `create_app(data, identity_url)` for programs and tests alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from backend.local.sheets.access import Identities
from backend.local.sheets.api import Api
from backend.local.sheets.faults import Mischief, SheetsFaults
from backend.local.sheets.library import Library
from backend.local.sheets.side_routes import SideRoutes
from backend.local.standin import Standin

#: Bytes of one request; a table of 100,000 rows comes in one.
MAX_BODY = 512 * 1024 * 1024


def create_app(
    data: Path, identity_url: str | None = None, *, faults: SheetsFaults | None = None
) -> web.Application:
    """The stand-in over the workbooks in the folder `data`.

    `identity_url` is the identity stand-in that vouches for bearer tokens; None lets everybody do everything.
    """
    library = Library(data)

    def status() -> dict[str, Any]:
        return {"workbooks": len(library.listed()), "held": mischief.held, "identity": identity_url}

    standin = Standin("sheets", SheetsFaults, status, faults=faults)
    mischief = Mischief(standin)
    app = web.Application(client_max_size=MAX_BODY)
    standin.add_routes(app)
    SideRoutes(library).add_routes(app)
    Api(library, Identities(identity_url), standin, mischief).add_routes(app)

    async def close_at_the_end(_app: web.Application) -> AsyncIterator[None]:
        yield
        library.close()

    app.cleanup_ctx.append(close_at_the_end)
    return app
