"""The stack as a bench uses it: sheets of companies, jobs over them, and the truth they are held to."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.domain.failures import sentence
from backend.domain.rows import Row
from backend.errors import RowFailed
from backend.local.stack import Stack, StackSettings
from tests.bench import truth, usage
from tests.stack import ENDED, LocalStack

#: The model's answer time, which its stand-in spreads over ± 20 %.
LATENCY_MS = 1_000
PAGE_LATENCY_MS = 500
PAGE_KB = 150
STANDINS = ("identity", "sheets", "tasks", "model", "web")
#: The bench asks more often than a person is allowed to.
ENV = {"REQUESTS_PER_MINUTE": "100000", "MODEL": truth.MODEL}
POLL_S = 0.2
#: Rows of a Case B sheet that are compared word by word: each page is read once more for it.
SAMPLE = 100
AT_ONCE = 25
#: A row whose website was too slow, and the share of rows that may be so: without their pages, less is done.
LATE = "✅ Complete (without the website: the website did not answer in time)"
MOST_LATE = 0.02


class WrongResult(Exception):
    """What was timed was not right: no figure may be made of it."""


@dataclass(slots=True)
class Run:
    """One sheet, its job, and how long it took from the press of the button until it was COMPLETED."""

    spreadsheet: str
    case: str
    table: list[list[str]]
    job: dict[str, Any]
    began: float = 0.0
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return len(self.table) - 1

    @property
    def rows_per_min(self) -> float:
        return self.rows * 60 / self.seconds


class Scene:
    """A running stack, and what the measurements do with it."""

    def __init__(self, stack: Stack) -> None:
        self.local = LocalStack(stack)
        self.stack = stack
        self.backend_pid = stack.processes.pid_of("backend")
        self._made = 0

    def cpu_s(self) -> float:
        """Of gunicorn and all its children, so far."""
        return usage.cpu_s(self.backend_pid)

    def standins_cpu_s(self) -> float:
        """Of the stand-ins: they take it from the same cores."""
        return sum(usage.cpu_s(self.stack.processes.pid_of(name)) for name in STANDINS)

    # ── jobs ───────────────────────────────────────────────────────────────────────────────────────

    def a_sheet(self, rows: int, mark: str) -> tuple[str, list[list[str]]]:
        """A workbook that is shared, with edit rights proved."""
        table = truth.sheet(rows, mark)
        self._made += 1
        identifier = f"bench-{self._made:03}-{int(time.time())}"
        self.local.a_sheet(table[1:], headers=table[0], id=identifier)
        self.local.person.prove(identifier)
        return identifier, table

    def queue(self, sheet: tuple[str, list[list[str]]], case: str = "case_a", **wish: Any) -> Run:
        spreadsheet, table = sheet
        body = {"spreadsheet_id": spreadsheet, "sheet_ids": [0], "recipe": case, "mode": "all", **wish}
        began = time.monotonic()
        (job,) = self.local.person.ask("POST", "/api/jobs", body)["jobs"]
        return Run(spreadsheet, case, table, job, began)

    def follow(
        self,
        runs: Sequence[Run],
        within_s: float = 900,
        until: Callable[[Sequence[Run]], bool] | None = None,
    ) -> None:
        """Polls until all have ended (or `until` says so); raises `WrongResult` when one cannot complete."""
        until = until or _all_ended
        deadline = time.monotonic() + within_s
        while not until(runs):
            for run in runs:
                if run.seconds:
                    continue
                run.job = self.local.job(run.job["id"])
                if run.job["status"] in ENDED:
                    run.seconds = time.monotonic() - run.began
                if run.job["status"] in ("FAILED", "CANCELLED", "PAUSED") or time.monotonic() > deadline:
                    raise WrongResult(f"A job did not complete: {run.job}")
            time.sleep(POLL_S)

    def cancel(self, run: Run) -> None:
        self.local.person.ask("POST", f"/api/jobs/{run.job['id']}/cancel")
        self.local.wait(run.job["id"])

    # ── the truth ──────────────────────────────────────────────────────────────────────────────────

    def check(self, run: Run) -> int:
        """Compares every row's cells with what the stand-in answers for it; raises `WrongResult`.

        Gives the number of rows whose website did not answer in time.
        """
        columns = self._columns(run)
        rows = list(truth.rows_of(run.case, run.table))
        if run.case == "case_b":
            return self._check_pages(columns, rows)
        for row in rows:
            _compare(columns, row.index, truth.cells_of(run.case, row))
        return 0

    def _columns(self, run: Run) -> dict[str, list[str]]:
        headers, *rows = self.local.table(run.spreadsheet)
        padded = [row + [""] * (len(headers) - len(row)) for row in rows]
        return {header: [row[at] for row in padded] for at, header in enumerate(headers)}

    def _check_pages(self, columns: dict[str, list[str]], rows: list[Row]) -> int:
        """Every row is complete, and a sample word by word; few may do without their website."""
        statuses = columns["Status"]
        if not all(status.startswith("✅ Complete") for status in statuses):
            raise WrongResult("A row of Case B is not complete.")
        late = sum(status == LATE for status in statuses)
        if late > len(rows) * MOST_LATE:
            raise WrongResult(
                f"{late:,} of {len(rows):,} websites did not answer in time: this machine is too busy now."
            )
        host, _, port = self.stack.web_url.removeprefix("http://").partition(":")
        reader = WebPages(PagesSettings(route_all_to=(host, int(port))), environ={})
        sample = [row for row in rows[:: max(1, len(rows) // SAMPLE)] if statuses[row.index] != LATE]
        try:
            with ThreadPoolExecutor(AT_ONCE) as threads:
                for row, expected in zip(
                    sample, threads.map(partial(_from_page, reader), sample), strict=True
                ):
                    _compare(columns, row.index, expected)
        finally:
            reader.close()
        return late

    # ── beside it ──────────────────────────────────────────────────────────────────────────────────

    def bare_loop(self, rows: int, in_flight: int, mark: str) -> dict[str, float]:
        """The bare client against the same stand-in, in a process of its own: seconds, cpu_s, wrong."""
        command = [sys.executable, "-m", "tests.bench.bare", self.stack.model_url, str(rows), str(in_flight)]
        done = subprocess.run([*command, mark], capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise WrongResult(f"The bare loop failed: {done.stderr[-2000:]}")
        found: dict[str, float] = json.loads(done.stdout)
        if found["wrong"]:
            raise WrongResult(f"The bare loop got {found['wrong']} answers that are not the stand-in's.")
        return found


def _from_page(reader: WebPages, row: Row) -> dict[str, str]:
    """The cells that belong beside a row of Case B, its website read once more."""
    try:
        return truth.cells_of("case_b", row, reader.read(row.inputs["website"]).text)
    except RowFailed as failure:
        why = sentence(failure.error_class).rstrip(".")
        return truth.cells_of("case_b", row, None, f"without the website: {why[0].lower()}{why[1:]}")


def _all_ended(runs: Sequence[Run]) -> bool:
    return all(run.seconds for run in runs)


def _compare(columns: dict[str, list[str]], index: int, expected: Mapping[str, str]) -> None:
    for header, text in expected.items():
        if columns[header][index] != text:
            found = columns[header][index]
            raise WrongResult(f"Row {index + 2}, {header}: {found!r} stands there instead of {text!r}.")


@contextmanager
def a_scene(
    folder: Path, environ: Mapping[str, str], *, workbench: bool = False, **env: str
) -> Iterator[Scene]:
    """The whole stack in `folder`; the workbench is for those who open a browser."""
    settings = StackSettings(
        data=folder,
        latency_ms=LATENCY_MS,
        web_latency_ms=PAGE_LATENCY_MS,
        page_kb=PAGE_KB,
        workbench=workbench,
        backend_env=tuple({**ENV, **env}.items()),
    )
    with Stack(settings, environ) as stack:
        yield Scene(stack)
