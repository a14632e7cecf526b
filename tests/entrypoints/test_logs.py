"""A log line is one line of JSON, and nothing in it is a secret, wherever in the record it stood."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from flask import Flask, g

from backend.entrypoints.logs import JsonLines, Redactor
from backend.entrypoints.tokens import Signer
from backend.ports import Person
from tests.entrypoints.house import SECRET, House

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxIiwiZW1haWwiOiJhQGIuYyJ9.c2lnbmF0dXJlLW9mLWl0"
PRIVATE = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
SECRETS = {
    "a key": "sk-proj-AbCdEf0123456789_-xyz",
    "an old key": "sk-0123456789abcdefABCDEF",
    "another provider's": "gsk_0123456789abcdefghijklmn",
    "one of Google's": "AIzaSyA-0123456789abcdefghijklmnopqrstu",
    "an access token": "ya29.a0AfB_byC-0123456789",
    "an ID token": JWT,
    "a token without its signature": JWT.rpartition(".")[0] + ".SIGNATURE_REMOVED_BY_GOOGLE",
    "a watch token": Signer([SECRET]).watch_token("1001", "sheet-1234567890"),
    "an upload token": Signer([SECRET]).upload_token(
        Person("1001", "a@b.co", "script"), "sheet", "a.csv", None
    ),
    "a long upload token": Signer([SECRET]).upload_token(Person("1", "a@b.co", "c"), "x", "a" * 200, None),
    "a download link": Signer([SECRET]).link("a" * 20, "csv"),
    "a header": "Authorization: Bearer abc.def/ghi+jkl==",
    "a small header": "authorization: bearer q1w2e3r4t5y6",
    "a private key": PRIVATE,
    "a private key's beginning": PRIVATE[:60],
    "an address": "ada.lovelace+sheets@mail.example.co.uk",
    "a configured secret": SECRET,
}
PLACES = ("message", "argument", "extra", "list", "nested", "key", "object", "exception", "cause")


def line(secret: str, place: str) -> str:
    """What is logged when the secret stands in this place of a record."""
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "A sentence.", (), None)
    match place:
        case "message":
            record.msg = f"before {secret} after"
        case "argument":
            record.msg, record.args = "before %s after", (secret,)
        case "extra":
            record.detail = secret
        case "list":
            record.detail = ["x", (secret,), {secret}]
        case "nested":
            record.detail = {"deep": [{"deeper": secret}]}
        case "key":
            record.detail = {secret: 1}
        case "object":
            record.detail = ValueError(secret)
        case "exception" | "cause":
            record.exc_info = raised(secret, place)
    return JsonLines([SECRET]).format(record)


def raised(secret: str, place: str) -> Any:
    try:
        try:
            raise ValueError(f"with {secret}")
        except ValueError as error:
            if place == "cause":
                raise RuntimeError("harmless") from error
            raise
    except (ValueError, RuntimeError):
        return sys.exc_info()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_no_secret_is_logged_from_any_place(secret: str, place: str) -> None:
    text = line(secret, place)
    assert "\n" not in text
    assert json.loads(text)["severity"] == "ERROR"
    tail = secret.removeprefix("Authorization: Bearer ").removeprefix("authorization: bearer ")
    for piece in tail.strip().splitlines():
        assert piece.startswith("-----BEGIN") or piece not in text, text


@pytest.mark.parametrize(
    "text",
    [
        "Accepted 2,000 rows.",
        "job 0123456789abcdef0123 ended as completed",
        "risk-averse task-force ask-me",
        "https://www.googleapis.com/auth/spreadsheets",
        "a bearer of bad news",
        "projects/p/locations/europe-west1/queues/rowmill-background",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor()(text) == (text if "bearer" not in text else "a bearer [redacted] bad news")


def test_numbers_and_ids_stay_what_they_are() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "A batch ended.", (), None)
    record.action, record.rows, record.seconds, record.ok = "batch_ended", 12, 0.5, True
    found = json.loads(JsonLines().format(record))
    assert found == {
        "severity": "INFO",
        "message": "A batch ended.",
        "action": "batch_ended",
        "rows": 12,
        "seconds": 0.5,
        "ok": True,
    }


def test_the_lines_of_a_request_name_its_trace_as_cloud_logging_has_it() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "A sentence.", (), None)
    field, trace = "logging.googleapis.com/trace", "0123456789abcdef0123456789abcdef"
    with Flask("x").test_request_context("/"):
        g.trace = trace
        said = json.loads(JsonLines(project="rowmill-test").format(record))
    assert said[field] == f"projects/rowmill-test/traces/{trace}"
    assert field not in json.loads(JsonLines(project="rowmill-test").format(record))


def test_an_error_with_a_stack_is_grouped_by_it() -> None:
    """Error Reporting takes a stack as `traceback` writes it, from `stack_trace`."""
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "It broke.", (), raised("care", "cause"))
    found = json.loads(JsonLines().format(record))
    assert found["stack_trace"].startswith("Traceback (most recent call last):")
    assert found["stack_trace"].rstrip().endswith("RuntimeError: harmless")
    assert "@type" not in found


def test_an_error_without_a_stack_is_grouped_by_its_place() -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 7, "It broke.", (), None, func="read")
    found = json.loads(JsonLines().format(record))
    assert found["@type"].endswith(".v1beta1.ReportedErrorEvent")
    place = {"filePath": "x.py", "lineNumber": 7, "functionName": "read"}
    assert found["context"] == {"reportLocation": place}


def test_a_request_that_fails_is_logged_without_what_it_carried(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("x")
    key = SECRETS["a key"]
    with app.test_request_context("/", headers={"Authorization": f"Bearer {JWT}"}):
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "Failed with %s", (key,), None)
        assert key not in JsonLines().format(record)
    alice = house.sign_in("alice")
    alice.call("PUT", "/api/key", {"api_key": key, "unknown": key})
    alice.call("POST", "/api/jobs", data=f'{{"x": "{key}"', content_type="application/json")
    assert key not in caplog.text
    assert (alice.token or "") not in caplog.text
