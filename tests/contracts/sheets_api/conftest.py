"""A running Sheets stand-in, and Google's own client pointed at it the way the product points it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from backend.local.sheets import create_app
from tests.serving import serving


@contextmanager
def client_of(url: str, credentials: Any = None) -> Iterator[Any]:
    """`service.spreadsheets()` of the real client library."""
    service = build(
        "sheets",
        "v4",
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": url},
        credentials=credentials or AnonymousCredentials(),
    )
    with closing(service):
        yield service.spreadsheets()


@dataclass
class SheetsServer:
    """The address of a running stand-in, and what a local program does with its side doors."""

    url: str
    _numbers: Iterator[int] = field(default_factory=count)

    def book(self, *tabs: tuple[str, list[list[Any]]], **more: Any) -> str:
        """A new workbook with these tabs (one blank `Tab` without any); returns its id."""
        wanted = {
            "id": f"book-{next(self._numbers)}",
            "title": "Companies",
            "tabs": [{"title": title, "rows": rows} for title, rows in tabs or (("Tab", []),)],
            **more,
        }
        answer = requests.post(f"{self.url}/_standin/workbooks", json=wanted, timeout=30)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def switch(self, **faults: Any) -> None:
        answer = requests.put(f"{self.url}/_standin/faults", json=faults, timeout=5)
        assert answer.status_code == 200, answer.text

    def ledger(self, after: int = 0) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/_standin/ledger", params={"after": after}, timeout=5)
        return list(answer.json()["entries"])

    def door(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, f"{self.url}/_standin{path}", timeout=30, **more)


def refusal(request: Any) -> dict[str, Any]:
    """The body of the error that Google's client raises for a request."""
    with pytest.raises(HttpError) as caught:
        request.execute()
    body = json.loads(caught.value.content)
    assert body.keys() == {"error"}
    assert body["error"]["code"] == int(caught.value.resp.status)
    return dict(body["error"])


@contextmanager
def sheets_server(data: Path, identity_url: str | None = None) -> Iterator[SheetsServer]:
    with serving(create_app(data, identity_url)) as url:
        yield SheetsServer(url)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SheetsServer]:
    """One stand-in for the tests that only make workbooks of their own."""
    with sheets_server(tmp_path_factory.mktemp("sheets")) as server:
        yield server


@pytest.fixture
def server(shared: SheetsServer) -> Iterator[SheetsServer]:
    yield shared
    shared.door("DELETE", "/faults")


@pytest.fixture(scope="session")
def sheets(shared: SheetsServer) -> Iterator[Any]:
    with client_of(shared.url) as client:
        yield client
