"""The hours' documents against the stores' own sums, whatever happened in whichever order."""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.domain import results, stats
from backend.domain.job import Job
from backend.domain.results import ROW_STATES, Result
from backend.errors import TryLater
from backend.ports import Create, Document, Increment, Key, Prompt, Write
from backend.usecases.batch.questions import Asked, Question
from backend.usecases.read_stats import read_stats
from backend.usecases.record_stats import SHARDS, Meter, Tally
from backend.usecases.records import (
    EXPIRING,
    PARTS_OF_A_JOB,
    QUERIES,
    STATS,
    progress_key,
    result_key,
    write_key,
)
from tests.contracts.documents.shelf import HandClock

NUMBERS = itertools.count()
SHEETS = ("spreadsheet-one", "spreadsheet-two")
STATES = st.sampled_from(ROW_STATES[:-1])

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
a_step = st.tuples(
    st.integers(0, 4),  # which job
    st.floats(0, 5_000),  # seconds since the last step
    st.lists(a_result, max_size=6),
    st.dictionaries(STATES, st.integers(1, 50), max_size=3),
    st.lists(st.integers(1, 8_000), max_size=3),  # pages read
)


def a_job(number: int) -> Job:
    return Job(
        id=f"job{number:017d}", spreadsheet_id=SHEETS[number % 2], spreadsheet_title="", sheet_id=0,
        sheet_name="", recipe="case_a", recipe_version=1, model="m", provider="p", created_by="u",
        email="u@example.com", created_at=0.0,
    )  # fmt: skip


def asked_for(result: Result) -> Asked:
    question = Question("k", [], Prompt("", "", {}, "", 1))
    question.calls_ms = [result.ms] * result.tries
    return Asked(question)


class Steps:
    """Jobs at work: each step is committed as a batch commits it."""

    def __init__(self, store: SqliteDocuments, clock: HandClock) -> None:
        self.store, self.clock = store, clock
        self.jobs = [a_job(number) for number in range(5)]
        meter = Meter()
        self.tallies = [Tally(store, clock, job, meter) for job in self.jobs]
        self.pages: Counter[str] = Counter()

    def take(
        self, number: int, seconds: float, batch: list[Result], settled: dict[str, int], pages: list[int]
    ) -> None:
        self.clock.sleep(seconds)
        job, tally, n = self.jobs[number], self.tallies[number], next(NUMBERS)
        if batch:
            writes: list[Write] = [
                Create(
                    result_key(job.id, 1, n), {"job_id": job.id, "rows": list(map(results.to_data, batch))}
                ),
                Increment(progress_key(job.id), results.deltas(batch)),
                *tally.answered(batch, list(map(asked_for, batch)), [(None, ms) for ms in pages]),
            ]
            self.pages[job.spreadsheet_id] += len(pages)
            self.store.commit(writes)
        if settled:
            data = {"job_id": job.id, "settled": settled}
            self.store.commit(
                [
                    Create(write_key(job.id, 1, n), data),
                    Increment(progress_key(job.id), settled),
                    *tally.settled(settled),
                ]
            )

    def all_of(self, collection: str, spreadsheet: str) -> list[Document]:
        (query,) = (part for part in PARTS_OF_A_JOB if part.collection == collection)
        return [
            document
            for job in self.jobs
            if job.spreadsheet_id == spreadsheet
            for document in self.store.query(query, {"job_id": job.id}, limit=1_000).documents
        ]


def a_store(folder: Path, clock: HandClock) -> SqliteDocuments:
    path = folder / f"{next(NUMBERS)}.db"
    return SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(a_step, max_size=14))
def test_the_figures_are_the_sums_of_what_is_stored(tmp_path: Path, steps: list[Any]) -> None:
    clock = HandClock()
    with closing(a_store(tmp_path, clock)) as store:
        world = Steps(store, clock)
        for step in steps:
            world.take(*step)
        for spreadsheet in SHEETS:
            found = read_stats(spreadsheet, 24, documents=store, clock=clock)
            rows = [row for d in world.all_of("results", spreadsheet) for row in d.data["rows"]]
            for name in ("tokens_in", "tokens_out", "cost_microusd", "saved_microusd"):
                assert found.added.get(name, 0) == sum(row.get(name, 0) for row in rows)
            assert found.added.get("answered", 0) == len(rows)
            assert found.added.get("cached", 0) == sum(1 for row in rows if row.get("cached"))
            assert found.failures == Counter(row["error_class"] for row in rows if row.get("error_class"))
            settled: Counter[str] = Counter()
            for document in world.all_of("writes", spreadsheet):
                settled.update(document.data["settled"])
            assert {state: n for state, n in found.rows.items() if n} == settled
            assert found.percentiles(stats.ROW_MS).count == sum(1 for row in rows if row.get("tries"))
            calls = sum(row.get("tries", 0) for row in rows)
            assert found.percentiles(stats.CALL_MS).count == calls == found.added.get("model_calls", 0)
            assert found.percentiles(stats.PAGE_MS).count == world.pages[spreadsheet]
            by_step: dict[str, int] = {}
            for point in found.points:
                stats.add(by_step, point.added)
            assert by_step == found.added


def test_a_question_reads_its_own_hours_alone(tmp_path: Path) -> None:
    clock = HandClock()
    with closing(a_store(tmp_path, clock)) as store:
        world = Steps(store, clock)
        for _ in range(29):
            world.take(0, 86_400.0, [], {"done": 1}, [])
        day = read_stats(SHEETS[0], 24, documents=store, clock=clock)
        month = read_stats(SHEETS[0], 720, documents=store, clock=clock)
        assert (day.rows["done"], len(day.points), day.step_hours) == (1, 24, 1)
        assert (month.rows["done"], len(month.points), month.step_hours) == (29, 30, 24)
        assert [point.added.get("done", 0) for point in month.points] == [0, *[1] * 29]
        clock.sleep(10 * 86_400.0)
        assert read_stats(SHEETS[0], 24, documents=store, clock=clock).added == {}
        assert read_stats(SHEETS[0], 720, documents=store, clock=clock).rows["done"] == 20
        clock.sleep(40 * 86_400.0)
        assert store.purge_expired() == 29


def test_however_much_happens_an_hour_has_a_few_documents(tmp_path: Path) -> None:
    clock = HandClock()
    with closing(a_store(tmp_path, clock)) as store:
        for number in range(60):
            tally = Tally(store, clock, a_job(2 * number), Meter())
            for _ in range(3):
                create = Create(Key("results", f"r{next(NUMBERS)}"), {})
                store.commit([create, *tally.settled({"done": 1})])
        assert store.count(STATS, {"spreadsheet_id": SHEETS[0]}) == SHARDS
        assert read_stats(SHEETS[0], 24, documents=store, clock=clock).rows["done"] == 180


class BusyFor(SqliteDocuments):
    """Out of reach for the stats alone, as long as `busy` says so."""

    busy = False

    def get(self, key: Key) -> Document | None:
        if self.busy and key.collection == "stats":
            raise TryLater("The store is busy.")
        return super().get(key)


def test_what_a_busy_store_could_not_count_is_counted_with_what_follows(tmp_path: Path) -> None:
    clock = HandClock()
    with closing(BusyFor(tmp_path / "s.db", queries=QUERIES, expiring=EXPIRING, clock=clock)) as store:
        tally = Tally(store, clock, a_job(0), Meter())
        store.busy = True
        assert tally.settled({"done": 3}) == []
        store.busy = False
        store.commit([Create(Key("results", "r"), {}), *tally.settled({"failed": 1})])
        found = read_stats(SHEETS[0], 24, documents=store, clock=clock).rows
        assert (found["done"], found["failed"]) == (3, 1)
