"""One delivery of the task "job J, batch N": claim, freeze, work, and go on or end.

The control thread runs it all. It alone touches the store; the model is asked on the event loop, Sheets in
a thread. Whatever kills the process between two lines, the next claim finds in the store what was
answered, what was announced and what was settled, and goes on from there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from backend.domain import failures, results
from backend.domain import job as jobs
from backend.domain import lease as leases
from backend.domain.answers import tenant
from backend.domain.job import Job
from backend.domain.money import price_of
from backend.domain.recipes import RECIPES
from backend.errors import Conflict, Forbidden, Invalid, NotFound, PauseJob, TryLater
from backend.ports import (
    Clock,
    Create,
    Documents,
    Increment,
    Model,
    Pages,
    Sheets,
    Tab,
    TaskQueue,
    Vault,
    Write,
)
from backend.usecases.batch import ending
from backend.usecases.batch.asking import Asker
from backend.usecases.batch.billing import keep_bill
from backend.usecases.batch.claiming import begin_attempt, claim
from backend.usecases.batch.feeding import Feeder
from backend.usecases.batch.frozen import Chunk, Frozen, FrozenRows, NoColumns, freeze
from backend.usecases.batch.holding import Holding, LeaseLost
from backend.usecases.batch.kept import staleness
from backend.usecases.batch.pages import PageStage
from backend.usecases.batch.patience import PatientDocuments
from backend.usecases.batch.placing import Placer
from backend.usecases.batch.process import BatchSettings, Process
from backend.usecases.batch.purse import Purse
from backend.usecases.batch.recalling import Recalled, recall
from backend.usecases.batch.repairing import Beside
from backend.usecases.batch.sheet_calls import SheetCalls
from backend.usecases.batch.stepping import Stepper
from backend.usecases.batch.todo import takes
from backend.usecases.batch.undoing import Undoing
from backend.usecases.batch.working import FLAGS_EVERY_S, SHEET_BUSY_S, TICK_S, Outcome, Work
from backend.usecases.batch.written import placed_results
from backend.usecases.job_changes import event, load_job, replace_job
from backend.usecases.own_key import key_for
from backend.usecases.record_stats import Tally
from backend.usecases.records import bills_key, chunks_key, progress_key, result_key, todo_key

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchReport:
    """One line for the log. `outcome` is "ignored" when the delivery had nothing to do."""

    outcome: str
    job_id: str
    #: Rows whose results were committed, and what the model was asked for them.
    rows: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_microusd: int = 0
    seconds: float = 0.0
    status: str | None = None
    reason: str | None = None


def run_batch(
    job_id: str,
    enqueue_no: int,
    *,
    documents: Documents,
    queue: TaskQueue,
    sheets: Sheets,
    model: Model,
    vault: Vault,
    pages: Pages,
    clock: Clock,
    process: Process,
    settings: BatchSettings,
    trace_id: str | None = None,
) -> BatchReport:
    """Never raises for what a job meets; what it raises is a defect, and the delivery will be repeated.

    A job that fails shows `trace_id`, under which the log has the traceback.
    """
    try:
        claimed = claim(documents, clock, job_id, enqueue_no, settings.in_flight, settings.lease)
    except TryLater:
        return BatchReport("store_busy", job_id)  # claimed or not: the sweep looks again
    if claimed is None:
        return BatchReport("ignored", job_id)
    job, holding = claimed
    documents = PatientDocuments(documents, clock, holding)
    began = clock.monotonic()
    batch = _Batch(job, holding, documents, queue, sheets, model, vault, pages, clock, process, settings)
    try:
        outcome = batch.run()
        job = batch.end(outcome, trace_id)
    except LeaseLost:
        return replace(batch.report("lease_lost"), seconds=clock.monotonic() - began)
    seconds = clock.monotonic() - began
    return replace(batch.report(outcome.kind), seconds=seconds, status=job.status, reason=job.reason)


class _Batch:
    """The parts of one batch, made and put together."""

    def __init__(
        self,
        job: Job,
        holding: Holding,
        documents: Documents,
        queue: TaskQueue,
        sheets: Sheets,
        model: Model,
        vault: Vault,
        pages: Pages,
        clock: Clock,
        process: Process,
        settings: BatchSettings,
    ) -> None:
        self._job, self._holding, self._documents, self._queue = job, holding, documents, queue
        self._sheets, self._model, self._vault, self._pages = sheets, model, vault, pages
        self._clock, self._process, self._settings = clock, process, settings
        self._recipe = RECIPES[job.recipe]
        self._purse: Purse | None = None
        self._work: Work | None = None
        self._tally = Tally(documents, clock, job, process.meter)
        self._tab: Tab | None = None

    def report(self, outcome: str) -> BatchReport:
        """What this batch has committed so far."""
        if self._work is None:
            return BatchReport(outcome, self._job.id)
        bill, cost = self._work.bill, self._work.cost_microusd
        return BatchReport(
            outcome, self._job.id, self._work.rows, bill.calls, bill.tokens_in, bill.tokens_out, cost
        )

    def run(self) -> Outcome:
        wake = threading.Event()
        calls = SheetCalls(self._clock, self._holding.lease, self._settings.places, wake)
        try:
            self._job = begin_attempt(self._documents, self._clock, self._holding)
            if self._job.kind == "undo":
                return self._put_back(calls, wake)
            if self._job.freeze is None:
                if self._job.stopping:
                    return Outcome("stopped")
                if (outcome := self._freeze(calls, wake)) is not None:
                    return outcome
            return self._process_rows(calls, wake)
        except PauseJob as pause:
            return Outcome("paused", pause.reason, pause.message, cause=pause)
        except Forbidden as refused:
            return Outcome("paused", "not_shared", refused.message, cause=refused)
        except NotFound as gone:
            return Outcome("failed", "sheet_gone", gone.message, cause=gone)
        except NoColumns as problem:
            return Outcome("failed", "no_columns", problem.message, cause=problem)
        except Invalid as refused:
            return Outcome("failed", "sheet_refused", refused.message, cause=refused)
        finally:
            calls.close()

    def _put_back(self, calls: SheetCalls, wake: threading.Event) -> Outcome:
        undoing = Undoing(
            undo=self._job,
            recipe=self._recipe,
            holding=self._holding,
            documents=self._documents,
            sheets=self._sheets,
            clock=self._clock,
            settings=self._settings,
            calls=calls,
            wake=wake,
        )
        return undoing.run()

    # ── freezing ───────────────────────────────────────────────────────────────────────────────────

    def _freeze(self, calls: SheetCalls, wake: threading.Event) -> Outcome | None:
        """Accepts the rows; gives how the batch ends when that was not possible."""
        began = looked_at = self._clock.monotonic()
        name = str(self._holding.lease.fence)
        stepper = Stepper(calls, self._commit_chunk)
        is_stale = staleness(self._documents, self._job, self._recipe)
        while True:
            steps = freeze(self._job, name, self._recipe, self._sheets, is_stale, self._settings.most_rows)
            try:
                stepper.start(steps)
                while stepper.busy:
                    self._clock.wait(wake, TICK_S)
                    wake.clear()
                    stepper.step()
                    self._holding.renew_if_due()
                    if self._clock.monotonic() - looked_at >= FLAGS_EVERY_S:
                        looked_at = self._clock.monotonic()
                        if load_job(self._documents, self._job.id)[0].stopping:
                            return Outcome("stopped")
                break
            except TryLater as later:
                if self._clock.monotonic() - began > SHEET_BUSY_S:
                    return Outcome("later", "sheet_busy", delay_s=60.0)
                if load_job(self._documents, self._job.id)[0].stopping:
                    return Outcome("stopped")
                self._holding.renew_if_due()
                self._clock.sleep(min(later.delay_s, 5.0))
                name += "r"
        frozen: Frozen = stepper.result
        self._tab = frozen.tab
        full = frozen.total == self._settings.most_rows
        why = "One job takes no more. Queue the rows behind them as another." if full else None
        while True:
            job, version = load_job(self._documents, self._job.id)
            job = replace(job, freeze=name, total=frozen.total, columns=frozen.columns)
            writes: list[Write] = [
                replace_job(job, version),
                Create(chunks_key(job.id, name), frozen.index(job.id)),
                Increment(progress_key(job.id), {"total": frozen.total}),
                event(job.id, self._clock, "Rowmill", f"Accepted {frozen.total:,} rows.", why),
            ]
            if self._holding.lease.attempt > 1:  # an earlier attempt ended before it accepted any row
                everything = {"job_id": job.id, "ranges": [0, frozen.total] if frozen.total else []}
                writes.append(Create(todo_key(job.id, self._holding.lease.attempt), everything))
            try:
                self._holding.commit(writes)
            except Conflict:
                continue  # somebody changed the job's priority or asked it to stop
            self._job = job
            return None

    def _commit_chunk(self, chunk: Chunk) -> None:
        self._holding.commit([Create(chunk.key, chunk.data)])

    # ── working ────────────────────────────────────────────────────────────────────────────────────

    def _process_rows(self, calls: SheetCalls, wake: threading.Event) -> Outcome:
        job, lease = self._job, self._holding.lease
        frozen = FrozenRows(self._documents, job)
        recalled = recall(
            self._documents, job.id, lease.attempt, frozen.total, lease.next_result, lease.next_write
        )
        self._fail_poisoned(frozen, recalled)
        asker, purse = self._asker(wake), self._make_purse()
        if price_of(job.model, self._settings.prices) is not None:
            # Also without a budget: somebody may set one while it runs, and the dead count as spent.
            asker.credit_microusd = 0
        feeder = Feeder(
            job=job,
            recipe=self._recipe,
            frozen=frozen,
            states=recalled.states,
            takes=takes(self._documents, job, frozen.total),
            documents=self._documents,
            clock=self._clock,
            asker=asker,
            pages=self._page_stage(wake),
            tenant=tenant(job.created_by, job.email, self._settings.shared_domains),
            keep_answers_s=self._settings.keep_answers_s,
        )
        self._work = Work(
            job=job,
            recipe=self._recipe,
            holding=self._holding,
            documents=self._documents,
            clock=self._clock,
            settings=self._settings,
            asker=asker,
            feeder=feeder,
            placer=self._placer(frozen, recalled),
            calls=calls,
            purse=purse,
            states=recalled.states,
            tally=self._tally,
            wake=wake,
            ending=self._process.ending,
        )
        try:
            return self._work.run()
        finally:
            feeder.stop()
            asker.abandon()

    def _fail_poisoned(self, frozen: FrozenRows, recalled: Recalled) -> None:
        """A row that was alone in flight when the worker died again takes the blame, and nobody else."""
        index = leases.poisoned(self._holding.lease)
        if index is None or recalled.states[index]:
            return
        row = next(row for row in frozen.rows(frozen.chunk_of(index)) if row.index == index)
        result = results.failed(row, "poison", failures.sentence("poison"), self._clock.now())
        lease = self._holding.lease
        self._holding.commit(
            [
                Create(
                    result_key(self._job.id, lease.attempt, lease.next_result),
                    {"job_id": self._job.id, "rows": [results.to_data(result)]},
                ),
                Increment(progress_key(self._job.id), results.deltas([result])),
                *self._tally.answered([result], [], []),
            ],
            lambda lease: replace(
                leases.committed(lease, self._settings.in_flight), next_result=lease.next_result + 1
            ),
        )
        recalled.states[index] = 1
        recalled.unsettled[index] = result

    def _asker(self, wake: threading.Event) -> Asker:
        job = self._job
        own = key_for(job, documents=self._documents, vault=self._vault)
        return Asker(
            recipe=self._recipe,
            model=self._model,
            model_name=job.model,
            api_key=own.api_key if own else None,
            price=price_of(job.model, self._settings.prices),
            pace=self._process.pace(own.hash if own else "", job.model, self._settings.in_flight),
            shared=self._process.shared,
            runner=self._process.runner,
            clock=self._clock,
            timeout_s=self._settings.model_timeout_s,
            window=self._holding.lease.window,
            wake=wake,
        )

    def _make_purse(self) -> Purse:
        self._purse = Purse(
            self._documents,
            self._clock,
            owner=self._job.created_by,
            job_budget=self._job.budget_microusd,
            caps=self._settings.caps,
        )
        return self._purse

    def _page_stage(self, wake: threading.Event) -> PageStage | None:
        if self._recipe.website is None:
            return None
        return PageStage(
            pages=self._pages,
            documents=self._documents,
            clock=self._clock,
            threads=self._process.page_threads,
            website=self._recipe.website,
            standin=self._settings.standin_web,
            keep_s=self._settings.keep_pages_s,
            wake=wake,
        )

    def _placer(self, frozen: FrozenRows, recalled: Recalled) -> Placer:
        placer = Placer(
            job=self._job,
            recipe=self._recipe,
            sheets=self._sheets,
            clock=self._clock,
            beside=Beside(frozen.accepted, frozen.outputs_before, self._placed),
            added=frozen.added,
            lease_left_s=lambda: self._holding.seconds_left,
            next_write=self._holding.lease.next_write,
            tab=self._tab,
            times=self._settings.lease,
        )
        sent = {index for write in recalled.sent for index in write.places}
        placer.add(result for index, result in recalled.unsettled.items() if index not in sent)
        latest = self._clock.now() + self._settings.lease.write_s
        for write in recalled.sent:
            write.deadline = min(write.deadline, latest)  # the clock may have been put back since
            placer.recall(write, recalled.unsettled)
        return placer

    def _placed(self, indexes: set[int], settled: set[int]) -> Mapping[int, results.Result]:
        """Results that stand in the sheet, of any attempt: asked for in a repair alone."""
        lease = self._holding.lease
        attempts = [*self._job.attempts, (lease.next_result, lease.next_write)]
        return placed_results(self._documents, self._job.id, attempts, indexes, settled)

    # ── ending ─────────────────────────────────────────────────────────────────────────────────────

    def end(self, outcome: Outcome, trace_id: str | None) -> Job:
        """The last commit of the batch; gives the job as it stands then."""
        self._settle_money()
        self._keep_bill()
        if outcome.kind == "more":
            ending.go_on(self._holding, self._queue, self._clock, self._job.kind)
            return self._job
        if outcome.cause is not None:
            facts = {"action": f"job_{outcome.kind}", "job_id": self._job.id, "reason": outcome.reason}
            log.warning("A job cannot go on.", extra=facts, exc_info=outcome.cause)
        now = self._clock.now()
        sentence = outcome.sentence or jobs.REASONS.get(outcome.reason or "")
        change: Callable[[Job], Job]
        match outcome.kind:
            case "completed":
                change = partial(_complete, now=now)
            case "paused":
                change = partial(_pause, reason=outcome.reason or "asked", now=now)
            case "later":
                reason, delay = outcome.reason or "in_line", outcome.delay_s
                change = partial(_later, reason=reason, now=now, delay_s=delay)
            case "failed":
                reason = outcome.reason or "sheet_gone"
                change = partial(
                    jobs.fail, reason=reason, sentence=sentence or "", now=now, trace_id=trace_id
                )
            case _:
                change = partial(_stop, now=now)
        return ending.give_place_back(self._holding, self._documents, self._clock, change, sentence)

    def _keep_bill(self) -> None:
        if self._work is None:
            return
        job = self._job
        whose = tenant(job.created_by, job.email, self._settings.shared_domains)
        key = bills_key(whose, job.provider, job.model, job.recipe, job.recipe_version)
        keep_bill(self._documents, key, self._work.bill)

    def _settle_money(self) -> None:
        """What was reserved and not spent is free again, for the job and for the day."""
        if self._purse is None:
            return
        lease = self._holding.lease
        lost = self._work.at_stake_microusd if self._work else 0
        self._purse.settle(lease.reserved_microusd, lost)
        while True:
            writes = self._purse.refund()
            try:
                if writes or lease.reserved_microusd:
                    self._holding.commit(
                        writes,
                        lambda lease: replace(
                            lease, reserved_microusd=0, spent_microusd=lease.spent_microusd + lost
                        ),
                    )
                return
            except Conflict:
                continue


def _complete(job: Job, now: float) -> Job:
    """A wish to pause or cancel that came after the last row changes nothing any more."""
    return jobs.complete(job, now)


def _pause(job: Job, reason: str, now: float) -> Job:
    return jobs.cancel(job, now) if job.stopping == "cancel" else jobs.pause(job, reason)


def _later(job: Job, reason: str, now: float, delay_s: float) -> Job:
    if job.stopping:
        return _stop(job, now)
    return jobs.back_in_line(job, reason, now + delay_s)


def _stop(job: Job, now: float) -> Job:
    return jobs.cancel(job, now) if job.stopping == "cancel" else jobs.pause(job, "asked")
