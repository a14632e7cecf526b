"""The hours' documents against the stores' own sums, whatever happened in whichever order."""

from __future__ import annotations

import itertools
from contextlib import closing
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.domain import stats
from backend.errors import TryLater
from backend.ports import Create, Document, Key
from backend.usecases.read_stats import read_stats
from backend.usecases.record_stats import SHARDS, Meter, Tally
from backend.usecases.records import EXPIRING, QUERIES, STATS
from tests.contracts.documents.shelf import HandClock
from tests.history import History, Step, a_job, some_steps, total

SHEETS = ("spreadsheet-one", "spreadsheet-two")
STEPS = some_steps(longest_s=5_000)
NUMBERS = itertools.count()


def a_store(folder: Path, clock: HandClock) -> SqliteDocuments:
    path = folder / f"{next(NUMBERS)}.db"
    return SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_figures_are_the_sums_of_what_is_stored(tmp_path: Path, steps: list[Step]) -> None:
    clock = HandClock()
    with closing(a_store(tmp_path, clock)) as store:
        history = History(store, clock, SHEETS)
        for step in steps:
            history.take(step)
        for spreadsheet in SHEETS:
            found = read_stats(spreadsheet, 24, documents=store, clock=clock)
            sums = total(list(history.by_hour(spreadsheet).values()))
            for name in ("tokens_in", "tokens_out", "cost_microusd", "saved_microusd"):
                assert found.added.get(name, 0) == sums.added[name]
            assert found.added.get("answered", 0) == sums.answered
            assert found.added.get("cached", 0) == sums.cached
            assert found.failures == sums.errors
            assert {state: n for state, n in found.rows.items() if n} == sums.rows
            assert found.percentiles(stats.ROW_MS).count == len(sums.row_ms)
            assert found.percentiles(stats.CALL_MS).count == sums.calls == found.added.get("model_calls", 0)
            assert found.percentiles(stats.PAGE_MS).count == history.pages[spreadsheet]
            by_step: dict[str, int] = {}
            for point in found.points:
                stats.add(by_step, point.added)
            assert by_step == found.added


def test_a_question_reads_its_own_hours_alone(tmp_path: Path) -> None:
    clock = HandClock()
    with closing(a_store(tmp_path, clock)) as store:
        history = History(store, clock, SHEETS)
        for _ in range(29):
            history.take(Step(0, 86_400.0, [], {"done": 1}))
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
            tally = Tally(store, clock, a_job(number, SHEETS[0]), Meter())
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
        tally = Tally(store, clock, a_job(0, SHEETS[0]), Meter())
        store.busy = True
        assert tally.settled({"done": 3}) == []
        store.busy = False
        store.commit([Create(Key("results", "r"), {}), *tally.settled({"failed": 1})])
        found = read_stats(SHEETS[0], 24, documents=store, clock=clock).rows
        assert (found["done"], found["failed"]) == (3, 1)
