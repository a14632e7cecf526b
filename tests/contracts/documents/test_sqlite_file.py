"""The SQLite store's file among processes, deaths, full disks and damage."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from backend.adapters import sqlite_query
from backend.adapters.sqlite_documents import SqliteDocuments
from backend.errors import Misconfigured, TryLater
from backend.ports import Create, Document, Query
from tests.contracts.documents.shelf import (
    ALL,
    BY_RANK,
    EXPIRING,
    OF_KIND,
    QUERIES,
    HandClock,
    Store,
    ids,
    put,
    read,
    thing,
    token,
)

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@contextmanager
def opened(
    path: Path, queries: Sequence[Query] = QUERIES, busy_timeout_s: float = 5.0
) -> Iterator[SqliteDocuments]:
    store = SqliteDocuments(
        path, queries=queries, expiring=EXPIRING, clock=HandClock(), busy_timeout_s=busy_timeout_s
    )
    with closing(store):
        yield store


@contextmanager
def writer(path: Path, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A writing process (see writer.py), killed at the end of the block if it is still there."""
    command = [sys.executable, "-m", "tests.contracts.documents.writer", str(path), *map(str, arguments)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str]) -> list[str]:
    """What it prints from here to its end."""
    assert process.stdout is not None
    return process.stdout.read().splitlines()


def numbers(printed: list[str]) -> list[int]:
    """The acknowledged commits."""
    return [int(line) for line in printed if line.isdecimal()]


def assert_whole(store: Store, name: str, acknowledged: list[int]) -> None:
    """Every acknowledged commit is there, of every other all or nothing, and the count counts each once."""
    held = {document.key.id for document in all_of(store) if document.key.id.startswith(f"{name}-")}
    pairs = {int(id_.split("-")[1]) for id_ in held}
    assert pairs >= set(acknowledged)
    assert held == {f"{name}-{n}-{side}" for n in pairs for side in ("left", "right")}
    assert (read(store, thing("sum")).data[name] if pairs else 0) == len(pairs)


def all_of(store: Store) -> list[Document]:
    return store.query(ALL, limit=100_000).documents


# ── Processes and threads ──────────────────────────────────────────────────────────────────────────


def test_processes_share_a_file(path: Path) -> None:
    # All of them create it, too: the first to come makes the tables, the others find them.
    with writer(path, "a", 60, 1) as a, writer(path, "b", 60, 1) as b, writer(path, "c", 60, 1) as c:
        printed = {name: lines(process) for name, process in {"a": a, "b": b, "c": c}.items()}
    with opened(path) as store:
        for name in "abc":
            assert printed[name][-1] == "59"
            assert_whole(store, name, list(range(60)))
        assert read(store, thing("sum")).data == {"a": 60, "b": 60, "c": 60}


def test_what_one_process_commits_another_reads_at_once(path: Path) -> None:
    with opened(path) as here, opened(path) as there:
        for n in range(20):
            put(here, thing(f"t{n}"), n=n)
            assert read(there, thing(f"t{n}")).data == {"n": n}


def test_threads_that_end_leave_no_connection_behind(path: Path) -> None:
    with opened(path) as store:
        put(store, thing("a"), n=1)
        for _ in range(50):
            thread = threading.Thread(target=store.get, args=[thing("a")])
            thread.start()
            thread.join()
        held = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _exists(fd)]
        assert sum(target == str(path) for target in held) <= 3


def test_many_threads_that_look_around_hold_little_together(path: Path) -> None:
    """Each thread's connection would keep 2 MB of the file in memory: 80 MB here."""
    count, threads = 600, 40
    keys = [thing(f"t{n}") for n in range(count)]
    with opened(path) as store:
        for key in keys:
            put(store, key, text="x" * 4_000)
        everybody_has_looked = threading.Barrier(threads + 1)
        measured = threading.Event()

        def look() -> None:
            for at in range(0, count, 50):
                store.get_many(keys[at : at + 50])
            everybody_has_looked.wait(60)
            measured.wait(60)

        before = _held_kb()
        lookers = [threading.Thread(target=look) for _ in range(threads)]
        for looker in lookers:
            looker.start()
        everybody_has_looked.wait(60)
        grown = _held_kb() - before
        measured.set()
        for looker in lookers:
            looker.join()
    assert grown < 40 * 1024


def _held_kb() -> int:
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss_Anon"))


def _exists(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


# ── Death and full disks ───────────────────────────────────────────────────────────────────────────


@pytest.mark.faults
@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_killed_process_leaves_whole_commits_and_all_that_it_acknowledged(path: Path, after: int) -> None:
    with writer(path, "a", 100_000, 900) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline().strip() for _ in range(after + 1)]
        # Somewhere within a commit, which takes most of the time: the next has begun by now.
        time.sleep(0.001 * after)
        process.send_signal(signal.SIGKILL)
        printed += lines(process)
    acknowledged = numbers(printed)
    assert len(acknowledged) >= after
    with opened(path) as store:
        assert_whole(store, "a", acknowledged)
        put(store, thing("b"), n=1)


@pytest.mark.faults
def test_a_file_that_may_not_grow_loses_nothing_that_was_acknowledged(path: Path) -> None:
    with writer(path, "a", 1_000, 20, 400_000) as process:
        printed = lines(process)
    assert "is its disk full?" in printed[-1]
    assert 3 < len(numbers(printed)) < 1_000
    with opened(path) as store:
        assert_whole(store, "a", numbers(printed))
        put(store, thing("b"), n=1)


def connection_of(store: SqliteDocuments) -> sqlite3.Connection:
    """The calling thread's own, to bring it into a state that takes root to bring a disk into."""
    return store._connection()


def test_a_full_disk_is_said_and_commits_go_on_once_there_is_room(path: Path) -> None:
    with opened(path) as store:
        kept = put(store, thing("kept"), n=1)
        ((pages,),) = connection_of(store).execute("PRAGMA page_count")
        connection_of(store).execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(TryLater, match=r"disk .* is full: free some space") as full:
            store.commit([Create(thing("small"), {}), Create(thing("large"), {"text": "x" * 100_000})])
        assert not full.value.maybe_applied
        assert store.get_many([thing("small"), thing("large"), thing("kept")]) == [None, None, kept]
        connection_of(store).execute("PRAGMA max_page_count = 1000000")
        put(store, thing("large"), text="x" * 100_000)


def test_a_read_only_file_is_said(path: Path) -> None:
    with opened(path) as store:
        kept = put(store, thing("kept"), n=1)
        connection_of(store).execute("PRAGMA query_only = 1")
        with pytest.raises(TryLater, match="read-only: make it writable"):
            store.commit([Create(thing("a"), {})])
        assert read(store, thing("kept")) == kept


# ── Locks ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_lock_held_elsewhere_ends_a_commit_in_bounded_time_and_no_read(path: Path) -> None:
    with opened(path, busy_timeout_s=0.1) as store, closing(sqlite3.connect(path)) as other:
        kept = put(store, thing("kept"), n=1)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(TryLater, match="busy: another process") as busy:
            store.commit([Create(thing("a"), {})])
        assert time.monotonic() - began < 2
        assert not busy.value.maybe_applied
        assert read(store, thing("kept")) == kept
        other.execute("ROLLBACK")
        put(store, thing("a"), n=1)


def test_a_thread_that_writes_for_long_ends_the_others_wait_in_bounded_time(path: Path) -> None:
    holding, release = threading.Event(), threading.Event()

    class SlowClock(HandClock):
        def now(self) -> float:
            if threading.current_thread() is not threading.main_thread():
                holding.set()
                release.wait(10)
            return super().now()

    store = SqliteDocuments(path, queries=[], expiring=[], clock=SlowClock(), busy_timeout_s=0.1)
    with closing(store):
        thread = threading.Thread(target=store.commit, args=[[Create(thing("slow"), {})]])
        thread.start()
        assert holding.wait(10)
        with pytest.raises(TryLater, match="busy: other threads"):
            store.commit([Create(thing("a"), {})])
        release.set()
        thread.join(10)
        assert store.get(thing("slow")) is not None


def test_opening_a_locked_file_ends_in_bounded_time(path: Path) -> None:
    with opened(path), closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TryLater, match="busy"), opened(path, [OF_KIND], busy_timeout_s=0.1):
            pytest.fail("it opened")


# ── The file itself ────────────────────────────────────────────────────────────────────────────────


def test_everything_is_there_when_it_is_opened_again(path: Path) -> None:
    with opened(path) as store:
        before = put(store, thing("a"), kind="x", rank=1)
    with opened(path) as store:
        assert read(store, thing("a")) == before
        assert put(store, thing("b"), n=1).version != before.version


def test_a_new_query_finds_what_was_there_before_it(path: Path) -> None:
    with opened(path, [OF_KIND]) as store:
        put(store, thing("a"), kind="x", rank=1)
    with opened(path, [BY_RANK]) as store:
        assert ids(store.query(BY_RANK, {"kind": "x"}).documents) == ["a"]
        assert indexes(path) == {sqlite_query.index_name(BY_RANK)}


def indexes(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'query%'")
        }


@pytest.mark.parametrize("query", QUERIES, ids=sqlite_query.index_name)
@pytest.mark.parametrize("later", [False, True], ids=["first page", "later page"])
def test_every_declared_query_is_answered_by_its_index_in_order(
    path: Path, query: Query, later: bool
) -> None:
    where = sqlite_query.condition(query, ["x" for _ in query.equal], 0.0, None, None)
    if later:
        sqlite_query.add_cursor(where, query, [*(1 for _ in query.order), "a"])
    sql = f"SELECT * FROM documents WHERE {where} ORDER BY {sqlite_query.order_sql(query)} LIMIT 10"
    with opened(path, [query]), closing(sqlite3.connect(path)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", where.parameters)]
    (step,) = plan
    index = sqlite_query.index_name(query) if query.equal or query.order else "documents"
    assert step.startswith("SEARCH documents USING INDEX")
    assert index in step
    assert step.count("<expr>") == len(query.equal) + (later and bool(query.order))


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured, match=r"folder .* does not exist: create it"),
        opened(tmp_path / "no" / "a.db"),
    ):
        pytest.fail("it opened")


def test_a_file_of_a_newer_version_is_refused(path: Path) -> None:
    with opened(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(Misconfigured, match=r"newer version \(schema 2, we know 1\)"), opened(path):
        pytest.fail("it opened")


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match="another program's database"), opened(path):
        pytest.fail("it opened")
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"name,city\nAda,London\n" * 100)
    with pytest.raises(Misconfigured, match="not a document store"), opened(path):
        pytest.fail("it opened")
    assert path.read_bytes() == b"name,city\nAda,London\n" * 100


def test_a_damaged_file_is_said(path: Path) -> None:
    with opened(path) as store:
        store.commit([Create(thing(f"t{n}"), {"text": "x" * 2_000}) for n in range(100)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[8_192:] = b"\xa5" * (len(content) - 8_192)
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"damaged .* restore a backup"), opened(path) as store:
        store.query(ALL, limit=1_000)


def test_a_copy_of_the_file_is_a_backup(path: Path, tmp_path: Path) -> None:
    with opened(path) as store:
        before = put(store, thing("a"), n=1)
        put(store, token("b"), n=1)
    shutil.copy(path, tmp_path / "copy.db")
    with opened(tmp_path / "copy.db") as store:
        assert read(store, thing("a")) == before


def test_sweeping_removes_what_has_expired_a_part_at_a_time(path: Path) -> None:
    clock = HandClock()
    store = SqliteDocuments(path, queries=QUERIES, expiring=EXPIRING, clock=clock)
    with closing(store):
        store.commit([Create(token(f"t{n}"), {}, clock.time + n) for n in range(1, 8)])
        put(store, token("lasting"), n=1)
        clock.time += 5
        assert [store.purge_expired(3), store.purge_expired(3), store.purge_expired(3)] == [3, 2, 0]
        assert store.count(Query("tokens", ("kind",), ("rank",)), {"kind": "x"}) == 0
        assert store.get(token("t6")) is not None
        assert store.get(token("lasting")) is not None
