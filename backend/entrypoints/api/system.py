"""What this deployment is, and whether it lives."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask import Response

from backend.domain.recipes import RECIPES
from backend.entrypoints.api import key
from backend.entrypoints.openapi import document
from backend.entrypoints.payloads import PriceGiven, SystemGiven
from backend.entrypoints.routing import Call, Guard, Route
from backend.entrypoints.service import LIVE_ROWS
from backend.usecases.own_key import key_state

VERSION = "0.1.0"


def system(call: Call) -> SystemGiven:
    settings = call.service.settings
    state = key_state(call.who, documents=call.service.documents)
    return SystemGiven(
        version=VERSION,
        model=settings.model,
        provider="standin" if settings.model_standin else urlsplit(settings.openai_base_url).netloc,
        standin=settings.model_standin,
        prices=[
            PriceGiven(
                model=name,
                input_microusd_per_million=price.input,
                output_microusd_per_million=price.output,
            )
            for name, price in settings.all_prices.items()
        ],
        service_account=call.service.identity.service_account(),
        max_running_jobs=settings.max_running_jobs,
        max_rows_per_job=settings.max_rows_per_job,
        live_rows=LIVE_ROWS,
        history_days=settings.history_days,
        recipes=list(RECIPES),
        own_key=key.given(state) if state else None,
        keeps_own_keys=bool(settings.encryption_keys),
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
