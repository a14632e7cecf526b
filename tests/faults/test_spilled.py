"""The search that follows each of these tests finds a secret wherever one leaks to."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
import requests

from backend.config import BACKGROUND_QUEUE
from backend.local.stack import LOCATION, PROJECT
from tests.faults.conftest import OWN_KEY, Faulty
from tests.spills import Secret, planted

pytestmark = pytest.mark.faults


def into_a_log(stack: Faulty, text: str) -> None:
    (stack.data / "logs" / "leaky.log").write_text(f'{{"severity": "ERROR", "message": "Bearer {text}"}}\n')


def into_a_tasks_body(stack: Faulty, text: str) -> None:
    body = base64.b64encode(json.dumps({"key": text}).encode()).decode()
    enqueue(stack, {"url": f"{stack.backend_url}/healthz", "body": body})


def into_a_tasks_headers(stack: Faulty, text: str) -> None:
    enqueue(stack, {"url": f"{stack.backend_url}/healthz", "headers": {"X-Key": text}})


def enqueue(stack: Faulty, request: dict[str, object]) -> None:
    queue = f"projects/{PROJECT}/locations/{LOCATION}/queues/{BACKGROUND_QUEUE}"
    url = f"{stack.tasks_url}/v2/{queue}/tasks"
    requests.post(url, json={"task": {"httpRequest": request}}, timeout=10).raise_for_status()


def into_a_document(stack: Faulty, text: str) -> None:
    with closing(sqlite3.connect(stack.data / "rowmill.db", timeout=30)) as store, store:
        columns = "collection, id, version, data"
        store.execute(f"INSERT INTO documents ({columns}) VALUES ('leaky', ?, 0, ?)", (text[-6:], text))


def into_a_cell(stack: Faulty, text: str) -> None:
    stack.a_sheet([[f"short {text[:2]}", text, ""]])


@pytest.mark.parametrize(
    ("leaks", "place"),
    [
        (into_a_log, "logs: logs/leaky.log"),
        (into_a_tasks_body, "tasks: ledger"),
        (into_a_tasks_headers, "tasks: ledger"),
        (into_a_document, "documents: by row"),
        (into_a_cell, "cells: sheets/"),
    ],
)
def test_a_leak_is_found(stack: Faulty, leaks: Callable[[Faulty, str], None], place: str) -> None:
    """Of a secret of its own, so that what is left of it fails no other test."""
    key = f"sk-a-leaking-key-{secrets.token_hex(12)}"
    assert stack.spilled(Secret("leaking key", key)) == []
    leaks(stack, key)
    found = stack.spilled(Secret("leaking key", key))
    assert any(sentence.startswith(f"the leaking key stands in {place}") for sentence in found), found


def test_every_kind_of_secret_is_looked_for(stack: Faulty) -> None:
    """All that this run has planted and overheard, written into a log."""
    stack.insists("PUT", "/api/key", {"api_key": OWN_KEY})
    job = stack.queue(stack.a_sheet([["Harbour Bakery 1", "bread, cakes", ""]]))
    assert stack.wait(job["id"])["own_key"] is True
    log = stack.data / "logs" / "leaky.log"
    log.write_text("\n".join(secret.text for secret in {*planted(), *stack.heard.secrets}))
    try:
        found = stack.spilled()
    finally:
        log.unlink()
    assert {sentence.partition(" stands in logs")[0] for sentence in found} == {
        "the openai api key", "the signing keys", "the encryption keys", "the own key", "the ID token",
        "the nonce", "the watch token", "the address", "the cell",
    }  # fmt: skip
