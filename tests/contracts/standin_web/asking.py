"""Asks the stand-in web for pages of any host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests


@dataclass
class Web:
    """A running stand-in, with verbs."""

    url: str
    http: requests.Session

    def get(self, host: str, path: str = "/", **more: Any) -> requests.Response:
        """One answer, redirects not followed."""
        arguments = {"timeout": 5, "allow_redirects": False, **more}
        return self.http.get(f"{self.url}{path}", headers={"Host": host}, **arguments)

    def knows(self, *rows: dict[str, str]) -> None:
        answer = self.http.post(f"{self.url}/_standin/companies", json=list(rows))
        assert answer.json()["added"] == len(rows)

    def fails(self, *rules: dict[str, Any], seed: int = 0) -> None:
        answer = self.http.put(f"{self.url}/_standin/faults", json={"seed": seed, "rules": list(rules)})
        assert answer.status_code == 200, answer.text

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"{self.url}/_standin/status").json()
        return found

    def ledger(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.http.get(f"{self.url}/_standin/ledger").json()["entries"]
        return entries
