"""A job's results as a table: every accepted row in order, with its inputs, outputs and how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from backend.domain.job import Job
from backend.domain.recipes import RECIPES, STATUS_HEADER
from backend.domain.results import status_text
from backend.errors import NotAllowed
from backend.ports import Documents
from backend.usecases.batch.frozen_rows import FrozenRows
from backend.usecases.read_rows import all_receipts, was_rest_cancelled


def export_results(job: Job, *, documents: Documents) -> Iterator[list[str]]:
    """The header, then a line for each row. Results whose row is gone from the sheet are in it, too.

    Raises `NotAllowed` at once, before the first line.
    """
    if job.freeze is None:
        raise NotAllowed("This job has not read its rows yet; there is nothing to download.")
    return _lines(job, documents)


def _lines(job: Job, documents: Documents) -> Iterator[list[str]]:
    recipe = RECIPES[job.recipe]
    frozen = FrozenRows(documents, job)
    found = all_receipts(documents, job)
    rest = "cancelled" if was_rest_cancelled(documents, job) else ""
    names = list(job.columns)
    yield [
        "Row",
        *(job.columns[name] for name in names),
        *(output.header for output in recipe.outputs),
        STATUS_HEADER,
        "Ended as",
    ]
    for chunk in range(frozen.chunks):
        for row in frozen.rows(chunk):
            receipt = found.get(row.index)
            inputs = [row.inputs.get(name, "") for name in names]
            if receipt is None:
                yield [str(row.place + 1), *inputs, *("" for _ in recipe.outputs), "", rest]
                continue
            outputs = receipt.result.outputs or tuple("" for _ in recipe.outputs)
            yield [
                str(row.place + 1),
                *inputs,
                *outputs,
                status_text(receipt.result),
                receipt.state or "waiting",
            ]
