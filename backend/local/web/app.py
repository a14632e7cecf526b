"""The application: one server for every host name, told apart by the Host header.

`create_app(WebSettings(latency_ms=500, page_kb=150))`. `POST /_standin/companies` takes a list of
`{"website", "name", "keywords", "description"}`; hosts nobody told of get a site made from their name.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from backend.local.standin import Standin
from backend.local.web import misbehave, pages
from backend.local.web.companies import Directory, bare_host
from backend.local.web.faults import ROBOTS, Chooser, Rule, WebFaults

ABOUT = frozenset({"/about", "/about/", "/about-us", "/about-us/", "/company", "/company/"})
HOME = frozenset({"/", "/index.html"})
#: A sheet's worth of companies in one body.
BODY_BYTES = 64 << 20


@dataclass(frozen=True)
class WebSettings:
    """How sites answer; `jitter` 0.2 spreads the latency evenly over ± 20 %."""

    latency_ms: int = 0
    jitter: float = 0.0
    page_kb: int = 40
    faults: WebFaults = field(default_factory=WebFaults)


def create_app(settings: WebSettings | None = None, directory: Directory | None = None) -> web.Application:
    """The whole stand-in as an aiohttp application."""
    sites = _Sites(settings or WebSettings(), directory or Directory())
    app = web.Application(client_max_size=BODY_BYTES)
    sites.standin.add_routes(app)
    app.router.add_post("/_standin/companies", sites.take_companies)
    app.router.add_delete("/_standin/companies", sites.forget_companies)
    app.router.add_route("*", "/{path:.*}", sites.answer)
    return app


class _Sites:
    def __init__(self, settings: WebSettings, directory: Directory) -> None:
        self._settings = settings
        self._directory = directory
        self.standin = Standin("web", WebFaults, self._status, faults=settings.faults)
        self._chooser = Chooser(settings.faults)
        self._at_once: Counter[str] = Counter()
        self._most_at_once: Counter[str] = Counter()
        self._in_flight = 0

    def _status(self) -> dict[str, Any]:
        return {
            "companies": len(self._directory),
            "latency_ms": self._settings.latency_ms,
            "page_kb": self._settings.page_kb,
            "in_flight": self._in_flight,
            "hosts": len(self._most_at_once),
            "max_at_once_per_host": max(self._most_at_once.values(), default=0),
        }

    async def take_companies(self, request: web.Request) -> web.Response:
        rows = await request.json()
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return web.json_response({"error": "send a list of objects"}, status=422)
        return web.json_response({"added": self._directory.add(rows), "companies": len(self._directory)})

    async def forget_companies(self, _request: web.Request) -> web.Response:
        self._directory.clear()
        return web.json_response({"companies": 0})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any page of any host; each request stands in the ledger once it has ended."""
        began = time.time()
        host = bare_host(request.host)
        self._in_flight += 1
        self._at_once[host] += 1
        at_once = self._at_once[host]
        self._most_at_once[host] = max(self._most_at_once[host], at_once)
        status = 0
        try:
            response = await self._answered(request, host)
            status = response.status
            return response
        finally:
            self._in_flight -= 1
            self._at_once[host] -= 1
            self.standin.ledger.add(
                "request",
                method=request.method,
                host=request.host,
                path=request.path,
                status=status,
                began=began,
                ended=time.time(),
                at_once=at_once,
                user_agent=request.headers.get("User-Agent", ""),
            )

    async def _answered(self, request: web.Request, host: str) -> web.StreamResponse:
        faults = self.standin.faults
        if faults is not self._chooser.faults:
            self._chooser = Chooser(faults)
        rule = self._chooser.rule_for(host, request.path)
        await asyncio.sleep(self._delay_s())
        if rule is not None:
            spoiled = await misbehave.answer(request, rule, host, lambda: self._body(request, host, rule))
            if spoiled is not None:
                return spoiled
        return self._page(request, host, rule)

    def _delay_s(self) -> float:
        settings = self._settings
        return settings.latency_ms * (1 + settings.jitter * self.standin.chance.uniform(-1, 1)) / 1000

    def _page(self, request: web.Request, host: str, rule: Rule | None) -> web.Response:
        if request.path == ROBOTS:
            refused = rule is not None and rule.fault == "robots_disallow"
            return web.Response(body=pages.robots(host, disallow=refused), content_type="text/plain")
        body = self._body(request, host, rule)
        if body is None:
            company = self._directory.at(host)
            return web.Response(status=404, body=pages.missing(company), content_type="text/html")
        charset = "utf-8"
        if rule is not None and rule.fault == "charset":
            charset = rule.charset if rule.declared_in == "header" else ""
        kind = f"text/html; charset={charset}" if charset else "text/html"
        return web.Response(body=body, headers={"Content-Type": kind})

    def _body(self, request: web.Request, host: str, rule: Rule | None) -> bytes | None:
        """The page asked for; None where the site has no such page."""
        company = self._directory.at(host)
        charset, declared = "utf-8", True
        size = self._settings.page_kb * 1024
        if rule is not None and rule.fault == "charset":
            charset, declared = rule.charset, rule.declared_in == "page"
        if rule is not None and rule.fault == "huge":
            size = rule.size_kb * 1024
        if request.path in HOME:
            return pages.home(company, host, size, charset, declared=declared)
        if request.path in ABOUT:
            return pages.about(company, host, size, charset, declared=declared)
        return None
