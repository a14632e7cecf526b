"""After a run of the whole stack, planted secrets stand nowhere that anybody but their owner looks.

Looked through: every log, every document, every task, every cell, every answer of the api.
"""

from __future__ import annotations

import base64
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.stack import LocalStack, local_stack

DEPLOYMENTS = "sk-planted-deployment-key-0123456789"
OWN = "sk-planted-own-key-of-a-user-98765-LAST"
SIGNING = "planted-signing-key-0123456789-0123456789"
SEALING = "planted-encryption-key-0123456789-0123456"
ROWS = [["Oak Tools", "hammers", "Hardware shop in Leeds"], ["Fir Pipes", "pipes", "Plumbing in York"]]
#: Files of the data folder that are the secrets' own place.
OWN_PLACES = ("signing-keys", "encryption-keys", "sheets-account.json", "identity/")


#: What may be base64: the bodies of tasks are, in the store of the queue.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


def _decoded(found: re.Match[bytes]) -> bytes:
    text = found[0].rstrip(b"=")
    return base64.urlsafe_b64decode(
        text[: len(text) // 4 * 4 + (0 if len(text) % 4 == 1 else len(text) % 4)] + b"=="
    )


@dataclass
class Run:
    """The stack after the run, and everything that the api said during it."""

    stack: LocalStack
    said: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    @property
    def secrets(self) -> dict[str, str]:
        found = {
            "deployment's key": DEPLOYMENTS,
            "own key": OWN,
            "signing key": SIGNING,
            "sealing key": SEALING,
        }
        return found | {f"token {n}": token for n, token in enumerate(sorted(self.tokens))}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Two jobs, one on the deployment's key, and one on a user's own that is refused on the way."""
    env = {"OPENAI_API_KEY": DEPLOYMENTS, "SIGNING_KEYS": SIGNING, "ENCRYPTION_KEYS": SEALING}
    with local_stack(tmp_path_factory.mktemp("stack"), workbench=False, env=env) as stack:
        run = Run(stack)
        listen(run)
        sheet = stack.a_sheet(ROWS)
        stack.wait(stack.queue(sheet)["id"])
        stack.person.ask("PUT", "/api/key", {"api_key": OWN})
        stack.person.ask("POST", "/api/key/test")
        stack.faults(stack.model_url, refused_keys=[OWN])
        refused = stack.queue(stack.a_sheet([["Elm Foods", "bread", "Bakery"]]))
        assert stack.wait(refused["id"], "PAUSED")["reason"]["code"] == "key_refused"
        stack.faults(stack.model_url)
        stack.person.ask("POST", f"/api/jobs/{refused['id']}/resume")
        assert stack.wait(refused["id"])["own_key"] is True
        for path in ("/api/system", f"/api/jobs/{refused['id']}/rows", f"/api/jobs/{refused['id']}/events"):
            stack.person.ask("GET", path)
        forge(run)
        yield run


def listen(run: Run) -> None:
    """Notes what the person sends as a token, and what they are answered."""

    def note(answer: requests.Response, *_args: Any, **_options: Any) -> None:
        if answer.request.url and answer.request.url.startswith(run.stack.backend_url):
            run.said.append(answer.text)
            run.tokens.add(answer.request.headers["Authorization"].removeprefix("Bearer "))

    run.stack.person._session.hooks["response"].append(note)


def forge(run: Run) -> None:
    """Requests that fail: what fails is what tends to be logged."""
    (token,) = run.tokens
    for path, bearer in (("/api/system", token[:-5]), ("/tasks/sweep", token), ("/api/jobs/x", OWN)):
        for method in ("GET", "POST"):
            url = run.stack.backend_url + path
            answer = requests.request(method, url, headers={"Authorization": f"Bearer {bearer}"}, timeout=10)
            run.said.append(answer.text)


def looked_through(run: Run) -> dict[str, bytes]:
    """What was written anywhere, by name."""
    data = run.stack.data
    with sqlite3.connect(data / "rowmill.db") as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    found = {
        str(path.relative_to(data)): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and not str(path.relative_to(data)).startswith(OWN_PLACES)
    }
    found["answers"] = "\n".join(run.said).encode()
    found = {
        place: text + b"\n".join(_BASE64.sub(_decoded, text).splitlines()) for place, text in found.items()
    }
    for name, url in (("tasks", run.stack.tasks_url), ("sheets", run.stack.sheets_url)):
        found[f"ledger of {name}"] = requests.get(f"{url}/_standin/ledger", timeout=10).content
    return found


def test_no_secret_stands_anywhere(run: Run) -> None:
    places = looked_through(run)
    for name, secret in run.secrets.items():
        assert len(secret) > 30
        spilled = [place for place, text in places.items() if secret.encode() in text]
        assert not spilled, f"the {name} stands in {spilled}"


def test_the_key_is_kept_and_shown_by_its_end_alone(run: Run) -> None:
    places = looked_through(run)
    half = OWN[: len(OWN) // 2].encode()
    assert not [place for place, text in places.items() if half in text]
    assert b'"last_four":"LAST"' in places["answers"]


def test_the_search_would_find_a_secret(run: Run, tmp_path: Path) -> None:
    """What it looks through is what was really written: the rows and the job stand there."""
    places = looked_through(run)
    with_rows = [place for place, text in places.items() if b"Hardware shop in Leeds" in text]
    assert any("rowmill.db" in place for place in with_rows)
    assert any(place.startswith("sheets") for place in with_rows)
    assert any(place.startswith("tasks") for place in places)
    assert b"batch_ended" in places["logs/backend.log"]
    assert b"/tasks/batches" in places["ledger of tasks"] + b"".join(
        text for place, text in places.items() if place.startswith("tasks/")
    )
    assert any(b'"enqueue_no"' in text for place, text in places.items() if place.startswith("tasks/"))
    assert len(run.said) > 10


def test_no_address_and_no_row_stands_in_the_backends_log(run: Run) -> None:
    log = run.stack.log("backend")
    for text in ("you@rowmill.localhost", "Oak Tools", "Hardware shop", "Bakery", "hammers"):
        assert text not in log
