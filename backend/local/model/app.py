"""The application: `/v1/chat/completions`, `/v1/models` and the stand-in's own routes.

`create_app(ModelSettings(latency_ms=1000, jitter=0.2))` for a test; a million calls a minute are allowed
unless `rpm` and `tpm` say less. The path of a call is kept lean: it must never be what a run waits for.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from backend.local.model import ask, delivery, refusals, shape, spoil, tokens
from backend.local.model.answers import fill, row
from backend.local.model.calls import Call, Calls, PriceTable
from backend.local.model.faults import Chooser, ModelFaults, Rule, share
from backend.local.model.limits import Allowance, Limits
from backend.local.model.refusals import ApiError
from backend.local.standin import Standin

#: The largest body taken; OpenAI's own limit lies above it.
BODY_BYTES = 64 << 20


@dataclass(frozen=True)
class ModelSettings:
    """How the stand-in behaves; `jitter` 0.2 spreads the latency evenly over ± 20 %."""

    latency_ms: int = 0
    jitter: float = 0.0
    seed: int = 0
    allowance: Allowance = field(default_factory=lambda: Allowance(1_000_000, 100_000_000_000))
    prices: PriceTable = field(default_factory=dict)
    faults: ModelFaults = field(default_factory=ModelFaults)


def create_app(settings: ModelSettings | None = None) -> web.Application:
    """The whole stand-in as an aiohttp application."""
    model = _Model(settings or ModelSettings())
    app = web.Application(client_max_size=BODY_BYTES)
    model.standin.add_routes(app)
    app.router.add_post("/v1/chat/completions", model.complete)
    app.router.add_get("/v1/models", model.models)
    app.router.add_get("/v1/models/{id}", model.model)
    app.router.add_route("*", "/{rest:.*}", model.unknown)
    return app


class _Model:
    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._calls = Calls(settings.prices)
        self._limits = Limits(settings.allowance)
        self.standin = Standin("model", ModelFaults, self._status, faults=settings.faults)
        self.standin.ledger = self._calls
        self._chooser = Chooser(settings.faults)

    def _status(self) -> dict[str, Any]:
        allowance = self._settings.allowance
        return {
            **self._calls.totals(),
            "latency_ms": self._settings.latency_ms,
            "rpm": allowance.requests,
            "tpm": allowance.tokens,
        }

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """One completion. Every call, however it ends, stands in the ledger from its arrival on."""
        started = time.monotonic()
        key = _key(request)
        call = self._calls.begin(key)
        status, kind = 500, "standin_failed"
        try:
            response, kind = await self._completed(request, call, key, started)
            status = response.status
        except ApiError as error:
            status, kind = error.status, error.kind
            response = _refused(error)
        except asyncio.CancelledError:
            status, kind = 0, "cancelled"
            raise
        finally:
            self._calls.end(call, status, kind)
        return response

    async def _completed(
        self, request: web.Request, call: Call, key: str, started: float
    ) -> tuple[web.StreamResponse, str]:
        self._check_key(key, spending=True)
        asked = ask.read(await request.read())
        before = self._calls.name(call, asked.digest, asked.model)
        headers = self._limits.charge(key, asked.model, asked.estimate)
        found = row.find(asked.row_text)
        rule = self._rule(asked, before, found)
        if rule is not None:
            _answer_fault(rule, asked, key, headers)
        body = self._body(asked, call, found, rule)
        await asyncio.sleep(self._delay_s(asked.digest, before))
        headers["x-request-id"] = f"req_{secrets.token_hex(16)}"
        headers["openai-processing-ms"] = str(int((time.monotonic() - started) * 1000))
        headers["openai-version"] = "2020-10-01"
        headers["openai-organization"] = "standin"
        if rule is None:
            return web.Response(body=body, headers=headers, content_type="application/json"), "ok"
        return await _delivered(request, rule, headers, body), rule.fault

    def _check_key(self, key: str, *, spending: bool) -> None:
        faults = self.standin.faults
        if not key:
            raise refusals.no_key()
        if key in faults.refused_keys:
            raise refusals.invalid_key(key)
        if spending and key in faults.keys_without_quota:
            raise refusals.insufficient_quota()

    def _rule(self, asked: ask.Ask, before: int, found: row.Row) -> Rule | None:
        faults = self.standin.faults
        if faults is not self._chooser.faults:
            self._chooser = Chooser(faults)
        if not faults.rules:
            return None
        # A text may stand escaped in the prompt's JSON, so the row's own values are looked through too.
        texts = (asked.prompt, found.name, found.keywords, found.description, found.page)
        return self._chooser.rule_for(
            asked.digest, before, lambda wanted: any(wanted in text for text in texts)
        )

    def _delay_s(self, digest: bytes, before: int) -> float:
        settings = self._settings
        spread = settings.jitter * (2 * share(settings.seed, "latency", digest, before) - 1)
        return settings.latency_ms * (1 + spread) / 1000

    def _body(self, asked: ask.Ask, call: Call, found: row.Row, rule: Rule | None) -> bytes:
        number = int.from_bytes(asked.digest[:4], "big")
        values = fill.fill(asked.schema or shape.USUAL, fill.Answer(found, number))
        content: str | None = json.dumps(values, ensure_ascii=False)
        refusal: str | None = None
        finish = "stop"
        most = asked.max_completion_tokens
        if rule is not None and rule.fault in spoil.SPOILS:
            content, refusal, finish = spoil.message(rule, values, number)
            most = None  # a server that spoils its answers keeps to no length either
        completion = tokens.count(content or refusal or "")
        if content and most is not None and completion > most:
            content, completion, finish = tokens.cut(content, most), most, "length"
        self._calls.bill(call, asked.prompt_tokens, completion * asked.n)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": content,
            "refusal": refusal,
            "annotations": [],
        }
        return shape.completion(asked, message, finish, completion * asked.n)

    async def models(self, request: web.Request) -> web.Response:
        """The models a key may use; asking costs nothing, so it serves as a test of the key."""
        try:
            self._check_key(_key(request), spending=False)
        except ApiError as error:
            return _refused(error)
        return web.json_response({"object": "list", "data": [shape.described(name) for name in ask.MODELS]})

    async def model(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        try:
            self._check_key(_key(request), spending=False)
            if not ask.known(name):
                raise refusals.model_not_found(name)
        except ApiError as error:
            return _refused(error)
        return web.json_response(shape.described(name))

    async def unknown(self, request: web.Request) -> web.Response:
        return _refused(refusals.unknown_url(request.method, request.path))


def _key(request: web.Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _refused(error: ApiError) -> web.Response:
    headers = {**error.headers, "x-request-id": f"req_{secrets.token_hex(16)}"}
    kind = "text/html" if error.kind == "html" else "application/json"
    return web.Response(body=error.body(), status=error.status, headers=headers, content_type=kind)


def _answer_fault(rule: Rule, asked: ask.Ask, key: str, headers: dict[str, str]) -> None:
    """Raises the error body of a rule that has one."""
    if rule.fault == "rate_limited":
        headers |= {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}
    if rule.retry_after_s is not None:
        headers["retry-after"] = f"{rule.retry_after_s:g}"
    error = refusals.of_fault(rule.fault, asked.model, key, headers)
    if error is not None:
        raise error


async def _delivered(
    request: web.Request, rule: Rule, headers: dict[str, str], body: bytes
) -> web.StreamResponse:
    delay_s = rule.delay_ms / 1000
    if rule.fault == "slow":
        await asyncio.sleep(delay_s)
    elif rule.fault == "slow_headers":
        return await delivery.slow_headers(request, headers, body, delay_s)
    elif rule.fault == "slow_body":
        return await delivery.slow_body(request, headers, body, delay_s)
    elif rule.fault == "cut":
        return await delivery.cut(request)
    elif rule.fault == "cut_body":
        return await delivery.cut_body(request, headers, body)
    return web.Response(body=body, headers=headers, content_type="application/json")
