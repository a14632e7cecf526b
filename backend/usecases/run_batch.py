"""One delivery of the task "job J, batch N": claim, freeze, work, and go on or end.

The control thread runs it all. It alone touches the store; the model is asked on the event loop, Sheets in
a thread. Whatever kills the process between two lines, the next claim finds in the store what was
answered, what was announced and what was settled, and goes on from there.
"""

from __future__ import annotations

import logging
import threading
from contextlib import closing
from dataclasses import dataclass, replace

from backend.domain.answers import tenant
from backend.domain.job import Job
from backend.domain.recipes import RECIPES
from backend.errors import Conflict, Forbidden, Invalid, NotFound, PauseJob, TryLater
from backend.ports import Clock, Documents, Model, Pages, Sheets, TaskQueue, Vault
from backend.usecases.batch import ending
from backend.usecases.batch.assembling import assemble
from backend.usecases.batch.billing import keep_bill
from backend.usecases.batch.claiming import begin_attempt, claim
from backend.usecases.batch.freezing import Freezing
from backend.usecases.batch.frozen import NoColumns
from backend.usecases.batch.holding import LeaseLost
from backend.usecases.batch.last_moment import LastMoment
from backend.usecases.batch.levels import keep_level
from backend.usecases.batch.outcome import Outcome, change, ended_by
from backend.usecases.batch.outside import Outside
from backend.usecases.batch.patience import PatientDocuments
from backend.usecases.batch.process import BatchSettings, Process
from backend.usecases.batch.sheet_calls import SheetCalls
from backend.usecases.batch.undoing import Undoing
from backend.usecases.batch.working import Work
from backend.usecases.record_stats import Tally
from backend.usecases.records import bills_key, level_key

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
    began, wake = clock.monotonic(), threading.Event()
    last_moment = LastMoment(clock, lambda: holding.seconds_left, settings.lease)
    outside = Outside(
        documents=PatientDocuments(documents, clock, holding),
        queue=queue,
        sheets=sheets,
        model=model,
        vault=vault,
        pages=pages,
        clock=clock,
        process=process,
        settings=settings,
        holding=holding,
        calls=SheetCalls(clock, holding.lease, settings.places, wake, last_moment),
        wake=wake,
    )
    batch = _Batch(job, outside)
    try:
        with closing(outside.calls):
            outcome = batch.run()
        job = batch.end(outcome, trace_id)
    except LeaseLost:
        return replace(batch.report("lease_lost"), seconds=clock.monotonic() - began)
    seconds = clock.monotonic() - began
    return replace(batch.report(outcome.kind), seconds=seconds, status=job.status, reason=job.reason)


class _Batch:
    """A delivery that holds its job: the stages one after the other, and the end."""

    def __init__(self, job: Job, outside: Outside) -> None:
        self._job, self._outside = job, outside
        self._recipe = RECIPES[job.recipe]
        self._tally = Tally(outside.documents, outside.clock, job, outside.process.meter)
        self._work: Work | None = None

    def report(self, outcome: str) -> BatchReport:
        """What this batch has committed so far."""
        if self._work is None:
            return BatchReport(outcome, self._job.id)
        bill, cost = self._work.bill, self._work.cost_microusd
        return BatchReport(
            outcome, self._job.id, self._work.rows, bill.calls, bill.tokens_in, bill.tokens_out, cost
        )

    def run(self) -> Outcome:
        """Raises `LeaseLost`; every other trouble is an outcome."""
        try:
            return self._stages()
        except (PauseJob, Forbidden, NotFound, NoColumns, Invalid) as error:
            return ended_by(error)

    def _stages(self) -> Outcome:
        outside, tab = self._outside, None
        self._job = begin_attempt(outside.documents, outside.clock, outside.holding)
        if self._job.kind == "undo":
            return self._put_back()
        if self._job.freeze is None:
            freezing = Freezing(self._job, self._recipe, outside)
            accepted = freezing.run()
            if isinstance(accepted, Outcome):
                return accepted
            self._job, tab = accepted, freezing.tab
        self._work = assemble(self._job, self._recipe, outside, self._tally, tab)
        return self._work.run()

    def _put_back(self) -> Outcome:
        outside = self._outside
        undoing = Undoing(
            undo=self._job,
            recipe=self._recipe,
            holding=outside.holding,
            documents=outside.documents,
            sheets=outside.sheets,
            clock=outside.clock,
            settings=outside.settings,
            calls=outside.calls,
            wake=outside.wake,
        )
        return undoing.run()

    # ── ending ─────────────────────────────────────────────────────────────────────────────────────

    def end(self, outcome: Outcome, trace_id: str | None) -> Job:
        """The last commits of the batch; gives the job as it stands then."""
        outside = self._outside
        if self._work is not None:
            self._settle_money(self._work)
            self._keep_bill(self._work)
        if outcome.kind == "more":
            ending.go_on(outside.holding, outside.queue, outside.clock, self._job.kind)
            return self._job
        if outcome.cause is not None:
            facts = {"action": f"job_{outcome.kind}", "job_id": self._job.id, "reason": outcome.reason}
            log.warning("A job cannot go on.", extra=facts, exc_info=outcome.cause)
        move = change(outcome, outside.clock.now(), trace_id)
        return ending.give_place_back(outside.holding, outside.documents, outside.clock, move, outcome.why)

    def _keep_bill(self, work: Work) -> None:
        job = self._job
        whose = tenant(job.created_by, job.email, self._outside.settings.shared_domains)
        key = bills_key(whose, job.provider, job.model, job.recipe, job.recipe_version)
        keep_bill(self._outside.documents, key, work.bill)
        if work.bill.calls:
            level = level_key(job.provider, job.model, job.api_key_hash)
            keep_level(self._outside.documents, level, work.level)

    def _settle_money(self, work: Work) -> None:
        """What was reserved and not spent is free again, for the job and for the day."""
        holding, lost = self._outside.holding, work.at_stake_microusd
        work.purse.settle(holding.lease.reserved_microusd, lost)
        while True:
            writes = work.purse.refund()
            try:
                if writes or holding.lease.reserved_microusd:
                    holding.commit(
                        writes,
                        lambda lease: replace(
                            lease, reserved_microusd=0, spent_microusd=lease.spent_microusd + lost
                        ),
                    )
                return
            except Conflict:
                continue
