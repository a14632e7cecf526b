"""The whole backend in the test's process: real adapters, real tokens, stand-ins served on free ports.

`House` is one deployment; `Caller` is somebody with a token who calls its routes.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from werkzeug.test import TestResponse

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.app import create_app
from backend.bootstrap import bootstrap
from backend.config import BACKGROUND_QUEUE, LIVE_QUEUE, Settings
from backend.entrypoints.service import Service
from backend.local.identity.app import create_app as create_identity
from backend.local.model.app import create_app as create_model
from backend.local.sheets.app import create_app as create_sheets
from backend.local.tasks.app import create_app as create_tasks
from backend.ports import Documents, Vault
from backend.usecases.limits import RequestCounter
from backend.usecases.records import EXPIRING, QUERIES
from tests.serving import serving

SCRIPT = "123-sidebar.apps.googleusercontent.com"
OTHER_SCRIPT = "456-copy.apps.googleusercontent.com"
WORKER = "https://worker.example.com"
ROBOT = "sheets@rowmill-test.iam.gserviceaccount.com"
QUEUE = "queue@rowmill-test.iam.gserviceaccount.com"
SCHEDULER = "scheduler@rowmill-test.iam.gserviceaccount.com"
#: A domain that makes google-auth sign its tokens itself.
UNIVERSE = "rowmill.localhost"
SECRET = "a-secret-of-more-than-thirty-two-characters"
HEADERS = ["Company Name", "Company Keywords", "Company Short Description"]
ROWS = [["Oak Tools", "hammers, nails", "Family hardware shop in Leeds"], ["Fir Pipes", "pipes", "Plumbing"]]


@dataclass
class HandClock:
    """Time that a test moves; `now` may also be set back."""

    ahead_s: float = 0.0
    slept_s: float = 0.0

    def now(self) -> float:
        return time.time() + self.ahead_s

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead_s + self.slept_s

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.02))
        self.slept_s += max(0.0, seconds - 0.02)

    def wait(self, event: threading.Event, seconds: float) -> None:
        event.wait(min(seconds, 0.02))

    def passes(self, seconds: float) -> None:
        self.ahead_s += seconds


@dataclass(frozen=True)
class Standins:
    """Addresses of what is served for the whole session."""

    identity: str
    sheets: str
    model: str
    tasks: str
    key_file: Path

    def post(self, url: str, body: object) -> Any:
        answer = requests.post(url, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def id_token(self, email: str, aud: str = SCRIPT, **more: Any) -> str:
        wanted = {"email": email, "aud": aud, **more}
        return str(self.post(f"{self.identity}/_standin/id_token", wanted)["id_token"])

    def account_token(self, email: str, audience: str = WORKER) -> str:
        self.post(f"{self.identity}/_standin/service_accounts", {"email": email})
        path = f"/v1/projects/-/serviceAccounts/{email}:generateIdToken"
        answer = self.post(self.identity + path, {"audience": audience, "includeEmail": True})
        return str(answer["token"])

    def access_token(self, email: str) -> str:
        """What this account calls Google's APIs with."""
        key_file = self.post(f"{self.identity}/_standin/service_accounts", {"email": email})
        scopes = ["https://www.googleapis.com/auth/spreadsheets"]
        make = service_account.Credentials.from_service_account_info
        credentials = make(key_file, scopes=scopes)  # type: ignore[no-untyped-call]
        with requests.Session() as session:
            credentials.refresh(Request(session))
        return str(credentials.token)

    def as_owner(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.sheets}/_standin/as-owner/v4/spreadsheets{path}"
        answer = requests.request(method, url, json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json()

    def write_nonce(self, spreadsheet_id: str, nonce: str, key: str = "rowmill_proof") -> None:
        """What the sidebar's script does as the user."""
        metadata = {
            "metadataKey": key,
            "metadataValue": nonce,
            "location": {"spreadsheet": True},
            "visibility": "DOCUMENT",
        }
        requests_ = [{"createDeveloperMetadata": {"developerMetadata": metadata}}]
        self.as_owner("POST", f"/{spreadsheet_id}:batchUpdate", {"requests": requests_})

    def nonces(self, spreadsheet_id: str) -> list[str]:
        found = self.as_owner("GET", f"/{spreadsheet_id}").get("developerMetadata", [])
        return [entry["metadataValue"] for entry in found if entry["metadataKey"] == "rowmill_proof"]


@contextmanager
def standins(folder: Path) -> Iterator[Standins]:
    with ExitStack() as stack:
        identity = stack.enter_context(serving(create_identity(folder / "identity")))
        sheets = stack.enter_context(serving(create_sheets(folder / "sheets", identity)))
        model = stack.enter_context(serving(create_model()))
        tasks = stack.enter_context(serving(create_tasks(folder / "tasks", identity=identity)))
        key_file = folder / "robot.json"
        wanted = {"email": ROBOT, "universe_domain": UNIVERSE}
        made = requests.post(f"{identity}/_standin/service_accounts", json=wanted, timeout=10)
        key_file.write_text(made.text)
        for queue in (BACKGROUND_QUEUE, LIVE_QUEUE):
            # Tests deliver the tasks themselves: the queues keep theirs.
            parent = f"{tasks}/v2/projects/rowmill-test/locations/europe-west1"
            name = f"projects/rowmill-test/locations/europe-west1/queues/{queue}"
            made = requests.post(f"{parent}/queues", json={"name": name}, timeout=10)
            assert made.ok, made.text
            paused = requests.post(f"{parent}/queues/{queue}:pause", json={}, timeout=10)
            assert paused.ok, paused.text
        yield Standins(identity, sheets, model, tasks, key_file)


@dataclass
class Caller:
    """Somebody with a token (or without one)."""

    house: House
    email: str
    token: str | None

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.house.client.open(path, method=method, headers=headers, **options)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The JSON of a call that must succeed."""
        answer = self.call(method, path, body, **options)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text)
        return answer.get_json(silent=True)

    def challenge(self, spreadsheet_id: str) -> str:
        body = {"spreadsheet_id": spreadsheet_id}
        return str(self.ask("POST", "/api/access/challenges", body)["nonce"])

    def grant(self, spreadsheet_id: str, nonce: str) -> TestResponse:
        body = {"spreadsheet_id": spreadsheet_id, "nonce": nonce}
        return self.call("POST", "/api/access/grants", body)

    def prove(self, spreadsheet_id: str) -> str:
        """Proves edit rights; gives the watch token."""
        nonce = self.challenge(spreadsheet_id)
        self.house.standins.write_nonce(spreadsheet_id, nonce)
        answer = self.grant(spreadsheet_id, nonce)
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["watch_token"])

    def queue(self, spreadsheet_id: str, **wish: Any) -> dict[str, Any]:
        body = {
            "spreadsheet_id": spreadsheet_id, "sheet_ids": [0], "recipe": "case_a", "mode": "all", **wish
        }  # fmt: skip
        job: dict[str, Any] = self.ask("POST", "/api/jobs", body)["jobs"][0]
        return job


@dataclass
class House:
    """One deployment in this process."""

    standins: Standins
    service: Service
    clock: HandClock
    app: Flask
    _sheets: int = field(default=0)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    @property
    def documents(self) -> Documents:
        return self.service.documents

    def sign_in(self, name: str, aud: str = SCRIPT, **more: Any) -> Caller:
        email = f"{name}@example.com"
        return Caller(self, email, self.standins.id_token(email, aud, **more))

    def somebody(self, token: str | None) -> Caller:
        return Caller(self, "", token)

    def queue_caller(self) -> Caller:
        return Caller(self, QUEUE, self.standins.account_token(QUEUE))

    def scheduler(self) -> Caller:
        return Caller(self, SCHEDULER, self.standins.account_token(SCHEDULER))

    def a_sheet(self, rows: list[list[str]] | None = None, *, shared: bool = True) -> str:
        self._sheets += 1
        identifier = f"sheet-{time.time_ns()}-{self._sheets}"
        self.standins.post(
            f"{self.standins.sheets}/_standin/workbooks",
            {
                "id": identifier,
                "title": "A test",
                "tabs": [{"title": "Companies", "rows": [HEADERS, *(ROWS if rows is None else rows)]}],
                "owner": "owner@example.com",
                "editors": [ROBOT] if shared else [],
            },
        )
        return identifier

    def deliver(self, job_id: str, enqueue_no: int = 1) -> TestResponse:
        """The task that the queue would deliver."""
        body = {"job_id": job_id, "enqueue_no": enqueue_no}
        return self.queue_caller().call("POST", "/tasks/batches", body)

    def with_vault(self, vault: Vault) -> House:
        """The same deployment after its secrets were changed."""
        service = replace(self.service, vault=vault)
        return replace(self, service=service, app=create_app(service))

    def rerole(self, role: str) -> House:
        """The same deployment as the api alone, or as the worker alone."""
        settings = self.service.settings.model_copy(update={"role": role})
        service = replace(self.service, settings=settings)
        return replace(self, service=service, app=create_app(service))


def open_house(
    standins: Standins, folder: Path, patch: pytest.MonkeyPatch, documents: Any = None, **changes: Any
) -> House:
    """A deployment with a store of its own; `changes` are settings, `documents` makes another store."""
    patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(standins.key_file))
    clock = HandClock()
    settings = Settings.model_validate(settings_of(standins, folder) | changes)
    assert not settings.problems()
    if documents is None:
        path = folder / "rowmill.db"
        store: Documents = SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)
    else:
        store = documents(clock)
    service = replace(
        bootstrap(settings),
        documents=store,
        clock=clock,
        requests=RequestCounter(store, clock, settings.requests_per_minute),
        sheet_requests=RequestCounter(store, clock, settings.sheet_requests_per_minute),
    )
    return House(standins, service, clock, create_app(service))


def settings_of(standins: Standins, folder: Path) -> Mapping[str, Any]:
    return {
        "role": "all",
        "database": f"sqlite:{folder / 'unused.db'}",
        "google_cloud_project": "rowmill-test",
        "tasks_endpoint": standins.tasks.removeprefix("http://"),
        "sheets_endpoint": standins.sheets,
        "sheets_account": ROBOT,
        "worker_url": "http://127.0.0.1:9",
        "worker_audience": WORKER,
        "tasks_invoker": QUEUE,
        "sweep_invoker": SCHEDULER,
        "public_url": "http://127.0.0.1:8081",
        "certs_url": f"{standins.identity}/oauth2/v1/certs",
        "audiences": f"{SCRIPT},{OTHER_SCRIPT}",
        "signing_keys": SECRET,
        "encryption_keys": SECRET + "-for-keys",
        "watch_origin": "http://127.0.0.1:8080",
        "openai_api_key": "sk-deployment-0123456789abcdef",
        "openai_base_url": f"{standins.model}/v1",
        "model_standin": True,
        "web_standin": "127.0.0.1:9",
        "sheet_requests_per_minute": 10_000,
    }
