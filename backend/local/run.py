"""`make run`: the stack, the sample sheet as a background job, and a workbench that stays open."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from backend.local.enrich import make_report, where_answers_come_from
from backend.local.local_job import (
    bring_table,
    follow,
    open_sites,
    queue_job,
    read_input,
    recipe_of,
    why_paused,
    workbook_id,
)
from backend.local.person import Person
from backend.local.progress import Line, duration
from backend.local.stack import Stack, StackSettings

SAMPLE = Path(__file__).parent / "sample.csv"


@dataclass(frozen=True, slots=True)
class RunWish:
    """What the command line asked for; no file means the bundled sample."""

    source: Path | None
    case: str
    sheet: str | None
    stack: StackSettings


def run(wish: RunWish, environ: dict[str, str], line: Line) -> int:
    """Serves until Ctrl-C; 1 when a part of the stack ends by itself."""
    recipe = recipe_of(wish.case)
    source = wish.source or SAMPLE
    table = read_input(source, recipe, wish.sheet, line)
    with Stack(wish.stack, environ) as stack:
        print(where_answers_come_from(stack))
        person = Person(stack)
        identifier = workbook_id(table, recipe)
        open_sites(stack, table)
        bring_table(person, table, identifier, "Sample companies" if wish.source is None else source.stem)
        print(f"Queued {len(table.rows):,} rows of {source.name} as a background job.")
        began = time.monotonic()
        job = queue_job(person, identifier, recipe, secrets.token_hex(16))
        job = follow(person, stack, job, line)
        report = make_report(job, len(table.rows), time.monotonic() - began)
        if job["status"] == "PAUSED":
            print(f"{why_paused(job)} The workbench has Resume, under Jobs.")
        print(
            f"{job['status'].capitalize()}: {report['done']:,} done, {report['failed']:,} failed, "
            f"{report['skipped']:,} skipped in {duration(report['seconds'])}.\n\n"
            f"  Workbench  {stack.workbench_url}   the sheet and the sidebar\n"
            f"  Queue      {stack.tasks_url}/_standin/console   tasks, as the Cloud Console shows them\n"
            f"  Backend    {stack.backend_url}   its api is described at /api/openapi.json\n"
            f"  Logs       {stack.settings.data / 'logs'}\n\n"
            "Press Ctrl-C to end everything.",
            flush=True,
        )
        while (part := stack.processes.failed()) is None:
            time.sleep(0.5)
        print(f"A part of the local stack ended by itself: {part}.")
        return 1
