"""The stand-ins, running, and the adapters pointed at them as the product points them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from google.oauth2 import service_account

from backend.adapters.google_sheets import SCOPES, GoogleSheets
from backend.local.identity.app import create_app as create_identity
from backend.local.sheets.app import create_app as create_sheets
from tests.contracts.adapters.scripted import Scripted, scripted
from tests.serving import serving

#: The service account that sheets are shared with.
ROBOT = "rowmill@rowmill-local.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Standin:
    """A running stand-in: its address, its switches, its ledger."""

    url: str

    def switch(self, **faults: Any) -> None:
        answer = requests.put(f"{self.url}/_standin/faults", json=faults, timeout=5)
        assert answer.status_code == 200, answer.text

    def ledger(self, kind: str | None = None) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/_standin/ledger", timeout=5).json()
        return [entry for entry in answer["entries"] if kind is None or entry["kind"] == kind]

    def forget(self) -> None:
        """No faults, an empty ledger."""
        requests.delete(f"{self.url}/_standin/faults", timeout=5).raise_for_status()
        requests.delete(f"{self.url}/_standin/ledger", timeout=5).raise_for_status()

    def post(self, path: str, body: object) -> Any:
        answer = requests.post(self.url + path, json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def running_identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with serving(create_identity(tmp_path_factory.mktemp("identity"))) as url:
        yield Standin(url)


@pytest.fixture
def identity(running_identity: Standin) -> Standin:
    running_identity.forget()
    return running_identity


@pytest.fixture(scope="session")
def running_workbooks(
    tmp_path_factory: pytest.TempPathFactory, running_identity: Standin
) -> Iterator[Standin]:
    with serving(create_sheets(tmp_path_factory.mktemp("workbooks"), running_identity.url)) as url:
        yield Standin(url)


@pytest.fixture
def workbooks(running_workbooks: Standin) -> Standin:
    running_workbooks.forget()
    return running_workbooks


@pytest.fixture
def script() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


def credentials(identity: Standin, **changes: str) -> Any:
    """Our service account's key file, used as the product uses it; `changes` spoil it."""
    key_file = identity.post("/_standin/service_accounts", {"email": ROBOT}) | changes
    make = service_account.Credentials.from_service_account_info
    return make(key_file, scopes=SCOPES)  # type: ignore[no-untyped-call]


@contextmanager
def sheets_at(url: str, keys: Any, **options: Any) -> Iterator[GoogleSheets]:
    adapter = GoogleSheets(keys, service_account=ROBOT, endpoint=url, **options)
    try:
        yield adapter
    finally:
        adapter.close()


@pytest.fixture(scope="session")
def robot(running_identity: Standin) -> Any:
    return credentials(running_identity)


@pytest.fixture
def sheets(workbooks: Standin, robot: Any) -> Iterator[GoogleSheets]:
    with sheets_at(workbooks.url, robot) as adapter:
        yield adapter
