"""A running identity stand-in, and what a caller does with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from backend.local.identity.app import create_app
from tests.serving import serving


@dataclass(frozen=True)
class IdentityServer:
    """The address of a running stand-in."""

    url: str

    def user_token(self, **wanted: Any) -> str:
        return self._post("/_standin/id_token", {"email": "ada@example.com", "aud": "client", **wanted})[
            "id_token"
        ]

    def key_file(self, email: str, **options: Any) -> dict[str, Any]:
        return self._post("/_standin/service_accounts", {"email": email, **options})

    def rotate(self) -> None:
        self._post("/_standin/rotate", {})

    def switch(self, **faults: Any) -> None:
        requests.put(f"{self.url}/_standin/faults", json=faults, timeout=5).raise_for_status()

    def verify(self, token: str, audience: str = "client") -> dict[str, Any]:
        """What the product does: google-auth, with the stand-in's certificates."""
        return dict(
            id_token.verify_token(token, Request(), audience, certs_url=f"{self.url}/oauth2/v1/certs")
        )

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(self.url + path, json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityServer]:
    data: Path = tmp_path_factory.mktemp("identity")
    with serving(create_app(data)) as url:
        yield IdentityServer(url)
