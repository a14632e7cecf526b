"""A person at the keyboard: the api as the sidebar calls it, with an ID token and a proof of edit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import requests

from backend.errors import Invalid, RowmillError
from backend.local.stack import AUDIENCE, SHEETS_ACCOUNT, USER, Stack

#: A token is good for an hour; a new one is asked for well before.
TOKEN_S = 1_800.0


class ApiRefused(RowmillError):
    """The api answered with a problem; the message is its sentence."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"The api answered {status}."))
        self.status = status
        self.code = problem.get("code")


class Person:
    """Signed in as the local user, owner of the local workbooks."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._session = requests.Session()
        self._session.trust_env = False
        self._token = ""
        self._token_at = float("-inf")
        self._spreadsheet: str | None = None

    # ── the api ────────────────────────────────────────────────────────────────────────────────────

    def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, wait_s: float = 60
    ) -> Any:
        """One call; proves edit rights again and repeats it where they have run out."""
        try:
            return self._ask(method, path, body, key, wait_s)
        except ApiRefused as refused:
            if refused.code != "no_grant" or self._spreadsheet is None:
                raise
            self.prove(self._spreadsheet)
            return self._ask(method, path, body, key, wait_s)

    def _ask(self, method: str, path: str, body: Any, key: str | None, wait_s: float) -> Any:
        headers = {"Authorization": f"Bearer {self._id_token()}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = self._session.request(
            method, self._stack.backend_url + path, json=body, headers=headers, timeout=wait_s
        )
        if not answer.ok:
            raise ApiRefused(answer.status_code, _problem(answer))
        return answer.json() if answer.content else None

    def prove(self, spreadsheet_id: str) -> None:
        """Writes the api's nonce into the workbook, as the sidebar's script does."""
        challenge = self._ask("POST", "/api/access/challenges", {"spreadsheet_id": spreadsheet_id}, None, 30)
        metadata = {
            "metadataKey": challenge["metadata_key"],
            "metadataValue": challenge["nonce"],
            "location": {"spreadsheet": True},
            "visibility": "DOCUMENT",
        }
        self.as_owner(
            "POST",
            f"/{spreadsheet_id}:batchUpdate",
            {"requests": [{"createDeveloperMetadata": {"developerMetadata": metadata}}]},
        )
        grant = {"spreadsheet_id": spreadsheet_id, "nonce": challenge["nonce"]}
        self._ask("POST", "/api/access/grants", grant, None, 30)
        self._spreadsheet = spreadsheet_id

    def _id_token(self) -> str:
        if time.monotonic() - self._token_at > TOKEN_S:
            answer = self._session.post(
                f"{self._stack.identity_url}/_standin/id_token",
                json={"email": USER, "aud": AUDIENCE},
                timeout=30,
            )
            answer.raise_for_status()
            self._token, self._token_at = answer.json()["id_token"], time.monotonic()
        return self._token

    # ── the workbooks ──────────────────────────────────────────────────────────────────────────────

    def as_owner(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None
    ) -> Any:
        """The Sheets API with the owner's own rights, under `/v4/spreadsheets`."""
        answer = self._session.request(
            method,
            f"{self._stack.sheets_url}/_standin/as-owner/v4/spreadsheets{path}",
            json=body,
            params=params,
            headers={"X-Standin-User": USER},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.json()

    def workbook(self, workbook_id: str) -> dict[str, Any] | None:
        """What the stand-in says of a workbook, or None when there is none."""
        answer = self._session.get(f"{self._stack.sheets_url}/_standin/workbooks/{workbook_id}", timeout=60)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def create_workbook(self, workbook_id: str, title: str, tab: str, rows: list[list[Any]]) -> None:
        """A workbook of one tab, shared with our service account."""
        answer = self._session.post(
            f"{self._stack.sheets_url}/_standin/workbooks",
            json={
                "id": workbook_id,
                "title": title,
                "tabs": [{"title": tab, "rows": rows}],
                "owner": USER,
                "editors": [SHEETS_ACCOUNT],
            },
            timeout=300,
        )
        if answer.status_code == 400:
            raise Invalid(f"The table does not fit into a spreadsheet: {_problem(answer)}")
        answer.raise_for_status()


def _problem(answer: requests.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {"detail": f"The api answered {answer.status_code}."}
    return found if isinstance(found, dict) else {"detail": str(found)}
