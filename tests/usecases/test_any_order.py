"""The machine of jobs and batches, driven in any order that chance finds: nothing is lost, nothing twice.

The real use cases run on a real store. Hypothesis delivers, duplicates, reorders and drops tasks, kills the
process before or after any call, lets somebody else act between any two steps (a person's move, a sweep, a
second delivery, also long after the lease has ended), sets the clock an hour forth and back, makes the store
busy or its answer doubtful, takes the sheet away and gives it back, has the key refused and accepted.

After every step: at most three places, one a sheet, held by exactly the jobs that run; a committed result
never changes; one result and one end for each row of an attempt; the counts add up. And when the trouble
ends, every job that is not paused ends within an hour, each row in one state, and each cell beside the
company it speaks of.

Variants that were broken on purpose, one by one, and caught within 250 examples:
- `recall` that forgets which rows were answered: two results for one row;
- `begin_attempt` that does not count attempts which nobody began: results sought under a wrong number;
- a freeze in a later attempt that does not say which rows it takes: a job completes with open rows;
- a sweep that looks only after leases with a holder: a job whose first task was lost never goes on;
- a line that does not look at the sheets of those who run: two jobs on one sheet.
Not caught is a holder that commits under whatever version the lease has by then: its own clock stops it, and
a result's number is created once. `test_at_every_step` and the faults hold the fence.
Before it was written, a second run over a sheet broke on the answers that were known: it found that, too.

60 examples run by default, 4 on Google's emulator; with HYPOTHESIS_PROFILE=full 400 and 50, in four and three
minutes. `test_at_every_step` and `test_retries` hold what chance seldom meets.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.domain.job import Job, Status
from backend.domain.results import ROW_STATES
from backend.errors import RowFailed
from backend.ports import Documents
from backend.usecases.batch.recalling import pairs
from backend.usecases.batch.todo import takes
from backend.usecases.read_rows import attempts
from backend.usecases.records import EXPIRING, QUERIES, result_key, write_key
from tests.emulator import Emulator
from tests.fakes import FakeClock, QuickRunner, answer_for
from tests.usecases.world import BOOK, PLACES, Fate, World

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
EXAMPLES = 400 if FULL else 60
EMULATOR_EXAMPLES = 50 if FULL else 4
STEPS = 40

ROWS = ("Acme", "Bolt", "", "Cora", "Acme", "Dale", "Ergo")
SHEETS = (1, 2, 3, 4)
MOVES = ("pause", "resume", "cancel", "retry")
FAR = 3_600.0

#: Ports, and about so many calls as one batch makes to them.
CALLS = (("commit", 9), ("read", 16), ("look", 6), ("write", 2), ("model", 5), ("enqueue", 1))
DEADLY, HARMLESS = ("before", "after"), ("busy", "doubt", "meanwhile", "meanwhile")


def fates(*how: str) -> st.SearchStrategy[Fate]:
    """Any of `how` at any call of a batch."""
    nth = [st.builds(Fate, st.just(port), st.integers(1, n), st.sampled_from(how)) for port, n in CALLS]
    return st.one_of(nth[0], nth[0], *nth)


class AnyOrder(RuleBasedStateMachine):
    """One world per example. `store` and `runner` are set by the tests below."""

    runner: QuickRunner
    clock: FakeClock
    world: World

    def open_store(self, stack: ExitStack, clock: FakeClock) -> Documents:
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        clock = FakeClock()
        store = self.open_store(self.stack, clock)
        self.world = self.stack.enter_context(closing(World(store, clock, self.runner, in_flight=3)))
        for sheet in SHEETS:
            self.world.has_rows(sheet, *(name and f"{name} {sheet}" for name in ROWS))
        self.model_takes_s = 0.0
        self.world.model.on_call = lambda _name: self.world.clock.advance(self.model_takes_s)
        self.results: dict[str, Any] = {}
        self.behind = 0.0
        for sheet in SHEETS[:3]:
            self._create(sheet, "normal")

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self._quiet_comes()
        finally:
            self.stack.close()

    # ── what people do ─────────────────────────────────────────────────────────────────────────────

    @rule(
        sheet=st.sampled_from(SHEETS),
        priority=st.sampled_from(("high", "normal", "low")),
        follows=st.booleans(),
        in_s=st.sampled_from((None, 90.0)),
        again=st.booleans(),
    )
    def create(self, sheet: int, priority: str, follows: bool, in_s: float | None, again: bool) -> None:
        if len(self.world.jobs()) >= 7 or not self._is_shared:
            return
        self._create(sheet, priority, follows, in_s, again)

    def _create(
        self, sheet: int, priority: str, follows: bool = False, in_s: float | None = None, again: bool = False
    ) -> None:
        depends = tuple(job.id for job in self.world.jobs()[:1]) if follows else ()
        run_at = self.world.clock.now() + in_s if in_s else None
        self.world.clock.advance(0.01)
        key = secrets.token_hex(4)
        wish: dict[str, Any] = {"priority": priority, "depends_on": depends, "run_at": run_at, "key": key}
        ids = self.world.create(sheet, **wish)
        if again:
            assert self.world.create(sheet, **wish) == ids
        self.world.admit()

    @rule(name=st.sampled_from(MOVES), which=st.integers(0, 6), one_class=st.booleans())
    def move(self, name: str, which: int, one_class: bool) -> None:
        self._move(name, which, one_class)
        self.world.admit()

    def _move(self, name: str, which: int, one_class: bool = False) -> None:
        jobs = self.world.jobs()
        if jobs:
            job_id = jobs[which % len(jobs)].id
            more = ("model_refused" if one_class else None,) if name == "retry" else ()
            self.world.move(name, job_id, *more)

    # ── what the machinery does ────────────────────────────────────────────────────────────────────

    @rule(which=st.integers(0, 5), keep=st.booleans(), fate=fates(*DEADLY))
    def deliver_to_one_that_dies(self, which: int, keep: bool, fate: Fate) -> None:
        self._deliver(which, keep, Fate(fate.port, fate.nth, fate.how))

    @rule(
        which=st.integers(0, 5),
        keep=st.booleans(),
        fate=fates(*HARMLESS),
        other=st.sampled_from(("sweep", "late", "deliver", *MOVES)),
        whom=st.integers(0, 6),
    )
    def deliver(self, which: int, keep: bool, fate: Fate, other: str, whom: int) -> None:
        self._deliver(which, keep, Fate(fate.port, fate.nth, fate.how, lambda: self._meanwhile(other, whom)))

    def _deliver(self, which: int, keep: bool, fate: Fate) -> None:
        if tasks := self.world.queue.tasks:
            task = tasks[which % len(tasks)]
            if not keep:
                tasks.remove(task)
            self.world.deliver(task, fate)

    @rule(
        fate=fates(*DEADLY, *HARMLESS),
        other=st.sampled_from(("sweep", *MOVES)),
        whom=st.integers(0, 6),
        after_s=st.sampled_from((1.0, 20.0, 60.0)),
    )
    def sweep(self, fate: Fate, other: str, whom: int, after_s: float) -> None:
        self.world.clock.advance(after_s)
        self.world.sweep(Fate(fate.port, fate.nth, fate.how, lambda: self._meanwhile(other, whom)))

    @rule(what=st.sampled_from(("loses", "doubts", "drops", "purge")), which=st.integers(0, 5))
    def the_queue(self, what: str, which: int) -> None:
        queue = self.world.queue
        if what == "drops" and queue.tasks:
            queue.tasks.pop(which % len(queue.tasks))
        elif what == "purge":
            queue.is_purged()
        else:
            (queue.loses_the_next if what == "loses" else queue.doubts_the_next)()

    @rule(jump=st.sampled_from((-FAR, FAR)))
    def set_the_clock(self, jump: float) -> None:
        self.world.clock.is_put(jump)
        self.behind = max(0.0, self.behind - jump)

    def _meanwhile(self, what: str, whom: int) -> None:
        """Somebody else acts between two steps; "late" is a stall that outlasts the lease."""
        if what == "late":
            self.world.clock.advance(50)
        if what in ("sweep", "late"):
            self.world.sweep()
        if what in ("deliver", "late"):
            for task in list(self.world.queue.tasks):
                self.world.deliver(task)
        if what in MOVES:
            self._move(what, whom)

    # ── the outside ────────────────────────────────────────────────────────────────────────────────

    @rule(
        what=st.sampled_from(("slow", "slower", "refuses a row", "refuses the key", "not shared", "mended")),
        sheet=st.sampled_from(SHEETS),
        name=st.sampled_from(("Bolt", "Dale")),
    )
    def the_outside(self, what: str, sheet: int, name: str) -> None:
        match what:
            case "slow" | "slower":
                self.model_takes_s = 4.0 if what == "slow" else 50.0
            case "refuses a row":
                failure = RowFailed("model_refused", "The model declined to answer for this row.")
                self.world.model.always_fails(f"{name} {sheet}", failure)
            case "refuses the key":
                self.world.model.refuses("key_refused")
            case "not shared":
                self._is_shared = False
                self.world.sheets.is_not_shared(BOOK)
            case _:
                self._mend()

    def _mend(self) -> None:
        self._is_shared, self.model_takes_s = True, 0.0
        self.world.sheets.is_shared(BOOK)
        self.world.model.is_mended()

    _is_shared = True

    # ── what always holds ──────────────────────────────────────────────────────────────────────────

    @invariant()
    def places_are_held_by_those_who_run(self) -> None:
        if not hasattr(self, "world"):
            return
        places = self.world.places()
        running = sorted(job.id for job in self.world.jobs() if job.status is Status.RUNNING)
        assert sorted(place.job_id for place in places) == running
        assert len(places) <= PLACES
        assert len({place.sheet for place in places}) == len(places)

    @invariant()
    def followers_start_after_what_they_follow(self) -> None:
        if not hasattr(self, "world"):
            return
        jobs = {job.id: job for job in self.world.jobs()}
        for job in jobs.values():
            if job.started_at is not None:
                followed = [jobs[name] for name in job.depends_on]
                assert all(other.ended_at is not None or other.attempt > 1 for other in followed)

    @invariant()
    def results_stay_and_rows_end_once(self) -> None:
        if not hasattr(self, "world"):
            return
        for job in self.world.jobs():
            for attempt, numbers in enumerate(attempts(self.world.documents, job), start=1):
                self._check_attempt(job, attempt, *numbers)
            counts = self.world.counts(job.id)
            assert all(counts.get(state, 0) >= 0 for state in ROW_STATES), counts
            ended = sum(counts.get(state, 0) for state in ROW_STATES)
            assert ended <= (job.total or 0)
            if job.ended:
                assert ended == (job.total or 0), (job.status, counts)

    def _check_attempt(self, job: Job, attempt: int, results_n: int, writes_n: int) -> None:
        store = self.world.documents
        answered: Counter[int] = Counter()
        for found in store.get_many([result_key(job.id, attempt, n) for n in range(results_n)]):
            assert found is not None
            assert self.results.setdefault(found.key.id, found.data) == found.data
            answered.update(entry["index"] for entry in found.data["rows"])
        settled: Counter[int] = Counter()
        for found in store.get_many([write_key(job.id, attempt, n) for n in range(writes_n)]):
            assert found is not None
            settled.update(i for flat in found.data["settled"].values() for i, _ in pairs(flat))
        assert all(n == 1 for n in answered.values()), (job.id, attempt, answered)
        assert all(n == 1 for n in settled.values()), (job.id, attempt, settled)
        assert settled.keys() <= answered.keys()
        if job.total is not None and attempt == job.attempt:
            taken = {i for part in takes(store, job, job.total, attempt) for i in part}
            assert answered.keys() <= taken

    # ── the end ────────────────────────────────────────────────────────────────────────────────────

    def _quiet_comes(self) -> None:
        self._mend()
        self.world.clock.advance(self.behind)  # a time that was promised comes when the clock is there again
        self.world.run_until_quiet(60)
        self.places_are_held_by_those_who_run()
        self.results_stay_and_rows_end_once()
        assert not self.world.places()
        self._cells_speak_of_their_rows()

    def _cells_speak_of_their_rows(self) -> None:
        for sheet in SHEETS:
            header, *rows = self.world.sheets.tab(BOOK, sheet)
            if "Category" in header:
                at = header.index("Category")
                for row in rows:
                    assert row[at] in ("", answer_for(str(row[0]), "category")), row


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_any_order_on_sqlite(runner: QuickRunner, memory: Path) -> None:
    numbers = itertools.count()

    class OnSqlite(AnyOrder):
        def open_store(self, stack: ExitStack, clock: FakeClock) -> Documents:
            path = memory / f"{next(numbers)}.db"
            stack.callback(path.unlink)
            store = SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)
            return stack.enter_context(closing(store))

    OnSqlite.runner = runner
    run_state_machine_as_test(OnSqlite, settings=_settings(EXAMPLES))


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.timeout(900)
def test_any_order_on_firestore(
    runner: QuickRunner, firestore_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.adapters.firestore_documents import FirestoreDocuments

    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.address)

    class OnFirestore(AnyOrder):
        def open_store(self, stack: ExitStack, clock: FakeClock) -> Documents:
            store = FirestoreDocuments(
                project="rowmill-tests",
                queries=QUERIES,
                expiring=EXPIRING,
                clock=clock,
                prefix=f"{secrets.token_hex(6)}-",
            )
            return stack.enter_context(closing(store))

    OnFirestore.runner = runner
    run_state_machine_as_test(OnFirestore, settings=_settings(EMULATOR_EXAMPLES))
