"""`make enrich`: the whole pipeline for a file, without a browser. Run again, it carries on where it was."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.domain.recipes import RECIPES
from backend.errors import Invalid
from backend.files.writing import check_target, write_table
from backend.local.local_job import (
    JobStopped,
    bring_table,
    follow,
    open_sites,
    output_columns,
    queue_job,
    read_input,
    recipe_of,
    why_paused,
    workbook_id,
)
from backend.local.person import Person
from backend.local.progress import Line
from backend.local.stack import Stack, StackSettings


@dataclass(frozen=True, slots=True)
class EnrichWish:
    """What the command line asked for."""

    source: Path
    target: Path
    case: str
    report: Path | None
    sheet: str | None
    stack: StackSettings


def enrich(wish: EnrichWish, environ: dict[str, str], line: Line) -> int:
    """The exit status: 0 when every row ended in a terminal state."""
    recipe = recipe_of(wish.case)
    table = read_input(wish.source, recipe, wish.sheet, line)
    _check_places(wish)
    headers = list(RECIPES[recipe].written.values())
    for note in check_target(wish.target, table, more_columns=len(headers)):
        print(note)
    identifier = workbook_id(table, recipe)
    began = time.monotonic()
    with Stack(wish.stack, environ) as stack:
        print(where_answers_come_from(stack))
        person = Person(stack)
        open_sites(stack, table)
        bring_table(person, table, identifier, wish.source.stem)
        job = queue_job(person, identifier, recipe, _key(identifier))
        job = _woken(person, job)
        job = follow(person, stack, job, line)
        if job["status"] == "PAUSED":
            why = why_paused(job)
            raise JobStopped(f"The job paused. {why} Then run the same command again; it carries on.")
        columns = output_columns(person, identifier, table, headers)
    for note in write_table(wish.target, table, columns):
        print(note)
    report = make_report(job, len(table.rows), time.monotonic() - began)
    if wish.report is not None:
        wish.report.write_text(json.dumps(report, indent=2) + "\n")
    print(summary(job, report, wish.target))
    if report["failed"]:
        print("Status says why rows failed. The same command again tries them anew, and nothing else.")
    return 0 if _all_ended(job) else 1


def _check_places(wish: EnrichWish) -> None:
    """Raises `Invalid` before the work for a file that would overwrite another, or has no place."""
    files = {"IN": wish.source, "OUT": wish.target, "REPORT": wish.report}
    for name, other in (("OUT", "IN"), ("REPORT", "IN"), ("REPORT", "OUT")):
        if _is_same(files[name], files[other]):
            raise Invalid(f'{name} is {other}: "{files[other]}" would be overwritten. Name another file.')
    if wish.report is not None and (wish.report.is_dir() or not wish.report.parent.is_dir()):
        raise Invalid(f'REPORT cannot be written: "{wish.report}" is a folder, or its folder is missing.')


def _is_same(one: Path | None, other: Path | None) -> bool:
    if one is None or other is None:
        return False
    # A disk may not mind case, and one of them may not be there yet.
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def where_answers_come_from(stack: Stack) -> str:
    """What is sent where, said before anything is sent."""
    if stack.real_model:
        return (
            f"OPENAI_API_KEY is set: the rows' inputs go to {stack.model} at {stack.provider}, "
            "and its answers are paid for."
        )
    return "Offline: nothing leaves this machine. The answers come from a stand-in, not from a real model."


def _key(identifier: str) -> str:
    return hashlib.sha256(identifier.encode()).hexdigest()


def _woken(person: Person, job: dict[str, Any]) -> dict[str, Any]:
    """A job that an earlier run left standing goes on: paused ones resume, ended ones retry what failed."""
    if job["status"] == "PAUSED":
        person.ask("POST", f"/api/jobs/{job['id']}/resume")
    elif "retry" in job["moves"]:
        person.ask("POST", f"/api/jobs/{job['id']}/retry", {})
    return job


def make_report(job: dict[str, Any], rows: int, seconds: float) -> dict[str, Any]:
    """Figures as the service counted them; `seconds` is the whole command's time with the stack running."""
    counts = job["counts"]
    return {
        "rows": rows,
        **{
            name: counts[name]
            for name in ("done", "failed", "skipped", "cached", "stale", "gone", "cancelled")
        },
        "model_calls": job["model_calls"],
        "tokens_in": job["tokens_in"],
        "tokens_out": job["tokens_out"],
        "cost_microusd": job["cost_microusd"],
        "seconds": round(seconds, 3),
        "rows_per_min": round(rows * 60 / max(seconds, 0.001)),
        "job_id": job["id"],
    }


def summary(job: dict[str, Any], report: dict[str, Any], target: Path) -> str:
    """The last line."""
    return (
        f"{report['done']:,} done, {report['failed']:,} failed, {report['skipped']:,} skipped of "
        f"{report['rows']:,} rows in {report['seconds']:,.1f} s; results in {target}"
        + ("" if job["status"] == "COMPLETED" else f" (the job {job['status'].lower()})")
    )


def _all_ended(job: dict[str, Any]) -> bool:
    counts = job["counts"]
    ended = sum(counts[state] for state in ("done", "failed", "skipped", "stale", "gone", "cancelled"))
    return bool(job["status"] == "COMPLETED" and ended == counts["total"])
