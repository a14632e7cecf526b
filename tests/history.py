"""A spreadsheet's past, made step by step and committed as a batch commits it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from backend.domain import results
from backend.domain.job import Job
from backend.domain.results import ROW_STATES, Result
from backend.domain.stats import hour_of
from backend.ports import Create, Documents, Increment, Prompt, Write
from backend.usecases.batch.questions import Asked, Question
from backend.usecases.record_stats import Meter, Tally
from backend.usecases.records import PARTS_OF_A_JOB, progress_key, result_key, write_key
from tests.contracts.documents.shelf import HandClock

NUMBERS = itertools.count()
JOBS = 5

a_result = st.builds(
    Result,
    index=st.integers(0, 99),
    place=st.integers(1, 100),
    fingerprint=st.just("f"),
    status=st.sampled_from(["done", "failed", "skipped"]),
    error_class=st.sampled_from([None, None, "model_timeout", "page_blocked"]),
    cached=st.booleans(),
    tries=st.integers(0, 3),
    tokens_in=st.integers(0, 5_000),
    tokens_out=st.integers(0, 500),
    cost_microusd=st.integers(0, 9_000),
    saved_microusd=st.integers(0, 9_000),
    ms=st.integers(1, 90_000),
)


@dataclass(frozen=True)
class Step:
    """What one job commits at once, `after_s` seconds after the step before."""

    job: int
    after_s: float
    answered: list[Result]
    #: Rows that came to a terminal state, by state.
    settled: dict[str, int]
    #: Milliseconds of each page read.
    pages_ms: list[int] = field(default_factory=list)


def some_steps(longest_s: float) -> st.SearchStrategy[list[Step]]:
    """At most 14 steps, each at most `longest_s` after the one before."""
    step = st.builds(
        Step,
        job=st.integers(0, JOBS - 1),
        after_s=st.floats(0, longest_s),
        answered=st.lists(a_result, max_size=6),
        settled=st.dictionaries(st.sampled_from(ROW_STATES[:-1]), st.integers(1, 50), max_size=3),
        pages_ms=st.lists(st.integers(1, 8_000), max_size=3),
    )
    return st.lists(step, max_size=14)


def a_job(number: int, spreadsheet_id: str) -> Job:
    return Job(
        id=f"job{number:017d}", spreadsheet_id=spreadsheet_id, spreadsheet_title="", sheet_id=0,
        sheet_name="", recipe="case_a", recipe_version=1, model="m", provider="p", created_by="u",
        email="u@example.com", created_at=0.0,
    )  # fmt: skip


def asked_for(result: Result) -> Asked:
    question = Question("k", [], Prompt("", "", {}, "", 1))
    question.calls_ms = [result.ms] * result.tries
    return Asked(question)


@dataclass
class Sums:
    """What the results and the writes that are stored come to."""

    rows: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    #: Tokens, cost and savings, by the name that they are stored under.
    added: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    cached: int = 0
    calls: int = 0
    #: Milliseconds of each row that was asked about.
    row_ms: list[int] = field(default_factory=list)


class History:
    """Jobs of `spreadsheets` at work, in turns: job n works on spreadsheet n modulo their number."""

    def __init__(self, store: Documents, clock: HandClock, spreadsheets: Sequence[str]) -> None:
        self.store, self.clock = store, clock
        first = next(NUMBERS) * JOBS
        self.jobs = [a_job(first + n, spreadsheets[n % len(spreadsheets)]) for n in range(JOBS)]
        meter = Meter()
        self.tallies = [Tally(store, clock, job, meter) for job in self.jobs]
        self.pages: Counter[str] = Counter()

    def take(self, step: Step) -> None:
        self.clock.sleep(step.after_s)
        job, tally, n = self.jobs[step.job], self.tallies[step.job], next(NUMBERS)
        kept = {"job_id": job.id, "hour": hour_of(self.clock.now())}
        if step.answered:
            pages = [(None, ms) for ms in step.pages_ms]
            rows = list(map(results.to_data, step.answered))
            writes: list[Write] = [
                Create(result_key(job.id, 1, n), {**kept, "rows": rows}),
                Increment(progress_key(job.id), results.deltas(step.answered)),
                *tally.answered(step.answered, list(map(asked_for, step.answered)), pages),
            ]
            self.pages[job.spreadsheet_id] += len(pages)
            self.store.commit(writes)
        if step.settled:
            self.store.commit(
                [
                    Create(write_key(job.id, 1, n), {**kept, "settled": step.settled}),
                    Increment(progress_key(job.id), step.settled),
                    *tally.settled(step.settled),
                ]
            )

    def by_hour(self, spreadsheet: str) -> dict[int, Sums]:
        """The stores' own sums, read from the results and writes of the spreadsheet's jobs."""
        found: dict[int, Sums] = {}
        for query in PARTS_OF_A_JOB:
            if query.collection not in ("results", "writes"):
                continue
            for job in self.jobs:
                if job.spreadsheet_id != spreadsheet:
                    continue
                for document in self.store.query(query, {"job_id": job.id}, limit=1_000).documents:
                    sums = found.setdefault(document.data["hour"], Sums())
                    sums.rows.update(document.data.get("settled", {}))
                    for row in document.data.get("rows", []):
                        _count(sums, row)
        return found


def _count(sums: Sums, row: dict[str, int | str]) -> None:
    sums.answered += 1
    sums.cached += bool(row.get("cached"))
    if error := row.get("error_class"):
        sums.errors[str(error)] += 1
    for name in ("tokens_in", "tokens_out", "cost_microusd", "saved_microusd"):
        sums.added[name] += int(row.get(name, 0))
    tries = int(row.get("tries", 0))
    sums.calls += tries
    if tries:
        sums.row_ms.append(int(row["ms"]))


def total(sums: Sequence[Sums]) -> Sums:
    """All of them added up."""
    added = Sums()
    for each in sums:
        added.rows.update(each.rows)
        added.errors.update(each.errors)
        added.added.update(each.added)
        added.answered += each.answered
        added.cached += each.cached
        added.calls += each.calls
        added.row_ms += each.row_ms
    return added
