"""One batch of an undo: what a job wrote is put back, under the same lease and quota as any job."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.domain import results
from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.errors import Conflict, PauseJob, TryLater
from backend.ports import Clock, Create, Documents, Increment, Sheets, Write
from backend.usecases.batch.flushing import HEADER_GONE_S, SHEET_BUSY_S
from backend.usecases.batch.frozen_rows import FrozenRows
from backend.usecases.batch.holding import Holding
from backend.usecases.batch.intents import Note
from backend.usecases.batch.looking import ColumnsGone
from backend.usecases.batch.outcome import SHEET_BUSY, Outcome
from backend.usecases.batch.process import BatchSettings
from backend.usecases.batch.recalling import note_to_data, recall_undo
from backend.usecases.batch.restoring import Restorer
from backend.usecases.batch.sheet_calls import SheetCalls, flush_every_s
from backend.usecases.batch.stepping import Stepper
from backend.usecases.batch.working import FLAGS_EVERY_S, TICK_S
from backend.usecases.batch.written import Touched, touched_rows
from backend.usecases.job_changes import event, load_job, replace_job
from backend.usecases.read_rows import attempts
from backend.usecases.records import progress_key, result_key, write_key

#: What a receipt says, by state.
SENTENCES = {
    "done": "put back as it was",
    "skipped": "left as it is: somebody has typed here since",
    "gone": "the row is not in the sheet any more",
}


class Undoing:
    """One batch at work. Every method runs in the control thread."""

    def __init__(
        self,
        *,
        undo: Job,
        recipe: Recipe,
        holding: Holding,
        documents: Documents,
        sheets: Sheets,
        clock: Clock,
        settings: BatchSettings,
        calls: SheetCalls,
        wake: threading.Event,
    ) -> None:
        self._undo, self._recipe, self._holding = undo, recipe, holding
        self._documents, self._sheets, self._clock = documents, sheets, clock
        self._settings, self._calls, self._wake = settings, calls, wake
        self._began = self._next_flush = clock.monotonic()
        self._looked_at = self._began - FLAGS_EVERY_S
        self._trouble_since: float | None = None
        self._header_gone_since: float | None = None
        self._touched: dict[int, Touched] = {}

    def run(self) -> Outcome:
        """Raises `LeaseLost`, and `RowmillError`s that end the undo."""
        job, _ = load_job(self._documents, self._undo.undoes or "")
        self._touched = touched_rows(self._documents, job.id, attempts(self._documents, job), self._recipe)
        self._accept()
        restorer = self._restorer(FrozenRows(self._documents, job))
        stepper = Stepper(self._calls, self._commit_note)
        while True:
            if not stepper.busy and (outcome := self._outcome(restorer)) is not None:
                return outcome
            self._step(stepper, restorer)
            self._holding.renew_if_due()
            self._clock.wait(self._wake, TICK_S)
            self._wake.clear()

    def _accept(self) -> None:
        """The first batch says how many rows there are to put back."""
        while self._undo.total is None:
            undo, version = load_job(self._documents, self._undo.id)
            undo = replace(undo, total=len(self._touched))
            what = f"Found {len(self._touched):,} rows to put back."
            try:
                self._holding.commit(
                    [
                        replace_job(undo, version),
                        event(undo.id, self._clock, "Rowmill", what),
                        Increment(progress_key(undo.id), {"total": len(self._touched)}),
                    ]
                )
            except Conflict:
                continue
            self._undo = undo

    def _restorer(self, frozen: FrozenRows) -> Restorer:
        """Where an earlier holder left off, by its documents."""
        lease = self._holding.lease
        recalled = recall_undo(self._documents, self._undo.id, lease.attempt, lease.next_write)
        return Restorer(
            undo=self._undo,
            recipe=self._recipe,
            sheets=self._sheets,
            clock=self._clock,
            touched=self._touched,
            recalled=recalled,
            frozen_outputs=frozen.outputs_before,
            frozen_inputs=frozen.inputs,
            next_write=lease.next_write,
            lease_left_s=lambda: self._holding.seconds_left,
            times=self._settings.lease,
        )

    def _outcome(self, restorer: Restorer) -> Outcome | None:
        now = self._clock.monotonic()
        if restorer.empty:
            return Outcome("completed")
        if now - self._looked_at >= FLAGS_EVERY_S:
            self._looked_at = now
            if load_job(self._documents, self._undo.id)[0].stopping:
                return Outcome("stopped")
        if self._trouble_since is not None and now - self._trouble_since > SHEET_BUSY_S:
            return SHEET_BUSY
        return Outcome("more") if now - self._began >= self._settings.batch_s else None

    def _step(self, stepper: Stepper, restorer: Restorer) -> None:
        now = self._clock.monotonic()
        try:
            if stepper.busy:
                stepper.step()
            elif restorer.can_progress and now >= self._next_flush:
                self._next_flush = now + (flush_every_s(self._settings.places) if restorer.open else 1.0)
                stepper.start(restorer.flush())
            if not stepper.busy:
                self._header_gone_since = None
        except ColumnsGone as gone:
            self._header_gone_since = self._header_gone_since or now
            if now - self._header_gone_since > HEADER_GONE_S:
                raise PauseJob("column_gone", gone.message) from gone
            self._next_flush = now + gone.delay_s
        except TryLater as later:
            self._trouble_since = self._trouble_since or now
            self._next_flush = now + max(later.delay_s, 1.0)

    def _commit_note(self, note: Note) -> None:
        lease = self._holding.lease
        found = [self._receipt(index, state) for state, rows in note.settled.items() for index in rows]
        counts: Mapping[str, Any] = {state: len(rows) for state, rows in note.settled.items()}
        writes: list[Write] = [
            Create(
                write_key(self._undo.id, lease.attempt, lease.next_write), note_to_data(self._undo.id, note)
            ),
            Create(
                result_key(self._undo.id, lease.attempt, lease.next_result),
                {"job_id": self._undo.id, "rows": [results.to_data(result) for result in found]},
            ),
            *([Increment(progress_key(self._undo.id), counts)] if counts else []),
        ]
        self._holding.commit(
            writes,
            lambda lease: replace(
                self._calls.noted(lease), next_write=lease.next_write + 1, next_result=lease.next_result + 1
            ),
        )
        self._trouble_since = None

    def _receipt(self, index: int, state: str) -> Result:
        row = self._touched[index].result
        status = "done" if state == "done" else "skipped"
        return Result(
            index, row.place, row.fingerprint, status, sentence=SENTENCES[state], at=self._clock.now()
        )
