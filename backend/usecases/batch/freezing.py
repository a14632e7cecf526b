"""Accepting a job's rows: read from the sheet once, kept chunk by chunk, and counted in one commit."""

from __future__ import annotations

from dataclasses import replace

from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.errors import Conflict, TryLater
from backend.ports import Create, Increment, Tab, Write
from backend.usecases.batch.flushing import SHEET_BUSY_S
from backend.usecases.batch.frozen import Chunk, Frozen, freeze
from backend.usecases.batch.kept import staleness
from backend.usecases.batch.outcome import SHEET_BUSY, Outcome
from backend.usecases.batch.outside import Outside
from backend.usecases.batch.stepping import Stepper
from backend.usecases.batch.working import FLAGS_EVERY_S, TICK_S
from backend.usecases.job_changes import event, load_job, replace_job
from backend.usecases.records import chunks_key, progress_key, todo_key

#: The longest pause between two tries to read a sheet that is busy.
LONGEST_PAUSE_S = 5.0


class Freezing:
    """The freeze of one job. Every method runs in the control thread."""

    def __init__(self, job: Job, recipe: Recipe, outside: Outside) -> None:
        self._job, self._recipe, self._outside = job, recipe, outside
        self._clock, self._holding = outside.clock, outside.holding
        self._stepper = Stepper(outside.calls, self._commit_chunk)
        self._looked_at = self._clock.monotonic()
        #: The tab as it was when its rows were accepted.
        self.tab: Tab | None = None

    def run(self) -> Job | Outcome:
        """The job with its rows accepted, or how the batch ends where that was not possible."""
        if self._job.stopping:
            return Outcome("stopped")
        name = str(self._holding.lease.fence)
        began = self._clock.monotonic()
        is_stale = staleness(self._outside.documents, self._job, self._recipe)
        most_rows = self._outside.settings.most_rows
        while True:
            try:
                self._stepper.start(
                    freeze(self._job, name, self._recipe, self._outside.sheets, is_stale, most_rows)
                )
                if not self._read():
                    return Outcome("stopped")
                break
            except TryLater as later:
                if self._clock.monotonic() - began > SHEET_BUSY_S:
                    return SHEET_BUSY
                if self._is_to_stop():
                    return Outcome("stopped")
                self._holding.renew_if_due()
                self._clock.sleep(min(later.delay_s, LONGEST_PAUSE_S))
                name += "r"  # what the failed try has kept is nobody's
        frozen: Frozen = self._stepper.result
        self.tab = frozen.tab
        return self._accept(name, frozen)

    def _read(self) -> bool:
        """Reads all chunks; False when somebody wants the job to stop."""
        while self._stepper.busy:
            self._clock.wait(self._outside.wake, TICK_S)
            self._outside.wake.clear()
            self._stepper.step()
            self._holding.renew_if_due()
            if self._clock.monotonic() - self._looked_at >= FLAGS_EVERY_S:
                self._looked_at = self._clock.monotonic()
                if self._is_to_stop():
                    return False
        return True

    def _is_to_stop(self) -> bool:
        return load_job(self._outside.documents, self._job.id)[0].stopping is not None

    def _commit_chunk(self, chunk: Chunk) -> None:
        self._holding.commit([Create(chunk.key, chunk.data)])

    def _accept(self, name: str, frozen: Frozen) -> Job:
        full = frozen.total == self._outside.settings.most_rows
        why = "One job takes no more. Queue the rows behind them as another." if full else None
        while True:
            job, version = load_job(self._outside.documents, self._job.id)
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
            return job
