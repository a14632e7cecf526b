"""The api against its own description: requests that fit it, and that do not, by two users.

No answer is a failure of ours, none differs from what the description promises, and what one user may have
the other may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from backend.entrypoints import api
from backend.entrypoints.routing import Guard, Route
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House
from tests.entrypoints.test_every_route import called

#: Requests for each route and kind; the whole file takes seconds.
EXAMPLES = 12
ROUTES = [route for route in api.ROUTES if route.method != "OPTIONS"]
#: What a caller has when a guard does not let him in.
REFUSALS = (401, 403, 404)
OWN = (Guard.SPREADSHEET, Guard.JOB, Guard.JOB_OR_CREATOR, Guard.WATCH)


@dataclass(frozen=True)
class Scene:
    """Alice has a spreadsheet with a job that has run; Bob has a spreadsheet of his own."""

    house: House
    alice: Caller
    bob: Caller
    sheet: str
    ran: str
    watch: dict[str, str]
    sheets: dict[str, str]
    schema: Any

    def headers(self, who: Caller, guard: Guard) -> dict[str, str]:
        token = who.token
        if guard is Guard.WATCH:
            token = self.watch[who.email]
        if guard is Guard.UPLOAD:
            asked = {"spreadsheet_id": self.sheets[who.email], "name": "rows.csv"}
            token = who.ask("POST", "/api/imports/tokens", asked)["upload_token"]
        return {"Authorization": f"Bearer {token}"}

    def ids(self, route: Route) -> dict[str, str]:
        """What of Alice's the route is about; new for one that changes it."""
        made: dict[str, str] = {}
        if "<job_id>" in route.rule:
            made["job_id"] = self.ran if route.method == "GET" else self.alice.queue(self.sheet)["id"]
        if "<schedule_id>" in route.rule:
            wish = {"spreadsheet_id": self.sheet, "sheet_id": 0, "recipe": "case_a", "cron": "0 7 * * 1"}
            made["schedule_id"] = self.alice.ask("POST", "/api/schedules", wish)["id"]
        if "<import_id>" in route.rule:
            page = self.house.somebody(self.headers(self.alice, Guard.UPLOAD)["Authorization"][7:])
            file = {"data": b"Company Name\nOak Tools\n", "content_type": "application/octet-stream"}
            made["import_id"] = page.ask("POST", "/api/imports", **file)["id"]
        return made


@pytest.fixture(scope="module")
def scene(make_house: MakeHouse) -> Scene:
    house = make_house(requests_per_minute=100_000)
    alice, bob = house.sign_in("alice"), house.sign_in("bob")
    sheet, other = house.a_sheet(), house.a_sheet()
    watch = {"alice@example.com": alice.prove(sheet), "bob@example.com": bob.prove(other)}
    ran = alice.queue(sheet)["id"]
    house.deliver(ran)
    assert alice.ask("GET", f"/api/jobs/{ran}")["status"] == "COMPLETED"
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", house.app)
    sheets = {alice.email: sheet, bob.email: other}
    return Scene(house, alice, bob, sheet, ran, watch, sheets, schema)


@pytest.mark.parametrize(
    ("route", "mode"),
    [
        pytest.param(route, mode, id=f"{called(route)}-{mode.value}")
        for route in ROUTES
        for mode in GenerationMode
        # What takes nothing cannot be asked wrongly.
        if mode is GenerationMode.POSITIVE or route.asks or route.query or "<job_id>" in route.rule
    ],
)
def test_the_api_is_as_it_is_described(scene: Scene, route: Route, mode: GenerationMode) -> None:
    path = route.rule.replace("<", "{").replace(">", "}")
    operation = scene.schema[path][route.method]
    ids = scene.ids(route)

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def attempt(case: Case, real: bool) -> None:
        if real:
            put_real_ids(case, scene.sheet, ids)
        if real and route.guard in OWN:
            # Before there is nothing left to be had: with Alice's ids, and with them in his own spreadsheet.
            for sheet in (scene.sheets[scene.bob.email], scene.sheet):
                name_sheet(case, sheet)
                tried = case.call(headers=scene.headers(scene.bob, route.guard))
                theirs = "_id>" in route.rule and "<spreadsheet_id>" not in route.rule
                assert tried.status_code >= 400 or (sheet != scene.sheet and not theirs), tried.text
        answer = case.call(headers=scene.headers(scene.alice, route.guard))
        assert answer.status_code < 500, answer.text
        if mode is GenerationMode.POSITIVE:
            case.validate_response(answer, checks=CHECKS)
        elif not real:
            assert 400 <= answer.status_code < 500, answer.text
        if route.guard in OWN and answer.status_code < 300:
            theirs = case.call(headers=scene.headers(scene.bob, route.guard))
            assert theirs.status_code in REFUSALS, (theirs.status_code, theirs.text)
        if route.guard is not Guard.PUBLIC:
            assert case.call(headers={"Authorization": "Bearer x"}).status_code == 401

    attempt()


CHECKS = [
    checks.response_schema_conformance,
    checks.content_type_conformance,
    checks.status_code_conformance,
    checks.response_headers_conformance,
]


def name_sheet(case: Case, sheet: str) -> None:
    """The same call for this spreadsheet, wherever it names one."""
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict) and "spreadsheet_id" in part:
            part["spreadsheet_id"] = sheet


def put_real_ids(case: Case, sheet: str, ids: Mapping[str, str]) -> None:
    """What chance would not find: the ids of what there is."""
    if isinstance(case.path_parameters, dict):
        real = {"spreadsheet_id": sheet, "format": "csv", **ids}
        case.path_parameters |= {name: real[name] for name in case.path_parameters.keys() & real.keys()}
    if case.query and "spreadsheet_id" in case.query:
        case.query["spreadsheet_id"] = sheet
        case.query.pop("cursor", None)
    if isinstance(case.body, dict):
        real_body = {
            "spreadsheet_id": sheet,
            "sheet_ids": [0],
            "sheet_id": 0,
            "depends_on": [],
            "columns": {},
        }
        case.body |= {name: real_body[name] for name in case.body.keys() & real_body.keys()}
