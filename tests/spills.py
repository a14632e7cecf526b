"""Secrets that are planted in a run of the stack, and where of all that it wrote they stand.

Looked through is every log, task, document and cell, and every answer of the api. A secret may stand at home
(a person's address in the documents that say who did what, a nonce in the spreadsheet) and nowhere else.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from backend.local.stack import PROJECT, USER

#: The deployment's own, as settings.
PLANTED = {
    "OPENAI_API_KEY": "sk-planted-deployment-key-0123456789",
    "SIGNING_KEYS": "planted-signing-key-0123456789-0123456789",
    "ENCRYPTION_KEYS": "planted-encryption-key-0123456789-0123456",
}
#: Cells of a sheet that are looked for; shorter texts stand anywhere by chance.
CELLS, CELL_CHARS = 20, 12
#: Routes that give tokens, the fields that hold them, and where those may stand afterwards.
GIVING = ("/api/access/challenges", "/api/access/grants", "/api/access/watch-tokens", "/api/imports/tokens")
TOKENS = {"nonce": frozenset({"cells"}), "watch_token": frozenset[str](), "upload_token": frozenset[str]()}
#: Parts of the data folder, and what a person would call them.
FOLDERS = {"logs": "logs", "tasks": "tasks", "sheets": "cells"}
#: What may be base64: the bodies of tasks are.
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


@dataclass(frozen=True)
class Secret:
    """`home` are the kinds of places where it may stand."""

    name: str
    text: str
    home: frozenset[str] = frozenset()


@dataclass
class Overheard:
    """What a person said to the api and was told: that is where most secrets come from."""

    answers: list[str] = field(default_factory=list)
    secrets: set[Secret] = field(default_factory=set)

    def listen(self, session: requests.Session, backend_url: str) -> None:
        def note(answer: requests.Response, *_args: Any, **_options: Any) -> None:
            if (answer.request.url or "").startswith(backend_url):
                self._note(answer)

        session.hooks["response"].append(note)

    def cells(self, rows: Iterable[Sequence[Any]]) -> None:
        """What a person typed into a sheet: in no log and no task."""
        texts = [str(cell) for row in rows for cell in row if len(str(cell)) >= CELL_CHARS][:CELLS]
        self.secrets |= {Secret("cell", text, frozenset({"cells", "documents", "answers"})) for text in texts}

    def _note(self, answer: requests.Response) -> None:
        token = answer.request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token:
            self.secrets.add(Secret("ID token", token))
        path = answer.request.path_url.partition("?")[0]
        if path == "/api/key" and answer.request.body:
            self.secrets.add(Secret("own key", json.loads(answer.request.body)["api_key"]))
        text = answer.text
        if path in GIVING and answer.ok:
            given = answer.json()
            for name in given.keys() & TOKENS.keys():
                self.secrets.add(Secret(name.replace("_", " "), given[name], TOKENS[name]))
                text = text.replace(given[name], "")  # this once it was meant to be told
        self.answers.append(text)


def planted() -> list[Secret]:
    """What stands in the deployment's settings, and who uses it."""
    names = (name.lower().replace("_", " ") for name in PLANTED)
    person = Secret("address", USER, frozenset({"cells", "documents", "answers"}))
    return [person, *(Secret(name, text) for name, text in zip(names, PLANTED.values(), strict=True))]


def spilled(places: Mapping[str, bytes], secrets: Iterable[Secret]) -> list[str]:
    """A sentence for each secret that stands where it must not; places are called `kind: where`."""
    return [
        f"the {secret.name} stands in {place}"
        for secret in sorted(secrets, key=lambda secret: (secret.name, secret.text))
        for place, text in places.items()
        if place.partition(":")[0] not in secret.home and secret.text.encode() in text
    ]


def written(
    data: Path, ledgers: Mapping[str, str], answers: Sequence[str], firestore: str | None = None
) -> dict[str, bytes]:
    """All that a stack has written, by place; `ledgers` are addresses of stand-ins by kind.

    `firestore` is the emulator's address where that is the store.
    """
    found = dict(_files(data))
    found["documents: by row"] = "\n".join(_documents(data / "rowmill.db")).encode()
    if firestore is not None:
        with contextlib.suppress(requests.ConnectionError):  # killed by the test
            found["documents: of Firestore"] = _firestore(firestore)
    found["answers: of the api"] = "\n".join(answers).encode()
    for kind, url in ledgers.items():
        with contextlib.suppress(requests.ConnectionError):  # killed by the test
            found[f"{kind}: ledger"] = requests.get(f"{url}/_standin/ledger", timeout=60).content
    return {place: text + b"\n" + b"\n".join(_decoded(text)) for place, text in found.items()}


def _files(data: Path) -> Iterator[tuple[str, bytes]]:
    for folder, kind in FOLDERS.items():
        for path in sorted((data / folder).rglob("*")):
            if path.is_file():
                yield f"{kind}: {path.relative_to(data)}", path.read_bytes()
    for path in sorted(data.glob("rowmill.db*")):
        # Of documents that are gone, too: their pages stay for a while.
        yield f"documents: {path.name}", path.read_bytes()


def _documents(path: Path) -> Iterator[str]:
    if path.exists():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as store:
            for row in store.execute("SELECT collection, id, data FROM documents"):
                yield " ".join(map(str, row))


def _firestore(address: str) -> bytes:
    """Every document of every collection, as the emulator shows them to its owner."""
    path = f"/v1/projects/{PROJECT}/databases/(default)/documents:runQuery"
    answer = requests.post(
        f"http://{address}{path}",
        json={"structuredQuery": {"from": [{"allDescendants": True}]}},
        headers={"Authorization": "Bearer owner"},
        timeout=60,
    )
    answer.raise_for_status()
    return answer.content


def _decoded(text: bytes) -> Iterator[bytes]:
    for found in _BASE64.finditer(text):
        digits = found[0].rstrip(b"=")
        # One digit too many is none of it: it stood before by chance.
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        yield base64.urlsafe_b64decode(digits + b"==")
