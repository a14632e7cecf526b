"""A table becomes a workbook, and a job over it is followed to its end: shared by `run` and `enrich`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from backend.domain.cells import CELL_LIMIT, as_text, capped
from backend.domain.headers import folded, known_headers, letter, recognise
from backend.domain.recipes import RECIPES
from backend.errors import Invalid, RowmillError
from backend.files.reading import read_table
from backend.files.table import Cell, Table
from backend.local.person import Person
from backend.local.progress import Line, bar
from backend.local.stack import Stack

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
POLL_S = 0.3
#: Companies told to the stand-in web at once.
SITES_A_CALL = 5_000


class JobStopped(RowmillError):
    """The run cannot go on; the message says why and what to do."""


def recipe_of(case: str) -> str:
    """`a` → the recipe "case_a"; raises `Invalid`."""
    name = f"case_{case.lower()}"
    if name not in RECIPES:
        known = " or ".join(
            f'"{each.name.removeprefix("case_")}" ({each.title})' for each in RECIPES.values()
        )
        raise Invalid(f'CASE must be {known}, not "{case}".')
    return name


def read_input(path: Path, recipe: str, sheet: str | None, line: Line) -> Table:
    """The table of a file; raises `Invalid` with one sentence about what is wrong with it."""

    def on_progress(rows: int, share: float) -> None:
        line.show(f"Reading {path.name}: {rows:,} rows ({share:.0%})")

    table = read_table(
        path, name=path.name, sheet=sheet, known_headers=known_headers(), on_progress=on_progress
    )
    line.end()
    if not table.rows:
        raise Invalid(f'"{path.name}" has a header but no rows below it.')
    columns = recognise(RECIPES[recipe], table.headers)
    if columns.problem is not None:
        raise Invalid(f'"{path.name}": {columns.problem}')
    return table


def workbook_id(table: Table, recipe: str) -> str:
    """The same for the same table and recipe, so that a run that was interrupted is found again."""
    digest = hashlib.sha256(repr((recipe, table.headers, table.rows)).encode("utf-8", "surrogatepass"))
    return f"local-{digest.hexdigest()[:32]}"


def bring_table(person: Person, table: Table, identifier: str, title: str) -> None:
    """Makes the table a workbook, unless it is one already."""
    if person.workbook(identifier) is None:
        rows = [[_cell(value) for value in table.headers]]
        rows += [[_cell(value) for value in row] for row in table.rows]
        person.create_workbook(identifier, title, "Companies", rows)


def open_sites(stack: Stack, table: Table) -> None:
    """Tells the stand-in web whose sites there are: each is made from its row's own words."""
    reads = next(recipe for recipe in RECIPES.values() if recipe.website is not None)
    columns = recognise(reads, table.headers).inputs
    if not stack.web_url or "website" not in columns:
        return
    fields = {
        "website": columns["website"],
        "name": columns.get("company_name"),
        "keywords": columns.get("company_keywords"),
        "description": columns.get("company_short_description"),
    }
    rows = [
        {field: as_text(row[column]) for field, column in fields.items() if column is not None}
        for row in table.rows
    ]
    for first in range(0, len(rows), SITES_A_CALL):
        answer = requests.post(
            f"{stack.web_url}/_standin/companies", json=rows[first : first + SITES_A_CALL], timeout=60
        )
        answer.raise_for_status()


def _cell(value: Cell) -> Cell:
    return capped(value, CELL_LIMIT) if isinstance(value, str) else value


def queue_job(person: Person, spreadsheet_id: str, recipe: str, key: str) -> dict[str, Any]:
    """Proves edit rights and queues the whole sheet, through the same api as the sidebar; once per key."""
    person.prove(spreadsheet_id)
    tab = person.ask("GET", f"/api/sheets/{spreadsheet_id}")["sheet_id"]
    wish = {"spreadsheet_id": spreadsheet_id, "sheet_ids": [tab], "recipe": recipe, "mode": "all"}
    job: dict[str, Any] = person.ask("POST", "/api/jobs", wish, key=key)["jobs"][0]
    return job


def follow(person: Person, stack: Stack, job: dict[str, Any], line: Line) -> dict[str, Any]:
    """Shows the job's progress until it ends or is paused; raises `JobStopped` when the stack broke."""
    while True:
        try:
            job = person.ask("GET", f"/api/jobs/{job['id']}")
        except requests.RequestException:
            line.end()
            _check_parts(stack)
            raise
        line.show(bar(job))
        if job["status"] in ENDED:
            line.show(bar(job), now=True)
            line.end()
            return job
        if job["status"] == "PAUSED" and not job["stopping"]:
            line.end()
            return job
        _check_parts(stack)
        time.sleep(POLL_S)


def _check_parts(stack: Stack) -> None:
    part = stack.processes.failed()
    if part is not None:
        raise JobStopped(f"A part of the local stack ended: {part}. Run the same command again.")


def why_paused(job: dict[str, Any]) -> str:
    return str((job["reason"] or {}).get("sentence", ""))


def output_columns(
    person: Person, spreadsheet_id: str, table: Table, headers: Sequence[str]
) -> list[tuple[str, list[Cell]]]:
    """The result columns as they stand in the sheet, one value for each row of the table."""
    (tab,) = person.as_owner("GET", f"/{spreadsheet_id}", params={"fields": "sheets.properties"})["sheets"]
    title = tab["properties"]["title"]
    found = person.as_owner("GET", f"/{spreadsheet_id}/values/'{title}'!1:1")
    standing = [folded(header) for header in found.get("values", [[]])[0]]
    columns: list[tuple[str, list[Cell]]] = []
    for header in headers:
        values: list[Cell] = [""] * len(table.rows)
        if folded(header) in standing:
            column = letter(standing.index(folded(header)))
            answer = person.as_owner("GET", f"/{spreadsheet_id}/values/'{title}'!{column}2:{column}")
            for number, row in enumerate(answer.get("values", [])):
                if row and number < len(values):
                    values[number] = row[0]
        columns.append((header, values))
    return columns
