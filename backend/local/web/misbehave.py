"""A site that does not answer as it should: statuses, redirects, other types, and connections that drag."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from backend.local.web.faults import Rule

#: A drip sends one byte, then waits; so many bytes come in all.
DRIPS = 100
#: How often a site that never answers looks whether anybody still waits.
LOOK_S = 0.05
_STATUSES = {
    "not_found": 404,
    "server_error": 500,
    "unauthorized": 401,
    "forbidden": 403,
    "rate_limited": 429,
}


async def answer(
    request: web.Request, rule: Rule, host: str, body: Callable[[], bytes | None]
) -> web.StreamResponse | None:
    """The answer of a site with this fault; None where the fault lies in the page itself."""
    if rule.fault in _STATUSES:
        return _status(rule)
    if rule.fault.startswith("redirect_"):
        return _redirect(request, rule, host)
    if rule.fault == "slow":
        await asyncio.sleep(rule.delay_ms / 1000)
    elif rule.fault == "timeout":
        return await _never(request, rule)
    elif rule.fault == "drip":
        return await _drip(request, rule, body() or b"")
    elif rule.fault == "not_html":
        return web.Response(body=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", content_type="application/pdf")
    elif rule.fault == "empty":
        return web.Response(body=b"", content_type="text/html", charset="utf-8")
    elif rule.fault == "cut":
        return _closed(request)
    return None


def _status(rule: Rule) -> web.Response:
    status = _STATUSES[rule.fault]
    headers = {}
    if rule.fault == "rate_limited" and rule.retry_after_s is not None:
        headers["Retry-After"] = str(rule.retry_after_s)
    return web.Response(
        status=status, headers=headers, text=f"<h1>Error {status}</h1>", content_type="text/html"
    )


def _redirect(request: web.Request, rule: Rule, host: str) -> web.StreamResponse | None:
    """To `www.`, to TLS or in a circle; a request that came the right way already gets its page."""
    if rule.fault == "redirect_loop":
        turn = int(request.query.get("turn", "0")) + 1
        return _moved(f"http://{request.host}{request.path}?turn={turn}")
    if rule.fault == "redirect_www":
        right = request.host.lower().startswith("www.")
        return None if right else _moved(f"http://www.{request.host}{request.path_qs}")
    over_tls = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    return None if over_tls else _moved(f"https://{host}{request.path_qs}")


def _moved(location: str) -> web.Response:
    return web.Response(status=301, headers={"Location": location}, text="<h1>Moved</h1>")


async def _never(request: web.Request, rule: Rule) -> web.StreamResponse:
    loop = asyncio.get_running_loop()
    until = loop.time() + rule.delay_ms / 1000
    while loop.time() < until and request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(LOOK_S)
    return _closed(request)


async def _drip(request: web.Request, rule: Rule, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/html; charset=utf-8"})
    response.content_length = len(body)
    await response.prepare(request)
    for at in range(min(DRIPS, len(body))):
        if request.transport is None or request.transport.is_closing():
            break
        await response.write(body[at : at + 1])
        await asyncio.sleep(rule.delay_ms / 1000 / DRIPS)
    return _closed(request)


def _closed(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=204)
