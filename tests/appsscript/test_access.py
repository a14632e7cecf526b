"""Address, sharing and proof of edit, as the script does them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.appsscript.script import Script

CHALLENGE = (
    200,
    {
        "nonce": "n" * 32,
        "metadata_key": "rowmill-proof",
        "expires_in_s": 120,
        "service_account": "bot@x.example",
    },
)
GRANT = (200, {"watch_token": "w", "expires_in_s": 600, "watch_url": "https://w", "grant_expires_in_s": 3600})


def problem(status: int, code: str) -> tuple[int, Any]:
    return status, {"type": "about:blank", "title": "T", "status": status, "detail": "D.", "code": code}


def test_the_nonce_goes_into_the_documents_metadata_between_the_two_calls(script: Script) -> None:
    ran = script.connected(CHALLENGE, GRANT).run("proveEdit")
    assert [entry["what"] for entry in ran.asked if entry["what"] != "property"] == [
        "fetch",
        "metadata",
        "fetch",
    ]
    assert ran.of("metadata") == [
        {"what": "metadata", "key": "rowmill-proof", "value": "n" * 32, "visibility": "DOCUMENT"}
    ]
    sent = json.loads(ran.of("fetch")[1]["payload"])
    assert sent == {"spreadsheet_id": "spreadsheet-0123456789", "nonce": "n" * 32}
    assert ran.data["watch_token"] == "w"


def test_a_token_is_kept_in_no_property(script: Script) -> None:
    assert script.connected(CHALLENGE, GRANT).run("proveEdit").of("setProperty") == []


def test_not_shared_names_the_account_to_share_with(script: Script) -> None:
    ran = script.connected(CHALLENGE, problem(403, "not_shared")).run("proveEdit")
    assert (ran.problem["code"], ran.problem["serviceAccount"]) == ("not_shared", "bot@x.example")


def test_who_can_only_read_is_told_so(script: Script) -> None:
    ran = script.connected(CHALLENGE, GRANT, refuses=["addDeveloperMetadata"]).run("proveEdit")
    assert ran.problem["code"] == "read_only"
    assert len(ran.of("fetch")) == 1


def test_a_challenge_refused_writes_nothing(script: Script) -> None:
    ran = script.connected(problem(401, "bad_token")).run("proveEdit")
    assert (ran.problem["code"], ran.of("metadata")) == ("bad_token", [])


def test_sharing(script: Script) -> None:
    ran = script.connected().run("shareWith", "bot@x.example")
    assert (ran.data, ran.of("addEditor")) == (None, [{"what": "addEditor", "email": "bot@x.example"}])


def test_a_domain_that_forbids_sharing(script: Script) -> None:
    ran = script.connected(refuses=["addEditor"]).run("shareWith", "bot@x.example")
    assert ran.problem["code"] == "cannot_share"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://rowmill.example.com", "https://rowmill.example.com"),
        ("  https://Rowmill.Example.com/ ", "https://rowmill.example.com"),
        ("https://rowmill.example.com:8443", "https://rowmill.example.com:8443"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://localhost:8081/", "http://localhost:8081"),
    ],
)
def test_an_address_is_checked_and_kept(script: Script, typed: str, kept: str) -> None:
    ran = script.within(answers=[(200, {"service_account": "bot@x.example"})]).run("connectBackend", typed)
    assert ran.data == {"address": kept}
    assert ran.of("fetch")[0]["url"] == f"{kept}/api/system"
    assert ran.of("setProperty") == [
        {"what": "setProperty", "name": "document", "key": "BACKEND_URL", "value": kept}
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "rowmill.example.com",
        "http://rowmill.example.com",
        "https://rowmill.example.com/path",
        "https://user:password@rowmill.example.com",
        "https://rowmill.example.com?x=1",
        "http://127.0.0.1.evil.example",
        "javascript:alert(1)",
        "ftp://rowmill.example.com",
    ],
)
def test_what_is_no_address_is_neither_asked_nor_kept(script: Script, typed: str) -> None:
    ran = script.within(answers=[(200, {})]).run("connectBackend", typed)
    assert ran.problem["code"] == "address"
    assert (ran.of("fetch"), ran.of("setProperty")) == ([], [])


@pytest.mark.parametrize("said", ["<html>", {"status": "ok"}, []])
def test_an_address_where_something_else_answers_is_not_kept(script: Script, said: object) -> None:
    ran = script.within(answers=[(200, said)]).run("connectBackend", "https://elsewhere.example")
    assert (ran.problem["code"], ran.of("setProperty")) == ("not_rowmill", [])


def test_an_administrators_address_serves_where_the_document_has_none(script: Script) -> None:
    world = script.within(
        properties={"script": {"BACKEND_URL": "https://of-all.example"}}, answers=[(200, {"version": "1"})]
    )
    assert world.run("readSystem").of("fetch")[0]["url"] == "https://of-all.example/api/system"
    assert world.run("readContext").data["address"] == "https://of-all.example"
