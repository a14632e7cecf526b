"""From what use cases give to what the api says."""

from __future__ import annotations

from datetime import UTC, datetime

from backend.domain import headers
from backend.domain.job import Job, why
from backend.domain.recipes import RECIPES
from backend.domain.results import ROW_STATES
from backend.domain.selection import Layout
from backend.entrypoints.payloads.jobs import Counts, JobErrorGiven, JobGiven, ReasonGiven
from backend.entrypoints.payloads.rows import ReceiptGiven
from backend.entrypoints.payloads.selection import FilterAsked
from backend.entrypoints.payloads.sheets import (
    ColumnGiven,
    InputGiven,
    OutputGiven,
    RecipeMatch,
    SheetGiven,
    TabGiven,
)
from backend.usecases.inspect_sheet import Inspected
from backend.usecases.read_jobs import JobView
from backend.usecases.read_rows import Receipt


def at(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


def at_or_none(unix_s: float | None) -> datetime | None:
    return None if unix_s is None else at(unix_s)


def job_given(view: JobView, sub: str) -> JobGiven:
    job = view.job
    reason = ReasonGiven(code=job.reason, sentence=why(job) or "") if job.reason else None
    error = None
    if job.error_class is not None:
        error = JobErrorGiven(
            error_class=job.error_class, sentence=job.error or "", trace_id=job.trace_id or ""
        )
    wanted = None
    if job.filter is not None:
        wanted = FilterAsked(column=job.filter.column, value=job.filter.value)
    values = {
        "status": str(job.status),
        "filter": wanted,
        "reason": reason,
        "in_flight": view.in_flight,
        "place": view.place,
        "starts_in_s": view.starts_in_s,
        "run_at": at_or_none(job.run_at),
        "depends_on": list(job.depends_on),
        "created_at": at(job.created_at),
        "started_at": at_or_none(job.started_at),
        "ended_at": at_or_none(job.ended_at),
        "created_by": job.email,
        "yours": job.created_by == sub,
        "counts": Counts(
            **{name: view.counts[name] for name in ("total", *ROW_STATES, "cached", "answered")}
        ),
        "failures": dict(view.failures),
        "tokens_in": view.tokens_in,
        "tokens_out": view.tokens_out,
        "model_calls": view.model_calls,
        "cost_microusd": view.cost_microusd,
        "saved_microusd": view.saved_microusd,
        "standin": job.provider == "standin",
        "own_key": job.api_key_hash is not None,
        "rows_per_min": view.rows_per_min,
        "seconds_left": view.seconds_left,
        "error": error,
        "moves": list(view.moves),
    }
    same = (name for name in JobGiven.model_fields if name not in values)
    return JobGiven.model_validate(values | {name: getattr(job, name) for name in same})


def receipt_given(job: Job, receipt: Receipt) -> ReceiptGiven:
    result = receipt.result
    recipe = RECIPES[job.recipe]
    outputs = {output.name: text for output, text in zip(recipe.outputs, result.outputs, strict=False)}
    return ReceiptGiven.model_validate(
        {
            "id": receipt.id,
            "row": result.place + 1,
            "written_row": None if receipt.written is None else receipt.written + 1,
            "status": receipt.state or result.status,
            "error_class": result.error_class,
            "sentence": result.sentence,
            "outputs": outputs,
            "cached": result.cached,
            "attempts": result.tries,
            "model": job.model,
            "recipe_version": job.recipe_version,
            "tokens_in": result.tokens_in,
            "tokens_out": result.tokens_out,
            "cost_microusd": result.cost_microusd,
            "seconds": result.ms / 1000,
            "page_url": result.page_url,
            "page_at": at_or_none(result.page_at),
            "ended_at": at(result.at),
        }
    )


def sheet_given(inspected: Inspected) -> SheetGiven:
    return SheetGiven(
        spreadsheet_id=inspected.spreadsheet.id,
        title=inspected.spreadsheet.title,
        tabs=[
            TabGiven(id=tab.id, title=tab.title, rows=tab.rows, columns=tab.columns)
            for tab in inspected.spreadsheet.tabs
        ],
        sheet_id=inspected.tab.id,
        sheet_name=inspected.tab.title,
        headers=[
            ColumnGiven(index=i, letter=headers.letter(i), header=text)
            for i, text in enumerate(inspected.layout.headers)
            if text.strip()
        ],
        row_count=inspected.rows,
        recipes=[recipe_match(name, where) for name, where in inspected.layouts.items()],
        suggested_recipe=inspected.suggested,
        problems=list(inspected.problems),
    )


def recipe_match(name: str, where: Layout) -> RecipeMatch:
    recipe = RECIPES[name]

    def column(index: int | None) -> ColumnGiven | None:
        if index is None:
            return None
        return ColumnGiven(index=index, letter=headers.letter(index), header=where.headers[index])

    outputs = recipe.written.items()
    return RecipeMatch(
        recipe=name,
        title=recipe.title,
        description=recipe.description,
        reads_website=recipe.website is not None,
        inputs=[
            InputGiven(
                name=wanted.name,
                label=wanted.header,
                required=wanted.required,
                column=column(where.columns.inputs.get(wanted.name)),
                accepted=[wanted.header, *wanted.aliases],
            )
            for wanted in recipe.inputs
        ],
        outputs=[
            OutputGiven(name=name, header=header, column=column(where.columns.outputs.get(name)))
            for name, header in outputs
        ],
        usable=where.columns.problem is None,
        problem=where.columns.problem,
    )
