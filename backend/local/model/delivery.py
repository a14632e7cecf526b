"""How an answer travels: whole, drop by drop, or broken off; written on the bare connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

#: A slow answer arrives in this many pieces.
PIECES = 20


async def cut(request: web.Request) -> web.StreamResponse:
    """Ends the connection without a byte of an answer."""
    return _abandoned(request)


async def cut_body(request: web.Request, headers: Mapping[str, str], body: bytes) -> web.StreamResponse:
    """Sends the headers and half the body they promise, then ends the connection."""
    _write(request, _head(headers, len(body)) + body[: len(body) // 2])
    return _abandoned(request)


async def slow_headers(
    request: web.Request, headers: Mapping[str, str], body: bytes, delay_s: float
) -> web.StreamResponse:
    """Spreads status line and headers over `delay_s`; then the whole body."""
    await _drip(request, _head(headers, len(body)), delay_s)
    _write(request, body)
    return _abandoned(request)


async def slow_body(
    request: web.Request, headers: Mapping[str, str], body: bytes, delay_s: float
) -> web.StreamResponse:
    """Sends the headers at once and spreads the body over `delay_s`."""
    _write(request, _head(headers, len(body)))
    await _drip(request, body, delay_s)
    return _abandoned(request)


async def _drip(request: web.Request, data: bytes, delay_s: float) -> None:
    size = max(1, -(-len(data) // PIECES))
    for start in range(0, len(data), size):
        await asyncio.sleep(delay_s / PIECES)
        _write(request, data[start : start + size])


def _head(headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["content-type: application/json", f"content-length: {length}", "connection: close"]
    return ("HTTP/1.1 200 OK\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()


def _write(request: web.Request, data: bytes) -> None:
    if request.transport is not None and not request.transport.is_closing():
        request.transport.write(data)


def _abandoned(request: web.Request) -> web.StreamResponse:
    """Closes the connection after what was written; the answer returned finds no way out any more."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
