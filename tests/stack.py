"""The whole local stack for a test: the same processes that `make run` starts, on free ports.

`local_stack(folder)` gives a `LocalStack`: its addresses, a person who is signed in, workbooks, the
stand-ins' switches and ledgers, and the process ids of the parts for tests that kill them.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from backend.local.person import Person
from backend.local.stack import APP, SWEEP_EVERY_S, Stack, StackSettings
from tests.spills import PLANTED, Overheard, Secret, planted, spilled, written

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
HEADERS = ["Company Name", "Company Keywords", "Company Short Description"]


class LocalStack:
    """What a test does with the stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.heard = Overheard()
        self.person = Person(stack)
        self.backend_url, self.workbench_url = stack.backend_url, stack.workbench_url
        self.worker_url = stack.worker_url
        self.sheets_url, self.tasks_url = stack.sheets_url, stack.tasks_url
        self.model_url, self.identity_url, self.web_url = stack.model_url, stack.identity_url, stack.web_url
        self.data = stack.settings.data

    @property
    def person(self) -> Person:
        """Who calls the api here; whoever is put in their place is overheard, too."""
        return self._person

    @person.setter
    def person(self, person: Person) -> None:
        self._person = person
        self.heard.listen(person._session, self.stack.backend_url)

    def a_sheet(
        self, rows: Sequence[Sequence[Any]], *, headers: Sequence[str] = HEADERS, id: str = ""
    ) -> str:
        """A workbook of one tab, shared with the service account; gives its id."""
        identifier = id or f"test-sheet-{time.time_ns()}"
        self.person.create_workbook(identifier, "A test", "Companies", [list(headers), *map(list, rows)])
        self.heard.cells(rows)
        return identifier

    def queue(self, spreadsheet_id: str, **wish: Any) -> dict[str, Any]:
        """Proves edit rights and queues a job over the first tab; `wish` are fields of JobsAsked."""
        self.person.prove(spreadsheet_id)
        sheet = self.person.ask("GET", f"/api/sheets/{spreadsheet_id}")
        body = {
            "spreadsheet_id": spreadsheet_id,
            "sheet_ids": [sheet["sheet_id"]],
            "recipe": "case_a",
            "mode": "all",
            **wish,
        }
        job: dict[str, Any] = self.person.ask("POST", "/api/jobs", body)["jobs"][0]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.person.ask("GET", f"/api/jobs/{job_id}")
        return found

    def wait(self, job_id: str, *states: str, within_s: float = 60) -> dict[str, Any]:
        """The job as soon as it is in one of `states` (any that ends it, unless named)."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            job = self.job(job_id)
            if job["status"] in (states or ENDED):
                return job
            time.sleep(0.1)
        raise AssertionError(f"the job is still {job['status']} after {within_s} s: {job}")

    def until(self, holds: Callable[[], bool], *, within_s: float = 30, fails: bool = True) -> None:
        """Returns as soon as `holds`; after `within_s` it fails, unless told otherwise."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                if fails:
                    raise AssertionError(f"it did not come true within {within_s} s")
                return
            time.sleep(0.1)

    def table(self, spreadsheet_id: str, tab: str = "Companies") -> list[list[Any]]:
        """All values of a tab as its owner sees them."""
        values: list[list[Any]] = self.person.as_owner("GET", f"/{spreadsheet_id}/values/'{tab}'").get(
            "values", []
        )
        return values

    def faults(self, url: str, **switches: Any) -> None:
        """Sets a stand-in's switches (all others off)."""
        requests.put(f"{url}/_standin/faults", json=switches, timeout=10).raise_for_status()

    def ledger(self, url: str, after: int = 0) -> list[dict[str, Any]]:
        """What a stand-in was asked."""
        answer = requests.get(f"{url}/_standin/ledger", params={"after": after}, timeout=60)
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries

    def log(self, part: str) -> str:
        return (self.data / "logs" / f"{part}.log").read_text()

    def written(self) -> dict[str, bytes]:
        """All that was written so far: logs, tasks, documents, cells and answers, by place."""
        ledgers = {"tasks": self.tasks_url, "cells": self.sheets_url}
        firestore = dict(self.stack.settings.backend_env).get("FIRESTORE_EMULATOR_HOST")
        return written(self.data, ledgers, self.heard.answers, firestore)

    def spilled(self, *more: Secret) -> list[str]:
        """Which secrets stand where they must not, each in a sentence; `more` are looked for, too."""
        return spilled(self.written(), {*planted(), *self.heard.secrets, *more})


@contextmanager
def local_stack(
    folder: Path | None = None,
    *,
    latency_ms: int = 50,
    workbench: bool = True,
    env: Mapping[str, str] | None = None,
    web_latency_ms: int = 20,
    app: str = APP,
    sweep_every_s: float = SWEEP_EVERY_S,
    two_services: bool = False,
) -> Iterator[LocalStack]:
    """Starts everything with its data in `folder` (a passing one unless named); ends it with the block.

    Secrets are planted in it, and a block that has gone well fails when one of them stands where it must not.
    """
    with ExitStack() as passing:
        if folder is None:
            folder = Path(passing.enter_context(tempfile.TemporaryDirectory(prefix="rowmill-")))
        settings = StackSettings(
            data=folder,
            latency_ms=latency_ms,
            workbench=workbench,
            web_latency_ms=web_latency_ms,
            backend_env=tuple((PLANTED | dict(env or {})).items()),
            app=app,
            sweep_every_s=sweep_every_s,
            two_services=two_services,
        )
        ours = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        local = LocalStack(passing.enter_context(Stack(settings, kept)))
        yield local
        assert not local.spilled()
