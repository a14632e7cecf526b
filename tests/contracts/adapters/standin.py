"""A running stand-in as the tests see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests


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
