"""Every route has the guard that it should have, by a table that is kept apart from the routes.

A route without an entry, a guard that was changed, a rule that goes around the table and an entry without a
route all fail here. The list is the one of the design's "HTTP that others rely on".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask

from backend.app import create_app
from backend.entrypoints import api, openapi, tasks
from backend.entrypoints.api import system
from backend.entrypoints.routing import Guard, Route
from backend.entrypoints.service import Service
from backend.usecases.batch.process import Process

#: What a caller of each route must have proved.
EXPECTED = {
    "POST /api/access/challenges": "person",
    "POST /api/access/grants": "person",
    "POST /api/access/watch-tokens": "spreadsheet",
    "GET /api/sheets/<spreadsheet_id>": "spreadsheet",
    "GET /api/sheets/<spreadsheet_id>/values": "spreadsheet",
    "POST /api/estimates": "spreadsheet",
    "POST /api/jobs": "spreadsheet",
    "GET /api/jobs": "spreadsheet",
    "GET /api/jobs/<job_id>": "job",
    "PATCH /api/jobs/<job_id>": "job",
    "DELETE /api/jobs/<job_id>": "job",
    "POST /api/jobs/<job_id>/pause": "job_or_creator",
    "POST /api/jobs/<job_id>/resume": "job",
    "POST /api/jobs/<job_id>/cancel": "job_or_creator",
    "POST /api/jobs/<job_id>/retry": "job",
    "POST /api/jobs/<job_id>/undo": "job",
    "POST /api/jobs/actions": "spreadsheet",
    "GET /api/jobs/<job_id>/rows": "job",
    "GET /api/jobs/<job_id>/rows/<receipt_id>/page": "job",
    "GET /api/jobs/<job_id>/events": "job",
    "POST /api/jobs/<job_id>/downloads/<format>": "job",
    "GET /api/downloads/<token>": "public",  # the link's signature is the proof
    "POST /api/imports/tokens": "spreadsheet",
    "OPTIONS /api/imports": "public",  # browsers ask without a token
    "POST /api/imports": "upload",
    "GET /api/imports": "spreadsheet",
    "GET /api/imports/<import_id>": "spreadsheet",
    "POST /api/imports/<import_id>/write": "spreadsheet",
    "DELETE /api/imports/<import_id>": "spreadsheet",
    "GET /api/schedules": "spreadsheet",
    "POST /api/schedules": "spreadsheet",
    "GET /api/schedules/times": "person",
    "POST /api/schedules/<schedule_id>/pause": "spreadsheet",
    "POST /api/schedules/<schedule_id>/resume": "spreadsheet",
    "DELETE /api/schedules/<schedule_id>": "spreadsheet",
    "PUT /api/key": "person",
    "DELETE /api/key": "person",
    "POST /api/key/test": "person",
    "GET /api/stats": "spreadsheet",
    "GET /api/watch": "watch",
    "OPTIONS /api/watch": "public",  # browsers ask without a token
    "GET /api/system": "person",
    "GET /api/openapi.json": "public",
    "GET /healthz": "public",
    "POST /tasks/batches": "queue",
    "POST /tasks/sweep": "scheduler",
}
ROUTES = (*api.ROUTES, *tasks.ROUTES)


def name(route: Route) -> str:
    return f"{route.method} {route.rule}"


def differences(routes: Sequence[Route], expected: Mapping[str, str]) -> list[str]:
    """What the table and the routes say differently, as sentences."""
    has = {name(route): str(route.guard) for route in routes}
    found = [f"{route} is not in the table" for route in sorted(has.keys() - expected.keys())]
    found += [f"{route} is in the table and does not exist" for route in sorted(expected.keys() - has.keys())]
    found += [
        f"{route} asks for {has[route]}, and should for {expected[route]}"
        for route in sorted(has.keys() & expected.keys())
        if has[route] != expected[route]
    ]
    return found + [f"{route} is there twice" for route in has if [*map(name, routes)].count(route) > 1]


def an_app(role: str) -> Flask:
    settings = SimpleNamespace(role=role, watch_origin=None)
    service = SimpleNamespace(settings=settings, process=Process(cast("Any", None), cast("Any", None)))
    return create_app(cast("Service", service))


def endpoints(app: Flask) -> set[str]:
    """What the application really answers, however it came there."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method != "HEAD"
    }


def test_every_route_has_the_guard_that_it_should_have() -> None:
    assert not differences(ROUTES, EXPECTED), "\n".join(differences(ROUTES, EXPECTED))


@pytest.mark.parametrize("number", range(len(ROUTES)), ids=[name(route) for route in ROUTES])
def test_a_weakened_guard_is_noticed(number: int) -> None:
    route = ROUTES[number]
    for guard in Guard:
        if guard is not route.guard:
            weak = [*ROUTES[:number], replace(route, guard=guard), *ROUTES[number + 1 :]]
            assert f"{name(route)} asks for {guard}, and should for {route.guard}" in differences(
                weak, EXPECTED | {name(route): str(route.guard)}
            )


def test_a_route_that_is_not_in_the_table_is_noticed() -> None:
    new = replace(ROUTES[0], rule="/api/back-door", guard=Guard.PUBLIC)
    assert "POST /api/back-door is not in the table" in differences([*ROUTES, new], EXPECTED)


@pytest.mark.parametrize(
    ("role", "routes"),
    [
        ("api", api.ROUTES),
        ("worker", (*tasks.ROUTES, system.HEALTH)),
        ("all", (*api.ROUTES, *tasks.ROUTES)),
    ],
)
def test_a_role_answers_its_routes_and_no_others(role: str, routes: Sequence[Route]) -> None:
    assert endpoints(an_app(role)) == {name(route) for route in routes}


def test_a_rule_that_goes_around_the_table_is_noticed() -> None:
    app = an_app("api")
    app.add_url_rule("/debug", view_func=lambda: "everything")
    assert endpoints(app) - {name(route) for route in api.ROUTES} == {"GET /debug", "OPTIONS /debug"}


def test_the_description_has_every_route_and_its_security() -> None:
    described = openapi.document(api.ROUTES, "1")
    shown = {
        f"{method.upper()} {path.replace('{', '<').replace('}', '>')}": operation
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    }
    assert shown.keys() == {name(route) for route in api.ROUTES if route.method != "OPTIONS"}
    for route, operation in shown.items():
        guard = EXPECTED.get(route, "unknown")
        schemes: list[dict[str, list[Any]]] = operation.get("security", [])
        tokens = {"watch": "watchToken", "upload": "uploadToken"}
        wanted = [] if guard == "public" else [{tokens.get(guard, "idToken"): []}]
        assert schemes == wanted, route


def test_every_body_refuses_fields_that_it_does_not_know() -> None:
    for route in ROUTES:
        for model in (route.asks, route.query):
            assert model is None or model.model_config.get("extra") == "forbid", name(route)


def test_only_worker_routes_stand_under_tasks() -> None:
    for route in ROUTES:
        assert route.rule.startswith("/tasks/") == (route.guard in (Guard.QUEUE, Guard.SCHEDULER))
