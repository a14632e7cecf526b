"""What comes in is JSON without tricks, of known fields, in known sizes; nothing that is sent makes a 500."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from backend.app import create_app
from backend.entrypoints import api
from backend.entrypoints.reading import BODY_BYTES
from backend.entrypoints.routing import Guard, Route
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House
from tests.entrypoints.samples import a_request
from tests.entrypoints.test_every_route import called

JSON_ROUTES = [r for r in api.ROUTES if r.asks is not None]
BARE_ROUTES = [r for r in api.ROUTES if r.method == "POST" and r.asks is None and not r.file]


@pytest.fixture
def wish(alice: Caller, sheet: str) -> dict[str, Any]:
    """A job that could be created."""
    alice.prove(sheet)
    return {"spreadsheet_id": sheet, "sheet_ids": [0], "recipe": "case_a", "mode": "all"}


def raw(caller: Caller, text: str | bytes, path: str = "/api/jobs", **options: Any) -> TestResponse:
    options = {"content_type": "application/json", **options}
    return caller.call("POST", path, data=text, **options)


def refused(answer: TestResponse, status: int = 422) -> str:
    problem = answer.get_json()
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert problem["status"] == status
    assert problem["detail"]
    return f"{problem['detail']} {problem.get('fields', '')}"


@pytest.mark.parametrize("route", JSON_ROUTES, ids=called)
def test_fields_that_a_route_does_not_know_are_refused(house: House, alice: Caller, route: Route) -> None:
    sheet = house.a_sheet()
    alice.prove(sheet)
    asked = a_request(route, sheet)
    for field in ("created_by", "status", "api_key_hash", "provider", "id", "__proto__"):
        answer = alice.call(asked.method, asked.path, asked.body | {field: "mine"})
        assert field in refused(answer)


def test_nobody_creates_a_job_in_anothers_name_or_state(
    house: House, alice: Caller, wish: dict[str, Any]
) -> None:
    for extra in (
        {"created_by": "eve"}, {"email": "eve@example.com"}, {"status": "COMPLETED"}, {"kind": "undo"},
        {"model": "gpt-5"}, {"api_key_hash": "x"}, {"attempt": 5}, {"counts": {"done": 9}},
    ):  # fmt: skip
        assert alice.call("POST", "/api/jobs", wish | extra).status_code == 422
    job = alice.queue(wish["spreadsheet_id"])
    assert (job["created_by"], job["own_key"], job["kind"]) == (alice.email, False, "background")
    for extra in ({"status": "COMPLETED"}, {"spreadsheet_id": "x" * 12}, {"created_by": "eve"}):
        assert alice.call("PATCH", f"/api/jobs/{job['id']}", extra).status_code == 422


@pytest.mark.parametrize("route", JSON_ROUTES, ids=called)
@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "", "text/json"],
)
def test_forms_and_other_types_are_refused(house: House, alice: Caller, route: Route, kind: str) -> None:
    """A form of a foreign page sends these without asking first."""
    sheet = house.a_sheet()
    alice.prove(sheet)
    asked = a_request(route, sheet)
    headers = {"Content-Type": kind} if kind else {}
    answer = alice.call(asked.method, asked.path, data=json.dumps(asked.body), headers=headers)
    refused(answer, 415)


@pytest.mark.parametrize("route", BARE_ROUTES, ids=called)
def test_a_route_without_a_body_takes_none(house: House, alice: Caller, route: Route) -> None:
    sheet = house.a_sheet()
    alice.prove(sheet)
    asked = a_request(route, sheet, alice.queue(sheet)["id"])
    refused(raw(alice, '{"force": true}', asked.path))
    refused(raw(alice, "a=b", asked.path, content_type="application/x-www-form-urlencoded"), 415)
    assert raw(alice, "{}", asked.path).status_code not in (415, 422)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"spreadsheet_id": "a2345678901", "spreadsheet_id": "b2345678901"}', "twice"),
        ('{"filter": {"column": "a", "column": "b", "value": "c"}}', "twice"),
        ('{"max_rows": NaN}', "no number"),
        ('{"max_rows": -Infinity}', "no number"),
        ('{"max_rows": 1e400}', ""),
        ('{"max_rows": ' + "9" * 5_000 + "}", ""),
        ('{"max_rows": 99999999999999999999}', ""),
        ('{"sheet_ids": [99999999999999999999]}', ""),
        ('{"budget_microusd": 1.5}', ""),
        ('{"max_rows": "10"}', "valid integer"),
        ('{"fresh": "yes"}', "valid boolean"),
        ('{"start_row": true}', "valid integer"),
        ('{"run_at": "tomorrow"}', ""),
        ('{"run_at": "2030-01-01T00:00:00"}', "timezone"),
        ('{"filter": {"column": "a\\u0000b", "value": "c"}}', "NUL"),
        ('{"filter": {"column": "\\ud800", "value": "c"}}', "half a character"),
        ('{"\\udfff": 1}', "half a character"),
        ('{"a\\u0000": 1}', "NUL"),
        ("[" * 100_000, "nested"),
        ('{"a":' * 30 + "1" + "}" * 30, "nested"),
        ("[]", ""),
        ("null", ""),
        ("{'a': 1}", "well-formed"),
        ('{"a": 1}{"b": 2}', "well-formed"),
        ("", "Field required"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"\xef\xbb\xbf{}", ""),
    ],
)
def test_bodies_that_are_tricks_are_refused_with_a_sentence(
    alice: Caller, text: str | bytes, says: str
) -> None:
    assert says in refused(raw(alice, text))


@pytest.mark.parametrize("field", ["filter", "columns", "key"])
@pytest.mark.parametrize(
    "text", ["\x01\x7f\u202e", "😀" * 100, "'; DROP TABLE documents; --", "../../etc", "\ufffe"]
)
def test_odd_text_is_kept_or_refused_and_never_a_failure(
    alice: Caller, wish: dict[str, Any], field: str, text: str
) -> None:
    body, headers = dict(wish), {}
    if field == "filter":
        body["filter"] = {"column": "Company Name", "value": text}
    elif field == "columns":
        body["columns"] = {"company_name": text}
    else:
        headers["Idempotency-Key"] = text.encode().decode("latin-1").replace("\n", "")
    answer = alice.call("POST", "/api/jobs", body, headers=headers)
    assert answer.status_code in (201, 422), answer.text
    if field == "filter" and answer.status_code == 201:
        assert answer.get_json()["jobs"][0]["filter"]["value"] == text


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=1e3", "limit=99999999999999999999", "limit=-1", "limit=", "status=done",
     "cursor=x", "cursor=%00", "cursor=W10", "cursor=" + "A" * 501, "cursor=bnVsbA", "sheet_id=-1",
     "sheet_id=99999999999999999999", "recipe=%00", "unknown=1", "limit=1&limit=2", "access_token=x"],
)  # fmt: skip
def test_pages_of_lists_have_limits_and_cursors_of_their_own(alice: Caller, sheet: str, query: str) -> None:
    alice.prove(sheet)
    refused(alice.call("GET", f"/api/jobs?spreadsheet_id={sheet}&{query}"))


@pytest.mark.parametrize("part", ["rows", "events"])
@pytest.mark.parametrize("query", ["limit=0", "limit=501", "cursor=x-y", "cursor=%00", "cursor=9-9-9-9"])
def test_pages_of_a_jobs_lists_too(alice: Caller, sheet: str, part: str, query: str) -> None:
    alice.prove(sheet)
    refused(alice.call("GET", f"/api/jobs/{alice.queue(sheet)['id']}/{part}?{query}"))


def test_a_cursor_of_another_list_shows_nothing_of_it(house: House, alice: Caller, bob: Caller) -> None:
    x, y = house.a_sheet(), house.a_sheet()
    alice.prove(x)
    bob.prove(y)
    ours = [alice.queue(x, priority="low")["id"] for _ in range(2)]
    for _ in range(3):
        bob.queue(y)
    cursor = bob.ask("GET", f"/api/jobs?spreadsheet_id={y}&limit=1")["cursor"]
    seen = alice.ask("GET", f"/api/jobs?spreadsheet_id={x}&cursor={cursor}")["jobs"]
    assert {job["id"] for job in seen} <= set(ours)


def test_an_idempotency_key_has_a_length(alice: Caller, wish: dict[str, Any]) -> None:
    for key in ("", "x" * 201):
        refused(alice.call("POST", "/api/jobs", wish, headers={"Idempotency-Key": key}))


def test_a_megabyte_is_the_most_that_a_body_may_be(alice: Caller, wish: dict[str, Any]) -> None:
    body = json.dumps(wish).encode()
    assert raw(alice, body + b" " * (BODY_BYTES - len(body))).status_code == 201
    assert "1,024 KB" in refused(raw(alice, body + b" " * (BODY_BYTES + 1 - len(body))), 413)


def test_a_body_without_a_length_is_cut_off_at_the_same_size(alice: Caller, wish: dict[str, Any]) -> None:
    import io

    body = json.dumps(wish).encode() + b" " * BODY_BYTES
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = alice.call(
        "POST",
        "/api/jobs",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides=chunked,
    )
    refused(answer, 413)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"max_rows": 100_001}, "100,000 rows"),
        ({"sheet_ids": []}, "at least 1"),
        ({"sheet_ids": list(range(51))}, "at most 50"),
        ({"depends_on": ["a" * 20] * 21}, "at most 20"),
        ({"kind": "live", "max_rows": 101}, "100 rows"),
        ({"start_row": 1}, "greater than or equal to 2"),
        ({"columns": {"no_such_input": "x"}}, "no input"),
        ({"run_at": "9999-12-31T23:59:59.999999Z"}, "end of the calendar"),
    ],
)
def test_a_job_has_limits_that_are_said(
    alice: Caller, wish: dict[str, Any], body: dict[str, Any], says: str
) -> None:
    assert says in refused(alice.call("POST", "/api/jobs", wish | body))


@pytest.mark.parametrize(
    ("method", "path"),
    [("TRACE", "/api/jobs"), ("PUT", "/api/jobs"), ("HEAD", "/api/system"), ("HEAD", "/api/downloads/x"),
     ("GET", "/api/jobs/actions/x"), ("GET", "/api/access/grants"), ("OPTIONS", "/api/jobs"),
     ("POST", "/api/watch"), ("DELETE", "/api/system"), ("CONNECT", "/healthz"), ("GET", "/tasks/batches")],
)  # fmt: skip
def test_a_method_that_a_route_has_not_is_refused(alice: Caller, method: str, path: str) -> None:
    assert alice.call(method, path).status_code in (404, 405)


def test_a_method_in_a_header_or_a_field_changes_nothing(alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    job = alice.queue(sheet)["id"]
    alice.ask("POST", f"/api/jobs/{job}/cancel")
    headers = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
    assert alice.call("POST", f"/api/jobs/{job}", headers=headers).status_code == 405
    assert alice.call("GET", f"/api/jobs/{job}?_method=DELETE", headers=headers).status_code == 422
    assert alice.ask("GET", f"/api/jobs/{job}")["status"] == "CANCELLED"


@pytest.mark.parametrize(
    "path", ["/", "/.git/config", "/admin", "/api", "/api/", "/static/x", "//evil.com", "/%2e%2e/"]
)
def test_there_is_nothing_else(alice: Caller, path: str) -> None:
    answer = alice.call("GET", path)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert "Location" not in answer.headers


@pytest.mark.parametrize("route", [r for r in api.ROUTES if r.guard is Guard.PUBLIC], ids=called)
def test_every_answer_closes_the_browsers_doors(alice: Caller, route: Route) -> None:
    answer = alice.call(route.method, a_request(route, "x").path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_mistake_of_ours_says_nothing_of_itself(make_house: MakeHouse) -> None:
    house = make_house()
    house = replace(house, app=create_app(replace(house.service, documents=None)))  # type: ignore[arg-type]
    answer = house.sign_in("alice").call("POST", "/api/access/challenges", {"spreadsheet_id": "a2345678901"})
    assert answer.status_code == 500
    assert answer.get_json()["trace_id"]
    assert not any(word in answer.text for word in ("Traceback", "NoneType", "File", "get_many"))
