"""What each public function asks of the api, and what it makes of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.appsscript.script import Script

BOOK = "spreadsheet-0123456789"
BASE = "https://rowmill.example"


@pytest.mark.parametrize(
    ("function", "arguments", "method", "path", "body"),
    [
        ("readSheet", [7], "get", f"/api/sheets/{BOOK}?sheet_id=7", None),
        ("readSheet", [0], "get", f"/api/sheets/{BOOK}?sheet_id=0", None),
        (
            "readColumnValues",
            [7, "Instantly Date & more"],
            "get",
            f"/api/sheets/{BOOK}/values?sheet_id=7&column=Instantly%20Date%20%26%20more",
            None,
        ),
        (
            "estimate",
            [{"recipe": "case_a", "sheet_id": 7}],
            "post",
            "/api/estimates",
            {"recipe": "case_a", "sheet_id": 7, "spreadsheet_id": BOOK},
        ),
        (
            "listJobs",
            [{"status": "", "recipe": None, "limit": 50}],
            "get",
            f"/api/jobs?limit=50&spreadsheet_id={BOOK}",
            None,
        ),
        ("readJob", ["job1"], "get", "/api/jobs/job1", None),
        ("readJob", ["../x?y"], "get", "/api/jobs/..%2Fx%3Fy", None),
        ("changeJob", ["job1", {"priority": "high"}], "patch", "/api/jobs/job1", {"priority": "high"}),
        ("moveJob", ["job1", "pause", {}], "post", "/api/jobs/job1/pause", {}),
        (
            "moveJob",
            ["job1", "retry", {"error_class": "poison"}],
            "post",
            "/api/jobs/job1/retry",
            {"error_class": "poison"},
        ),
        ("moveJob", ["job1", "delete", {}], "delete", "/api/jobs/job1", None),
        (
            "moveJobs",
            [{"action": "cancel", "ids": ["a"]}],
            "post",
            "/api/jobs/actions",
            {"action": "cancel", "ids": ["a"], "spreadsheet_id": BOOK},
        ),
        (
            "listRows",
            ["job1", {"status": "failed", "cursor": "c="}],
            "get",
            "/api/jobs/job1/rows?status=failed&cursor=c%3D",
            None,
        ),
        ("listEvents", ["job1", {"cursor": None}], "get", "/api/jobs/job1/events", None),
        ("prepareDownload", ["job1", "csv"], "post", "/api/jobs/job1/downloads/csv", {}),
        ("renewWatchToken", [], "post", "/api/access/watch-tokens", {"spreadsheet_id": BOOK}),
        ("readSystem", [], "get", "/api/system", None),
        (
            "prepareUpload",
            [{"name": "März & more.csv", "sheet": None}],
            "post",
            "/api/imports/tokens",
            {"name": "März & more.csv", "sheet": None, "spreadsheet_id": BOOK},
        ),
        ("listUploads", [], "get", f"/api/imports?spreadsheet_id={BOOK}", None),
        (
            "writeUpload",
            ["i?1", "May"],
            "post",
            f"/api/imports/i%3F1/write?spreadsheet_id={BOOK}",
            {"title": "May"},
        ),
        ("forgetUpload", ["i1"], "delete", f"/api/imports/i1?spreadsheet_id={BOOK}", None),
        ("setKey", ["sk-own"], "put", "/api/key", {"api_key": "sk-own"}),
        ("testKey", [], "post", "/api/key/test", {}),
        ("removeKey", [], "delete", "/api/key", None),
        ("readStats", [720], "get", f"/api/stats?hours=720&spreadsheet_id={BOOK}", None),
        ("listSchedules", [], "get", f"/api/schedules?spreadsheet_id={BOOK}", None),
        (
            "readTimes",
            ["0 7 * * MON-FRI", "Europe/Berlin"],
            "get",
            "/api/schedules/times?cron=0%207%20*%20*%20MON-FRI&time_zone=Europe%2FBerlin",
            None,
        ),
        ("moveSchedule", ["s1", "pause"], "post", f"/api/schedules/s1/pause?spreadsheet_id={BOOK}", {}),
        ("moveSchedule", ["s1", "remove"], "delete", f"/api/schedules/s1?spreadsheet_id={BOOK}", None),
        ("moveSchedule", ["../x", "a/b"], "post", f"/api/schedules/..%2Fx/a%2Fb?spreadsheet_id={BOOK}", {}),
    ],
)
def test_the_request(
    script: Script, function: str, arguments: list[Any], method: str, path: str, body: Any
) -> None:
    ran = script.connected((200, {"fine": True})).run(function, *arguments)
    assert ran.data == {"fine": True}
    (sent,) = ran.of("fetch")
    assert (sent["method"], sent["url"]) == (method, BASE + path)
    assert (json.loads(sent["payload"]) if "payload" in sent else None) == body
    assert sent["headers"] == {"Authorization": "Bearer id-token"}
    assert sent["followRedirects"] is False


def test_a_key_stays_in_no_property(script: Script) -> None:
    assert script.connected((200, {})).run("setKey", "sk-own").of("setProperty") == []


def test_a_job_is_created_under_its_key(script: Script) -> None:
    ran = script.connected((201, {"jobs": []})).run("createJobs", {"recipe": "case_a"}, "key-1")
    (sent,) = ran.of("fetch")
    assert sent["headers"]["Idempotency-Key"] == "key-1"
    assert json.loads(sent["payload"]) == {"recipe": "case_a", "spreadsheet_id": BOOK}


def test_a_schedule_is_created_under_its_key(script: Script) -> None:
    ran = script.connected((201, {"id": "s1"})).run("createSchedule", {"cron": "0 7 * * *"}, "key-2")
    (sent,) = ran.of("fetch")
    assert sent["headers"]["Idempotency-Key"] == "key-2"
    assert json.loads(sent["payload"]) == {"cron": "0 7 * * *", "spreadsheet_id": BOOK}


def test_a_spreadsheet_named_by_the_page_is_not_believed(script: Script) -> None:
    ran = script.connected((200, {})).run("listJobs", {"spreadsheet_id": "another-document"})
    assert ran.of("fetch")[0]["url"] == f"{BASE}/api/jobs?spreadsheet_id={BOOK}"


def test_an_answer_without_content_is_no_data(script: Script) -> None:
    assert script.connected((204, "")).run("moveJob", "job1", "delete", {}).data is None


def test_a_problem_comes_with_its_code_fields_and_trace(script: Script) -> None:
    told = {
        "type": "about:blank",
        "title": "Invalid request",
        "status": 422,
        "detail": "The start row is below the sheet.",
        "code": "invalid",
        "fields": {"start_row": "At most 40."},
        "trace_id": "4bf92f35",
    }
    assert script.connected((422, told)).run("readJob", "job1").problem == {
        "status": 422,
        "code": "invalid",
        "title": "Invalid request",
        "detail": "The start row is below the sheet.",
        "fields": {"start_row": "At most 40."},
        "trace": "4bf92f35",
    }


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (503, "<html>no healthy upstream</html>", "unreachable"),
        (429, "", "unreachable"),
        (302, "", "not_rowmill"),
        (404, "<h1>Not found</h1>", "not_rowmill"),
        (200, "<html>a sign-in page</html>", "not_rowmill"),
        (500, {"error": "not a problem document"}, "unreachable"),
    ],
)
def test_what_is_not_the_api_is_told_from_it(script: Script, status: int, body: Any, code: str) -> None:
    problem = script.connected((status, body)).run("readSystem").problem
    assert problem["code"] == code
    assert "<" not in problem["detail"]


def test_a_service_out_of_reach(script: Script) -> None:
    assert script.connected().run("readSystem").problem["code"] == "unreachable"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Service invoked too many times for one day: urlfetch.", "day_quota"),
        ("Service invoked too many times in a short time: urlfetch. Try Utilities.sleep(1000).", "quota"),
        ("There are too many scripts running simultaneously for this Google user account.", "quota"),
        ("Timeout: https://rowmill.example/api/system", "unreachable"),
        ("DNS error: https://rowmill.example/api/system", "unreachable"),
    ],
)
def test_googles_own_limits_are_told_from_a_service_that_is_away(
    script: Script, said: str, code: str
) -> None:
    problem = script.connected(said).run("readSystem").problem
    assert problem["code"] == code
    assert "rowmill.example" not in problem["detail"]
    assert "jobs go on" in problem["detail"]


def test_without_an_address_nothing_is_sent(script: Script) -> None:
    ran = script.within().run("readSystem")
    assert (ran.problem["code"], ran.of("fetch")) == ("no_address", [])


def test_without_an_identity_nothing_is_sent(script: Script) -> None:
    ran = script.connected((200, {}), token=None).run("readSystem")
    assert (ran.problem["code"], ran.of("fetch")) == ("no_identity", [])
