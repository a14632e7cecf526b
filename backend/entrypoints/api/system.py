"""What this deployment is, and whether it lives."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask import Response

from backend.config import Settings
from backend.domain.recipes import RECIPES
from backend.entrypoints import views
from backend.entrypoints.api import key
from backend.entrypoints.openapi import document
from backend.entrypoints.payloads.system import LimitsGiven, PriceGiven, SpendingGiven, SystemGiven
from backend.entrypoints.reading import BODY_BYTES
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.service import LIVE_ROWS
from backend.files.limits import Limits
from backend.usecases import create_schedule
from backend.usecases.own_key import key_state
from backend.usecases.read_spending import next_day, spent_today

VERSION = "0.1.0"


def system(call: Call) -> SystemGiven:
    service = call.service
    settings = service.settings
    state = key_state(call.who, documents=service.documents)
    return SystemGiven(
        version=VERSION,
        model=settings.model,
        provider="standin" if settings.model_standin else urlsplit(settings.openai_base_url).netloc,
        standin=settings.model_standin,
        prices=[
            PriceGiven(
                model=name,
                input_microusd_per_million=price.tokens_in,
                output_microusd_per_million=price.tokens_out,
            )
            for name, price in settings.all_prices.items()
        ],
        service_account=service.identity.service_account(),
        max_running_jobs=settings.max_running_jobs,
        max_rows_per_job=settings.max_rows_per_job,
        live_rows=LIVE_ROWS,
        history_days=settings.history_days,
        recipes=list(RECIPES),
        own_key=key.given(state) if state else None,
        keeps_own_keys=bool(settings.encryption_keys),
        spending=[
            SpendingGiven(scope=spent.scope, spent_microusd=spent.microusd, cap_microusd=spent.cap_microusd)
            for spent in spent_today(
                call.who, service.batch_settings.caps, documents=service.documents, clock=service.clock
            )
        ],
        spending_resets_at=views.at(next_day(service.clock.now())),
        limits=_limits(settings),
    )


def _limits(settings: Settings) -> LimitsGiven:
    files = Limits()
    return LimitsGiven(
        upload_bytes=files.bytes,
        upload_rows=files.rows,
        body_bytes=BODY_BYTES,
        requests_per_minute=settings.requests_per_minute,
        sheet_requests_per_minute=settings.sheet_requests_per_minute,
        waiting_jobs=settings.max_waiting_jobs,
        schedules_per_spreadsheet=create_schedule.MOST,
        live_places=settings.live_places,
        answers_days=settings.answers_days,
        pages_days=settings.pages_days,
    )


def health(_call: Call) -> Response:
    return Response('{"ok":true}', content_type="application/json")


def openapi(_call: Call) -> Response:
    from backend.entrypoints.api import ROUTES as ALL

    return Response(json.dumps(document(ALL, VERSION)), content_type="application/json")


HEALTH = Route("GET", "/healthz", Guard.PUBLIC, health, "Liveness.")

ROUTES = (
    Route("GET", "/api/system", Guard.PERSON, system, "Versions, model, limits.", gives=SystemGiven),
    Route("GET", "/api/openapi.json", Guard.PUBLIC, openapi, "This description."),
    HEALTH,
)
