"""The loop of a batch: feed, commit, place, look up; until the attempt ends or somebody ends it."""

from __future__ import annotations

import threading
from dataclasses import replace

from backend.domain import lease as leases
from backend.domain import results
from backend.domain.budget import BLOCK_CALLS
from backend.domain.estimate import Bill
from backend.domain.job import Job
from backend.domain.lease import Lease
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.errors import Conflict
from backend.ports import Clock, Create, Documents, Increment, Write
from backend.usecases.batch.asking import Asker
from backend.usecases.batch.billing import bill_of
from backend.usecases.batch.feeding import Feeder, without_known
from backend.usecases.batch.flushing import Flushing
from backend.usecases.batch.holding import Holding
from backend.usecases.batch.intents import Note
from backend.usecases.batch.outcome import SHEET_BUSY, Outcome, ended_by
from backend.usecases.batch.placing import Placer
from backend.usecases.batch.process import BatchSettings
from backend.usecases.batch.purse import Purse
from backend.usecases.batch.questions import Asked
from backend.usecases.batch.recalling import ANSWERED, note_to_data
from backend.usecases.batch.sheet_calls import SheetCalls
from backend.usecases.job_changes import load_job
from backend.usecases.record_stats import Tally
from backend.usecases.records import progress_key, result_key, write_key

#: Results are committed when so many have gathered, or after so long.
COMMIT_ROWS = 200
COMMIT_EVERY_S = 1.0
#: How often the loop looks around when nothing wakes it.
TICK_S = 0.2
#: The job's document is looked at so often for a wish to stop.
FLAGS_EVERY_S = 1.0
#: The process is ending: calls in flight get so long to come back.
GIVE_BACK_S = 4.0
#: Results that wait for the sheet; more are not asked for until some have found their place.
READY_ROWS = 6_000
#: A wait for the model's rate limit that is longer gives the place to another job.
LONGEST_WAIT_S = 60.0


class Work:
    """One batch at work. Every method runs in the control thread."""

    def __init__(
        self,
        *,
        job: Job,
        recipe: Recipe,
        holding: Holding,
        documents: Documents,
        clock: Clock,
        settings: BatchSettings,
        asker: Asker,
        feeder: Feeder,
        placer: Placer,
        calls: SheetCalls,
        purse: Purse,
        states: bytearray,
        tally: Tally,
        wake: threading.Event,
        ending: threading.Event,
    ) -> None:
        self._job, self._recipe, self._holding = job, recipe, holding
        self._documents, self._clock, self._settings = documents, clock, settings
        self._asker, self._feeder, self._placer = asker, feeder, placer
        self._calls, self.purse, self._states, self._wake = calls, purse, states, wake
        self._tally = tally
        self._ending, self._gives_back_at = ending, float("inf")
        self._flushing = Flushing(placer, calls, clock, settings.places, self._commit_note)
        self._found: list[Result] = []
        self._kept: list[Write] = []
        self._began = self._committed_at = clock.monotonic()
        self._looked_at = self._began - FLAGS_EVERY_S
        self._stop: Outcome | None = None
        #: Why nothing can be written any more.
        self._blocked: Outcome | None = None
        #: After deaths the rows of this batch go alone, so that the one that kills is found.
        self._one_by_one = holding.lease.window == 1
        self.rows = 0
        #: Reserved for calls that were left in flight: it counts as spent.
        self.at_stake_microusd = 0
        #: What the calls of this batch came to.
        self.bill = Bill()
        self.cost_microusd = 0

    @property
    def level(self) -> float:
        """Calls that the model took at once in the end."""
        return self._asker.level

    def run(self) -> Outcome:
        """Raises `LeaseLost`, and `RowmillError`s that end the job."""
        try:
            return self._work()
        finally:
            self._feeder.stop()
            self._asker.abandon()
            self._placer.forget()

    def _work(self) -> Outcome:
        while True:
            self._look_for_wishes()
            self._feed()
            self._reserve()
            self._commit_results()
            self._place()
            self._holding.renew_if_due()
            outcome = self._outcome()
            if outcome is not None:
                return outcome
            self._clock.wait(self._wake, TICK_S)
            self._wake.clear()

    # ── asking ─────────────────────────────────────────────────────────────────────────────────────

    def _feed(self) -> None:
        if self._stop is None and self._placer.waiting < READY_ROWS:
            window = max(2 * COMMIT_ROWS, round(2 * self._asker.share))
            room = window - self._feeder.waiting - len(self._found)
            if room < COMMIT_ROWS < self._feeder.waiting:
                room = 0  # rows are looked up and handed on by the hundred, not one by one
            if self._one_by_one:
                room = self._one_alone()
            fed = self._feeder.feed(max(0, room))
        else:
            fed = self._feeder.feed(0)
        self._found += fed.found
        self._kept += fed.writes

    def _one_alone(self) -> int:
        """After deaths, a row goes alone, and its number is in the lease before it starts."""
        index = self._feeder.next_row()
        if index is None or not self._feeder.idle or self._found:
            return 0
        self._holding.commit([], lambda lease: replace(lease, alone=index))
        return 1

    def _reserve(self) -> None:
        worst = self._asker.wants_microusd
        if not worst:
            return
        block = self.purse.block(self._holding.lease, worst, min(BLOCK_CALLS, self._asker.waiting + 1))
        if block.microusd:
            try:
                self._holding.commit(
                    block.writes,
                    lambda lease: replace(lease, reserved_microusd=lease.reserved_microusd + block.microusd),
                )
            except Conflict:
                return  # another job reserved at the same moment: plan anew
            self.purse.reserved(block.microusd)
            self._asker.lend(block.microusd)
        elif self._asker.only_money_is_missing and not self._found:
            used_up = self.purse.job_budget_microusd if block.short == "budget_reached" else None
            self._end_asking(Outcome("paused", block.short, budget_microusd=used_up))

    # ── committing ─────────────────────────────────────────────────────────────────────────────────

    def _commit_results(self) -> None:
        """About every second, or when enough have gathered, or when nothing else is to be awaited."""
        while True:
            due = self._clock.monotonic() - self._committed_at >= COMMIT_EVERY_S
            gathered = len(self._found) + self._asker.finished
            if not gathered or not (due or gathered >= COMMIT_ROWS or not self._asker.in_flight):
                return
            asked = self._asker.take(max(0, COMMIT_ROWS - len(self._found)))
            found, answers = self._feeder.settle(asked)
            self._found += found
            batch, self._found = self._found[:COMMIT_ROWS], self._found[COMMIT_ROWS:]
            kept, self._kept = self._kept[:COMMIT_ROWS], self._kept[COMMIT_ROWS:]
            self._commit(batch, asked, [*answers, *kept])
            self._committed_at = self._clock.monotonic()

    def _commit(self, batch: list[Result], asked: list[Asked], kept: list[Write]) -> None:
        lease = self._holding.lease
        key = result_key(self._job.id, lease.attempt, lease.next_result)
        data = {"job_id": self._job.id, "rows": [results.to_data(result) for result in batch]}
        essential: list[Write] = [
            Create(key, data),
            *([Increment(progress_key(self._job.id), deltas)] if (deltas := results.deltas(batch)) else ()),
            *self._tally.answered(batch, asked, self._feeder.page_times()),
        ]
        cost = sum(one.question.cost_microusd for one in asked)
        reserved = sum(one.question.reserved_microusd for one in asked)
        worst = self._asker.wants_ahead_microusd(BLOCK_CALLS // 2)
        ahead = 0

        def change(lease: Lease) -> Lease:
            nonlocal ahead
            settled = replace(
                leases.committed(self._calls.noted(lease), self._settings.in_flight),
                next_result=lease.next_result + 1,
                spent_microusd=lease.spent_microusd + cost,
                reserved_microusd=max(0, lease.reserved_microusd - reserved),
                in_flight=self._asker.in_flight,
            )
            ahead = self.purse.ahead(settled, worst, min(BLOCK_CALLS, self._asker.waiting + 1))
            return replace(settled, reserved_microusd=settled.reserved_microusd + ahead)

        while True:
            try:
                self._holding.commit([*essential, *kept], change)
                break
            except Conflict:
                kept = without_known(kept, self._documents, fresh=self._job.fresh)
        self.purse.settle(reserved, cost)
        if ahead:
            self.purse.reserved(ahead)
            self._asker.lend(ahead)
        self.bill += bill_of(asked)
        self.cost_microusd += cost
        for result in batch:
            self._states[result.index] = ANSWERED
        self._placer.add(batch)
        self.rows += len(batch)

    # ── placing ────────────────────────────────────────────────────────────────────────────────────

    def _place(self) -> None:
        if self._blocked is not None:
            return
        self._flushing.step(last=self._asking_ended)
        self._blocked = self._flushing.blocked
        if self._blocked is not None:
            # Calls in flight are paid for: what they bring is kept in the store.
            self._end_asking(self._stop if self._stop and self._stop.kind == "stopped" else self._blocked)

    def _commit_note(self, note: Note) -> None:
        lease = self._holding.lease
        counts = {state: len(rows) for state, rows in note.settled.items()}
        settled = sum(counts.values())
        writes: list[Write] = [
            Create(write_key(self._job.id, lease.attempt, lease.next_write), note_to_data(self._job.id, note))
        ]
        if settled:
            writes.append(Increment(progress_key(self._job.id), {**counts, "answered": -settled}))
            writes += self._tally.settled(counts)
        self._holding.commit(
            writes,
            lambda lease: replace(self._calls.noted(lease), next_write=lease.next_write + 1),
        )

    # ── ending ─────────────────────────────────────────────────────────────────────────────────────

    @property
    def _asking_ended(self) -> bool:
        return self._feeder.exhausted and self._asker.idle and not self._found

    def _end_asking(self, outcome: Outcome) -> None:
        self._stop = outcome
        self._feeder.stop()

    def _look_for_wishes(self) -> None:
        now = self._clock.monotonic()
        if now - self._looked_at >= FLAGS_EVERY_S:
            self._looked_at = now
            job, _ = load_job(self._documents, self._job.id)
            self.purse.job_budget_is(job.budget_microusd)
            if job.stopping and (self._stop is None or self._stop.kind == "more"):
                self._end_asking(Outcome("stopped"))
                # Those who wait for it see at once how many calls are still to come back.
                self._holding.commit([], lambda lease: replace(lease, in_flight=self._asker.in_flight))
        if self._ending.is_set() and self._gives_back_at == float("inf"):
            self._gives_back_at = now + GIVE_BACK_S
            self._end_asking(self._stop or Outcome("more"))
        if self._stop is not None:
            return
        if self._asker.pause is not None:
            self._end_asking(ended_by(self._asker.pause))
        elif now - self._began >= self._settings.batch_s:
            self._end_asking(Outcome("more"))
        elif self._asker.long_wait_s > LONGEST_WAIT_S and not self._asker.in_flight:
            self._end_asking(Outcome("later", "rate_limited", delay_s=self._asker.long_wait_s))

    def _outcome(self) -> Outcome | None:
        if self._clock.monotonic() >= self._gives_back_at and not self._found:
            if self._asker.in_flight:
                reserved = self._holding.lease.reserved_microusd
                self.at_stake_microusd = max(0, reserved - (self._asker.credit.microusd or 0))
            return Outcome("more")  # what is still in flight is asked anew by whoever claims the job next
        if not self._asking_ended or self._flushing.busy:
            return None
        if self._stop is None and self._asker.pause is not None:
            return None  # the last call in flight ended so: the next round asks nothing more
        if self._blocked is not None:
            return self._stop
        if self._placer.empty:
            return self._stop or Outcome("completed")
        if self._stop is not None and self._stop.kind == "more":
            return self._stop  # what waits for its place is in the store: the next batch recalls it
        if self._flushing.out_of_reach:
            return SHEET_BUSY
        if self._clock.monotonic() - self._began > self._settings.batch_s:
            return Outcome("more")
        return None
