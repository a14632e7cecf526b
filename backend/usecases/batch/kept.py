"""What earlier jobs wrote into a tab, to tell which of its rows are stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backend.domain import results
from backend.domain.job import Job
from backend.domain.recipes import RECIPES, Recipe
from backend.domain.selection import Found
from backend.ports import Documents
from backend.usecases.batch.recalling import PAGE
from backend.usecases.records import JOBS_OF_SHEET, job_from_data, lease_from_data, lease_key, result_key

#: Fingerprint, recipe, its version, model.
Origin = tuple[str, str, int, str]


def never(_row: Found) -> bool:
    return False


def staleness(documents: Documents, job: Job, recipe: Recipe) -> Callable[[Found], bool]:
    """A test for rows whose outputs are ours, made from other inputs, another recipe or another model.

    A row is known by its outputs: they move with it. Cells that no kept result of ours wrote are never
    stale. Of the results only hashes are held: a tab may have a hundred thousand, of several jobs.
    """
    if job.mode != "stale":
        return never
    ours: set[int] = set()
    made_so: set[int] = set()
    values = {"spreadsheet_id": job.spreadsheet_id, "sheet_id": job.sheet_id}
    cursor: str | None = None
    while True:
        page = documents.query(JOBS_OF_SHEET, values, cursor=cursor)
        for document in page.documents:
            earlier = job_from_data(document.data)
            if earlier.id != job.id and earlier.recipe in RECIPES:
                for outputs, origin in _results(documents, earlier):
                    ours.add(hash(outputs))
                    made_so.add(hash((outputs, origin)))
        cursor = page.cursor
        if cursor is None:
            break

    def is_stale(row: Found) -> bool:
        outputs = tuple(row.outputs.get(output.name, "") for output in recipe.outputs)
        origin = (row.fingerprint, recipe.name, recipe.version, job.model)
        return hash(outputs) in ours and hash((outputs, origin)) not in made_so

    return is_stale


def _results(documents: Documents, job: Job) -> Iterator[tuple[tuple[str, ...], Origin]]:
    """What a job wrote into the outputs of its rows, and what that was made from."""
    recipe = RECIPES[job.recipe]
    lease = documents.get(lease_key(job.id))
    counts = [*job.attempts]
    if lease is not None:
        counts.append((lease_from_data(lease.data).next_result, 0))
    for attempt, (results_n, _) in enumerate(counts, start=1):
        keys = [result_key(job.id, attempt, n) for n in range(results_n)]
        for first in range(0, len(keys), PAGE):
            for document in documents.get_many(keys[first : first + PAGE]):
                for entry in document.data["rows"] if document else ():
                    result = results.from_data(entry)
                    if result.status == "done":
                        cells = results.cells(recipe, result)
                        outputs = tuple(cells[output.name] for output in recipe.outputs)
                        yield outputs, (result.fingerprint, job.recipe, job.recipe_version, job.model)
