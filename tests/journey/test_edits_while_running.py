"""A thousand companies, and somebody who never stops editing: every result stands on its row, or nowhere."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from backend.local.person import Person
from tests.journey.answers import answer
from tests.journey.companies import INPUTS, companies
from tests.journey.editor import ID, NOTE, Editor, table
from tests.journey.processes import children
from tests.stack import LocalStack, local_stack

ROWS = 1_000
OUTPUTS = ("Category", "Brand Name", "Email Question")
SEEDS = range(10) if os.environ.get("EVERY_SEED") else range(2)
#: Seconds that the other person edits for, and between two edits.
EDITS_S = 9.0
EVERY_S = 0.25


@pytest.fixture(scope="module")
def busy() -> Iterator[LocalStack]:
    """Few calls in flight, so that a run has many flushes; two places, so that the quota allows searches."""
    env = {"MODEL_IN_FLIGHT": "40", "MAX_RUNNING_JOBS": "1"}
    with local_stack(latency_ms=250, workbench=False, env=env) as stack:
        yield stack


def the_sheet(stack: LocalStack, seed: int) -> str:
    """Real companies with a hidden id, notes of the person's own, and a column that nothing reads."""
    first = seed * 500 % 5_000
    rows = [
        [f"r{number:04}", *company, f"note of r{number:04}"]
        for number, company in enumerate(companies()[first : first + ROWS])
    ]
    return stack.a_sheet(rows, headers=[ID, *INPUTS, NOTE])


def check(stack: LocalStack, sheet: str, job: dict[str, Any], editor: Editor, seed: int) -> None:
    """Told by the hidden ids and the offline model's own code; nothing is taken from what the job says."""
    first = seed * 500 % 5_000
    asked = {f"r{n:04}": company for n, company in enumerate(companies()[first : first + ROWS])}
    headers, *rows = table(stack.person, sheet)

    def cell(row: list[str], header: str) -> str:
        column = headers.index(header)
        return row[column] if column < len(row) else ""

    wrong, missing, seen = [], [], set()
    for number, row in enumerate(rows, start=2):
        name = cell(row, ID)
        outputs = tuple(cell(row, header) for header in OUTPUTS)
        status = cell(row, "Status")
        others = {c for h in (ID, *INPUTS, NOTE, *OUTPUTS, "Status") for c in [headers.index(h)]}
        if any(text for column, text in enumerate(row) if column not in others):
            wrong.append((number, name, "text in a column of the person's own", row))
        if name not in asked:
            if any(outputs) or status:
                wrong.append((number, name, "a result on a row that was never asked about", outputs))
            continue
        seen.add(name)
        if cell(row, NOTE) != f"note of {name}":
            wrong.append((number, name, "the person's note", cell(row, NOTE)))
        inputs = tuple(cell(row, header) for header in INPUTS)
        if name not in editor.edited and inputs != tuple(asked[name]):
            wrong.append((number, name, "the inputs", inputs))
        expected = answer(asked[name])
        if any(outputs) and outputs != expected:
            wrong.append((number, name, outputs, expected))
        if name not in editor.edited and expected is not None and outputs != expected:
            missing.append((number, name, outputs, status))
    assert not wrong, (len(wrong), wrong[:5], editor.made)
    assert not missing, (len(missing), missing[:5], job["counts"], editor.made)
    counts = job["counts"]
    states = ("done", "failed", "skipped", "stale", "gone", "cancelled")
    assert sum(counts[state] for state in states) == counts["total"] == ROWS, counts
    assert counts["failed"] == counts["cancelled"] == 0
    assert counts["stale"] + counts["gone"] <= len(editor.edited | editor.deleted)
    assert set(asked) - seen <= editor.deleted


@pytest.mark.faults
@pytest.mark.parametrize("seed", SEEDS)
def test_every_result_is_on_its_row_or_nowhere(busy: LocalStack, seed: int) -> None:
    sheet = the_sheet(busy, seed)
    busy.faults(busy.sheets_url, write_delay_ms=60, delay_jitter_ms=120, seed=seed)
    job = busy.queue(sheet)
    busy.until(lambda: busy.job(job["id"])["counts"]["total"] == ROWS)
    editor = Editor(busy.person, sheet, seed, EVERY_S)
    editor.start()
    busy.until(lambda: busy.job(job["id"])["status"] == "COMPLETED", within_s=EDITS_S, fails=False)
    editor.stop()
    check(busy, sheet, busy.wait(job["id"], within_s=90), editor, seed)


@pytest.mark.faults
@pytest.mark.slow
def test_a_worker_that_stalls_between_its_read_and_its_write_does_no_harm() -> None:
    """Its write arrives late, on rows that were sorted meanwhile, while another worker has taken over.

    A worker that stands still keeps its place in the queue, so the other one needs a second place.
    """
    env = {"LEASE_S": "3", "MAX_RUNNING_JOBS": "2"}
    with local_stack(latency_ms=20, workbench=False, env=env, sweep_every_s=1) as stack:
        sheet = the_sheet(stack, 3)
        job = stack.queue(sheet)
        stack.until(lambda: stack.job(job["id"])["counts"]["total"] == ROWS)
        stack.faults(stack.sheets_url, hold="before", only="write")
        stack.until(lambda: held(stack) > 0)
        master = stack.stack.processes.pid_of("backend")
        (stalled,) = children(master)
        os.kill(stalled, signal.SIGSTOP)
        stack.person = Person(stack.stack)  # an open connection would lead to the process that stalls
        editor = Editor(stack.person, sheet, seed=3, every_s=1)
        for kind in ("sort", "insert", "cut", "edit", "sort"):
            editor.once(kind)
        stack.faults(stack.sheets_url)
        os.kill(master, signal.SIGTTIN)  # gunicorn starts one more process
        ended = stack.wait(job["id"], within_s=60)
        check(stack, sheet, ended, editor, seed=3)
        os.kill(stalled, signal.SIGCONT)
        stack.until(lambda: "lease_lost" in stack.log("backend"), within_s=20)
        check(stack, sheet, ended, editor, seed=3)


def held(stack: LocalStack) -> int:
    """Requests that the Sheets stand-in holds back at this moment."""
    status = requests.get(f"{stack.sheets_url}/_standin/status", timeout=10).json()
    found: int = status["held"]
    return found
