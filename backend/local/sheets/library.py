"""The open workbooks: every change goes through `write`, which makes it durable before it is seen."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from backend.local.sheets import doors, methods
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.errors import not_found
from backend.local.sheets.storage import FOLD_BYTES, Entry, Storage
from backend.local.sheets.workbook import User, Workbook, changes

#: Commits whose changes are remembered for pages that follow a workbook.
REMEMBERED = 2_000

Write = Callable[[Workbook, Call], Answer]


class Library:
    def __init__(self, folder: Path) -> None:
        self._storage = Storage(folder)
        self._open: dict[str, Workbook] = {}
        self._changes: dict[str, deque[dict[str, Any]]] = {}
        self._changed: dict[str, asyncio.Event] = {}

    def close(self) -> None:
        self._storage.close()

    def listed(self) -> list[dict[str, Any]]:
        return self._storage.listed()

    def knows(self, workbook_id: str) -> bool:
        return workbook_id in self._open or self._storage.knows(workbook_id)

    def add(self, workbook: Workbook) -> None:
        """Takes in a new workbook whole; its id must be free."""
        workbook.revision, workbook.modified = 1, time.time()
        self._storage.save(workbook)
        self._open[workbook.id] = workbook

    def read(self, workbook_id: str) -> Workbook:
        """The workbook as of its last commit; raises Google's 404 for an id nobody has."""
        workbook = self._open.get(workbook_id)
        if workbook is None:
            workbook = self._opened(workbook_id)
            self._open[workbook_id] = workbook
        return workbook

    def write(self, workbook_id: str, name: str, call: Call, body: bytes) -> Answer:
        """Applies a write, whole or not at all, and returns its answer once it is on disk.

        `name` is a method of the API or a side door; `body` is the call's body as it came.
        """
        draft = self.read(workbook_id).draft()
        answer = _writer(name)(draft, call)
        draft.modified = time.time()
        kept = {"name": name, "place": call.place, "query": call.query, "user": asdict(call.user)}
        self._storage.append(draft, Entry(json.dumps(kept), body))
        self._open[workbook_id] = draft
        self._changes.setdefault(workbook_id, deque(maxlen=REMEMBERED)).append(changes(draft))
        waiting = self._changed.pop(workbook_id, None)
        if waiting is not None:
            waiting.set()
        return answer

    async def changes_after(self, workbook_id: str, revision: int, wait_s: float) -> dict[str, Any]:
        """What changed since a revision, waiting for a change if there is none yet.

        `reset` tells a page that it must read everything again: what it knows is too old or from elsewhere.
        """
        if self.read(workbook_id).revision == revision and wait_s > 0:
            event = self._changed.setdefault(workbook_id, asyncio.Event())
            try:
                await asyncio.wait_for(event.wait(), wait_s)
            except TimeoutError:
                return {"revision": revision, "reset": False, "tabs": False, "rows": {}}
        now = self.read(workbook_id).revision
        newer = [entry for entry in self._changes.get(workbook_id, ()) if entry["revision"] > revision]
        if len(newer) != now - revision:
            return {"revision": now, "reset": True, "tabs": True, "rows": {}}
        rows: dict[str, Any] = {}
        for entry in newer:
            for sheet, blocks in entry["rows"].items():
                if blocks == "all" or rows.get(sheet) == "all":
                    rows[sheet] = "all"
                else:
                    rows.setdefault(sheet, []).extend(blocks)
        return {
            "revision": now,
            "reset": False,
            "tabs": any(entry["tabs"] for entry in newer),
            "rows": rows,
        }

    def _opened(self, workbook_id: str) -> Workbook:
        workbook = self._storage.load(workbook_id)
        if workbook is None:
            raise not_found()
        entries = self._storage.journal(workbook_id)
        for entry in entries:
            workbook = workbook.draft()
            name, call = _kept(entry)
            _writer(name)(workbook, call)
        if sum(len(entry.body) for entry in entries) > FOLD_BYTES:
            self._storage.save(workbook)
        return workbook


def _writer(name: str) -> Write:
    door = doors.WRITES.get(name)
    if door is not None:
        return door
    run = methods.named(name).run
    if run is None:
        raise LookupError(f"{name} is not a write")
    return run


def _kept(entry: Entry) -> tuple[str, Call]:
    kept = json.loads(entry.call)
    name: str = kept["name"]
    body = from_json(entry.body) if entry.body else {}
    if name not in doors.WRITES:
        methods.named(name).check(body)
    return name, Call(kept["place"], kept["query"], body, User(**kept["user"]))


def new_id() -> str:
    """44 characters, as Google's ids have."""
    return secrets.token_urlsafe(33)
