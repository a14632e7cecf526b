"""After a run of the whole stack, planted secrets stand nowhere that anybody but their owner looks.

Looked through: every log, every document, every task, every cell, every answer of the api. The same search
ends every run of the stack in a test, and follows each test of `tests/faults`, where it is shown to find what
leaks.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.spills import planted
from tests.stack import LocalStack, local_stack

OWN = "sk-planted-own-key-of-a-user-98765-LAST"
ROWS = [["Oak Tools", "hammers", "Hardware shop in Leeds"], ["Fir Pipes", "pipes", "Plumbing in York"]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Two jobs, one on the deployment's key, and one on a user's own that is refused on the way."""
    with local_stack(tmp_path_factory.mktemp("stack"), workbench=False) as stack:
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
        upload(stack, sheet)
        forge(stack)
        yield stack


def upload(stack: LocalStack, sheet: str) -> None:
    """As the page does: a token, and the file under it."""
    asked = {"spreadsheet_id": sheet, "name": "leads.csv"}
    token = stack.person.ask("POST", "/api/imports/tokens", asked)["upload_token"]
    answer = requests.post(
        f"{stack.backend_url}/api/imports",
        data=b"Company Name\nOak Tools\n",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"},
        timeout=30,
    )
    stack.heard.answers.append(answer.text)
    assert answer.status_code == 201


def forge(stack: LocalStack) -> None:
    """Requests that fail: what fails is what tends to be logged."""
    token = next(secret.text for secret in stack.heard.secrets if secret.name == "ID token")
    for path, bearer in (("/api/system", token[:-5]), ("/tasks/sweep", token), ("/api/jobs/x", OWN)):
        for method in ("GET", "POST"):
            url = stack.backend_url + path
            answer = requests.request(method, url, headers={"Authorization": f"Bearer {bearer}"}, timeout=10)
            stack.heard.answers.append(answer.text)


def test_no_secret_stands_anywhere(run: LocalStack) -> None:
    looked_for = {secret.name: secret for secret in {*planted(), *run.heard.secrets}}
    assert looked_for.keys() == {
        "openai api key", "signing keys", "encryption keys", "own key", "ID token", "nonce", "watch token",
        "upload token", "address", "cell",
    }  # fmt: skip
    assert run.spilled() == []


def test_the_key_is_kept_and_shown_by_its_end_alone(run: LocalStack) -> None:
    places = run.written()
    half = OWN[: len(OWN) // 2].encode()
    assert not [place for place, text in places.items() if half in text]
    assert b'"last_four":"LAST"' in places["answers: of the api"]


def test_the_search_looks_at_what_was_really_written(run: LocalStack) -> None:
    """The rows, the job, its batches and their tasks stand there."""
    places = run.written()
    with_rows = [place for place, text in places.items() if b"Hardware shop in Leeds" in text]
    assert "documents: by row" in with_rows
    assert any(place.startswith("cells: ") for place in with_rows)
    assert b"batch_ended" in places["logs: logs/backend.log"]
    assert b'"enqueue_no' in places["tasks: ledger"].replace(b"\\", b"")
    assert len(run.heard.answers) > 10


def test_no_address_and_no_row_stands_in_the_backends_log(run: LocalStack) -> None:
    log = run.log("backend")
    for text in ("you@rowmill.localhost", "Oak Tools", "Hardware shop", "Bakery", "hammers"):
        assert text not in log
