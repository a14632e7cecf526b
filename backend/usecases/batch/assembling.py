"""The parts of a batch that asks and writes, made from what earlier holders of the job left behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from backend.domain import failures, results
from backend.domain import lease as leases
from backend.domain.answers import tenant
from backend.domain.job import Job
from backend.domain.money import price_of
from backend.domain.recipes import Recipe
from backend.errors import PauseJob
from backend.ports import Create, Increment, Tab
from backend.usecases.batch.asking import Asker
from backend.usecases.batch.beside import Beside
from backend.usecases.batch.feeding import Feeder
from backend.usecases.batch.frozen_rows import FrozenRows
from backend.usecases.batch.levels import last_level
from backend.usecases.batch.outside import Outside
from backend.usecases.batch.pages import PageStage
from backend.usecases.batch.placing import Placer
from backend.usecases.batch.purse import Purse
from backend.usecases.batch.recalling import ANSWERED, Recalled, recall
from backend.usecases.batch.todo import takes
from backend.usecases.batch.working import Work
from backend.usecases.batch.written import placed_results
from backend.usecases.own_key import key_for
from backend.usecases.record_stats import Tally
from backend.usecases.records import level_key, progress_key, result_key


def assemble(job: Job, recipe: Recipe, outside: Outside, tally: Tally, tab: Tab | None) -> Work:
    """The work of one batch over the job's frozen rows; `tab` as it was seen by this batch, if it was."""
    lease, settings = outside.holding.lease, outside.settings
    frozen = FrozenRows(outside.documents, job)
    recalled = recall(
        outside.documents, job.id, lease.attempt, frozen.total, lease.next_result, lease.next_write
    )
    _fail_poisoned(job, frozen, recalled, outside, tally)
    asker = _asker(job, recipe, outside)
    feeder = Feeder(
        job=job,
        recipe=recipe,
        frozen=frozen,
        states=recalled.states,
        takes=takes(outside.documents, job, frozen.total),
        documents=outside.documents,
        clock=outside.clock,
        asker=asker,
        pages=_page_stage(recipe, outside),
        tenant=tenant(job.created_by, job.email, settings.shared_domains),
        keep_answers_s=settings.keep_answers_s,
    )
    purse = Purse(
        outside.documents,
        outside.clock,
        owner=job.created_by,
        job_budget=job.budget_microusd,
        caps=settings.caps if job.api_key_hash is None else settings.caps.on_an_own_key(),
    )
    if purse.is_bounded and price_of(job.model, settings.prices) is None:
        # It had one when the budget was set: the settings have changed since.
        raise PauseJob(
            "no_price",
            f"There is no price for {job.model}, so the budget cannot be kept. Set one, then resume.",
        )
    return Work(
        job=job,
        recipe=recipe,
        holding=outside.holding,
        documents=outside.documents,
        clock=outside.clock,
        settings=settings,
        asker=asker,
        feeder=feeder,
        placer=_placer(job, recipe, frozen, recalled, outside, tab),
        calls=outside.calls,
        purse=purse,
        states=recalled.states,
        tally=tally,
        wake=outside.wake,
        ending=outside.process.ending,
    )


def _fail_poisoned(job: Job, frozen: FrozenRows, recalled: Recalled, outside: Outside, tally: Tally) -> None:
    """A row that was alone in flight when the worker died again takes the blame, and nobody else."""
    index = leases.poisoned(outside.holding.lease)
    if index is None or recalled.states[index]:
        return
    row = next(row for row in frozen.rows(frozen.chunk_of(index)) if row.index == index)
    result = results.failed(row, "poison", failures.sentence("poison"), outside.clock.now())
    lease = outside.holding.lease
    outside.holding.commit(
        [
            Create(
                result_key(job.id, lease.attempt, lease.next_result),
                {"job_id": job.id, "rows": [results.to_data(result)]},
            ),
            Increment(progress_key(job.id), results.deltas([result])),
            *tally.answered([result], [], []),
        ],
        lambda lease: replace(
            leases.committed(lease, outside.settings.in_flight), next_result=lease.next_result + 1
        ),
    )
    recalled.states[index] = ANSWERED
    recalled.unsettled[index] = result


def _asker(job: Job, recipe: Recipe, outside: Outside) -> Asker:
    settings, process = outside.settings, outside.process
    own = key_for(job, documents=outside.documents, vault=outside.vault)
    price = price_of(job.model, settings.prices)
    level = level_key(job.provider, job.model, job.api_key_hash)
    pace = process.pace(
        own.hash if own else "", job.model, settings.in_flight, lambda: last_level(outside.documents, level)
    )
    asker = Asker(
        recipe=recipe,
        model=outside.model,
        model_name=job.model,
        api_key=own.api_key if own else None,
        price=price,
        pace=pace,
        shared=process.shared,
        runner=process.runner,
        clock=outside.clock,
        timeout_s=settings.model_timeout_s,
        window=outside.holding.lease.window,
        wake=outside.wake,
    )
    if price is not None:
        # Also without a budget: somebody may set one while it runs, and the dead count as spent.
        asker.credit.microusd = 0
    return asker


def _page_stage(recipe: Recipe, outside: Outside) -> PageStage | None:
    if recipe.website is None:
        return None
    return PageStage(
        pages=outside.pages,
        documents=outside.documents,
        clock=outside.clock,
        threads=outside.process.page_threads,
        website=recipe.website,
        standin=outside.settings.standin_web,
        keep_s=outside.settings.keep_pages_s,
        wake=outside.wake,
    )


def _placer(
    job: Job, recipe: Recipe, frozen: FrozenRows, recalled: Recalled, outside: Outside, tab: Tab | None
) -> Placer:
    holding, times = outside.holding, outside.settings.lease

    def placed(indexes: set[int], settled: set[int]) -> Mapping[int, results.Result]:
        """Results that stand in the sheet, of any attempt: asked for in a repair alone."""
        attempts = [*job.attempts, (holding.lease.next_result, holding.lease.next_write)]
        return placed_results(outside.documents, job.id, attempts, indexes, settled)

    placer = Placer(
        job=job,
        recipe=recipe,
        sheets=outside.sheets,
        clock=outside.clock,
        beside=Beside(frozen.accepted, frozen.outputs_before, placed, frozen.inputs),
        added=frozen.added,
        lease_left_s=lambda: holding.seconds_left,
        next_write=holding.lease.next_write,
        tab=tab,
        times=times,
    )
    placer.recall(recalled)
    return placer
