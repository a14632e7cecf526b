"""What holds for all routes, from their table: a new route is tested here without a further line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from backend.entrypoints import api, tasks
from backend.entrypoints.routing import Guard, Route
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import QUEUE, SCHEDULER, SCRIPT, WORKER, Caller, House
from tests.entrypoints.samples import Request, a_request

UNKNOWN_SHEET = "a-spreadsheet-that-is-not"
UNKNOWN_JOB = "f" * 20
WORKERS = (Guard.QUEUE, Guard.SCHEDULER)
GUARDED = [route for route in (*api.ROUTES, *tasks.ROUTES) if route.guard is not Guard.PUBLIC]
OF_A_SPREADSHEET = [route for route in GUARDED if route.guard is Guard.SPREADSHEET]
OF_A_JOB = [route for route in GUARDED if route.guard in (Guard.JOB, Guard.JOB_OR_CREATOR)]
FLAWS = (
    "expired",
    "not_yet_valid",
    "wrong_issuer",
    "email_unverified",
    "alg_none",
    "hs256_public_key",
    "unknown_kid",
    "signature_stripped",
)


def called(route: Route) -> str:
    return f"{route.method} {route.rule}"


def send(caller: Caller, asked: Request, **options: object) -> TestResponse:
    return caller.call(asked.method, asked.path, asked.body, **asked.options, **options)


def said(answer: TestResponse, *ids: str) -> tuple[int, str]:
    """What an answer tells, without the ids that its caller sent."""
    text = re.sub(r'"trace_id": ?"\w+"', "", answer.text)
    for each in ids:
        text = text.replace(each, "ID")
    return answer.status_code, text


@dataclass(frozen=True)
class Two:
    """Alice may edit X, and Bob Y; each has a job."""

    house: House
    alice: Caller
    bob: Caller
    x: str
    y: str
    job_x: str
    job_y: str


@pytest.fixture(scope="module")
def two(house: House) -> Two:
    alice, bob = house.sign_in("alice"), house.sign_in("bob")
    x, y = house.a_sheet(), house.a_sheet()
    alice.prove(x)
    bob.prove(y)
    return Two(house, alice, bob, x, y, alice.queue(x)["id"], bob.queue(y)["id"])


@pytest.fixture(scope="module")
def aging(make_house: MakeHouse) -> House:
    """One where hours pass."""
    return make_house()


@pytest.fixture(scope="module")
def forged(house: House) -> dict[str, str | None]:
    """Tokens that prove nothing to any route."""
    standins = house.standins
    tokens: dict[str, str | None] = {
        flaw: standins.id_token("alice@example.com", flaw=flaw) for flaw in FLAWS
    }
    return tokens | {
        "missing": None,
        "of another application": standins.id_token("alice@example.com", aud="somebody-elses-client"),
        "of a foreign service account": standins.account_token("robot@evil.iam.gserviceaccount.com"),
        "no token": "x.y.z",
    }


@pytest.mark.parametrize("route", GUARDED, ids=called)
def test_without_a_token_that_holds_nobody_is_let_in(
    two: Two, forged: dict[str, str | None], route: Route
) -> None:
    asked = a_request(route, two.x, two.job_x)
    for flaw, token in forged.items():
        answer = send(two.house.somebody(token), asked)
        assert answer.status_code == 401, (flaw, answer.text)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("route", GUARDED, ids=called)
def test_a_token_anywhere_but_in_its_header_is_not_looked_at(two: Two, route: Route) -> None:
    token = two.alice.token or ""
    if route.guard in WORKERS:
        token = two.house.queue_caller().token or ""
    asked = a_request(route, two.x, two.job_x)
    nobody = two.house.somebody(None)
    places = (
        {"X-Serverless-Authorization": f"Bearer {token}"},
        {"Cookie": f"token={token}; session={token}"},
        {"Authorization": f"Basic {token}"},
        {"Authorization": token},
        {"X-Goog-IAP-JWT-Assertion": token, "X-Forwarded-User": "alice@example.com"},
    )
    for headers in places:
        assert send(nobody, asked, headers=headers).status_code == 401
    sign = "&" if "?" in asked.path else "?"
    assert nobody.call(asked.method, f"{asked.path}{sign}access_token={token}", asked.body).status_code == 401


@pytest.mark.parametrize("route", OF_A_SPREADSHEET, ids=called)
def test_a_grant_of_one_sheet_opens_no_other(two: Two, route: Route) -> None:
    foreign = send(two.alice, a_request(route, two.y, two.job_y))
    unknown = send(two.alice, a_request(route, UNKNOWN_SHEET, two.job_y))
    assert foreign.status_code == 403
    assert said(foreign, two.y) == said(unknown, UNKNOWN_SHEET)
    # The same request is good in the hands of somebody who has proved their right.
    assert send(two.bob, a_request(route, two.y, two.job_y)).status_code not in (401, 403, 422)


@pytest.mark.parametrize("route", OF_A_JOB, ids=called)
def test_somebody_elses_job_answers_like_an_unknown_one(two: Two, route: Route) -> None:
    foreign = send(two.alice, a_request(route, two.x, two.job_y))
    assert foreign.status_code == 404
    for unknown in (UNKNOWN_JOB, "short", "UPPER" * 5, "%00" * 5, "." * 20, "a" * 700, "é" * 20):
        assert said(foreign) == said(send(two.alice, a_request(route, two.x, unknown))), unknown
    assert send(two.bob, a_request(route, two.y, two.job_y)).status_code not in (401, 403, 404, 422)


@pytest.mark.parametrize("route", OF_A_SPREADSHEET, ids=called)
def test_two_spreadsheets_in_one_call_are_refused(two: Two, route: Route) -> None:
    asked = a_request(route, two.x, two.job_x)
    sign = "&" if "?" in asked.path else "?"
    answer = two.alice.call(asked.method, f"{asked.path}{sign}spreadsheet_id={two.y}", asked.body)
    assert answer.status_code in (403, 422)


@pytest.mark.parametrize("route", OF_A_JOB, ids=called)
def test_a_grant_that_has_run_out_hides_its_jobs_from_all_but_their_creator(
    aging: House, route: Route
) -> None:
    house = aging
    alice, bob, sheet = house.sign_in("alice"), house.sign_in("bob"), house.a_sheet()
    for caller in (alice, bob):
        caller.prove(sheet)
    job = alice.queue(sheet)["id"]
    house.clock.passes(3_601)
    asked = a_request(route, sheet, job)
    may = route.guard is Guard.JOB_OR_CREATOR
    assert send(bob, asked).status_code == 404
    assert send(alice, asked).status_code == (200 if may else 404)


@pytest.mark.parametrize("route", [r for r in GUARDED if r.guard in WORKERS], ids=called)
def test_the_workers_routes_take_exactly_their_caller(two: Two, route: Route) -> None:
    house, asked = two.house, a_request(route, two.x, UNKNOWN_JOB)
    mine, others = (QUEUE, SCHEDULER) if route.guard is Guard.QUEUE else (SCHEDULER, QUEUE)
    token = house.standins.account_token

    def status(bearer: str) -> int:
        return send(house.somebody(bearer), asked).status_code

    assert status(token(mine)) == 200
    assert status(token(others)) == 401
    assert status(token("queue@another.iam.gserviceaccount.com")) == 401
    assert status(token(mine, f"{WORKER}{route.rule}")) == 401
    assert status(token(mine, SCRIPT)) == 401
    assert status(two.alice.token or "") == 401
    assert status(f"{token(mine).rpartition('.')[0]}.SIGNATURE_REMOVED_BY_GOOGLE") == 401


@pytest.mark.parametrize("route", [r for r in GUARDED if r.guard in WORKERS], ids=called)
def test_headers_of_the_queue_prove_nothing(two: Two, route: Route) -> None:
    headers = {
        "X-CloudTasks-QueueName": "rowmill-background",
        "X-CloudTasks-TaskName": "1",
        "X-CloudTasks-TaskRetryCount": "0",
        "X-CloudScheduler": "true",
        "User-Agent": "Google-Cloud-Tasks",
    }
    asked = a_request(route, two.x, UNKNOWN_JOB)
    assert send(two.house.somebody(None), asked, headers=headers).status_code == 401
    assert send(two.alice, asked, headers=headers).status_code == 401


def test_the_api_has_no_worker_and_the_worker_no_api(two: Two) -> None:
    public, private = two.house.rerole("api"), two.house.rerole("worker")
    queue = two.house.queue_caller().token
    for route in tasks.ROUTES:
        asked = a_request(route, two.x, UNKNOWN_JOB)
        assert send(public.somebody(queue), asked).status_code == 404
        assert send(public.somebody(None), asked).status_code == 404
    for route in api.ROUTES:
        if route.rule != "/healthz":
            answer = send(private.somebody(two.alice.token), a_request(route, two.x, two.job_x))
            assert answer.status_code in (404, 405), called(route)


@pytest.mark.parametrize(
    "path", ["//tasks/batches", "/tasks//batches", "/tasks/batches/", "/./tasks/batches"]
)
def test_the_worker_never_redirects(two: Two, path: str) -> None:
    """A queue may follow a redirect, with its token."""
    body = {"job_id": UNKNOWN_JOB, "enqueue_no": 1}
    answer = two.house.queue_caller().call("POST", path, body)
    assert answer.status_code in (200, 404)
    assert "Location" not in answer.headers
