"""The line of websites: one page of a host at a time, rests that are kept, and no row that waits for ever."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.adapters.sqlite_documents import SqliteDocuments
from backend.domain.page import Page
from backend.domain.rows import Row
from backend.errors import RowFailed
from backend.ports import Key, Write
from backend.usecases.batch.pages import PageStage, Read


class Hands:
    """A clock whose hands the test moves; nothing here waits."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a thread of pages slept")

    def wait(self, event: threading.Event, seconds: float) -> None:
        event.wait(seconds)


class Sites:
    """Websites that answer, fail or hang; counts how many of one host are read at once."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.most_at_once: dict[str, int] = {}
        self._at_once: dict[str, int] = {}
        self._trouble: dict[str, list[Exception]] = {}
        self._lock = threading.Lock()
        self.open = threading.Event()
        self.open.set()

    def fails(self, website: str, *errors: Exception) -> None:
        self._trouble[website] = list(errors)

    def read(self, website: str) -> Page:
        host = website.split("/")[0]
        with self._lock:
            self.asked.append(website)
            self._at_once[host] = self._at_once.get(host, 0) + 1
            self.most_at_once[host] = max(self.most_at_once.get(host, 0), self._at_once[host])
        try:
            assert self.open.wait(10)
            if self._trouble.get(website):
                raise self._trouble[website].pop(0)
            url = f"https://{website}"
            return Page(url, url, (url, f"{url}/about"), "Title", f"Text of {website}", "en")
        finally:
            with self._lock:
                self._at_once[host] -= 1

    def close(self) -> None:
        pass


class Bench:
    """A stage with what it stands on."""

    def __init__(self, folder: Path, threads: ThreadPoolExecutor) -> None:
        self.clock, self.sites = Hands(), Sites()
        self.documents = SqliteDocuments(
            folder / "pages.db", queries=(), expiring=("pages",), clock=self.clock
        )
        self._threads = threads
        self.stage = self.a_stage()

    def a_stage(self, *, standin: bool = False) -> PageStage:
        return PageStage(
            pages=self.sites,
            documents=self.documents,
            clock=self.clock,
            threads=self._threads,
            website="website",
            standin=standin,
            keep_s=3_600,
            wake=threading.Event(),
        )

    def collect(self, enough: Callable[[list[Read]], bool]) -> list[Read]:
        """Takes until there is enough, and keeps the pages."""
        reads: list[Read] = []
        deadline = time.monotonic() + 10
        while not enough(reads):
            assert time.monotonic() < deadline, f"only {len(reads)} pages came"
            found, writes = self.stage.take()
            reads += found
            if writes:
                self.documents.commit(writes)
            time.sleep(0.002)
        return reads


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ThreadPoolExecutor(8) as threads:
        made = Bench(tmp_path, threads)
        try:
            yield made
        finally:
            made.sites.open.set()
            made.documents.close()


def rows(*websites: str) -> list[Row]:
    return [Row(i, i + 1, f"print-{i}", {"website": website}) for i, website in enumerate(websites)]


def test_one_page_of_a_host_is_read_at_a_time_and_other_hosts_are_not_kept_waiting(bench: Bench) -> None:
    wanted = [f"one.com/{n}" for n in range(6)] + ["two.com", "three.com"]
    bench.sites.open.clear()
    assert bench.stage.want(rows(*wanted)) == []
    deadline = time.monotonic() + 10
    while len(bench.sites.asked) < 3 and time.monotonic() < deadline:
        time.sleep(0.002)
    assert sorted(bench.sites.asked) == ["one.com/0", "three.com", "two.com"]
    bench.sites.open.set()
    reads = bench.collect(lambda reads: len(reads) == 8)
    assert bench.sites.most_at_once["one.com"] == 1
    assert sorted(read.text or "" for read in reads) == sorted(f"Text of {name}" for name in wanted)
    assert bench.stage.waiting == 0


def test_rows_of_one_address_are_read_once_and_kept_for_the_next_time(bench: Bench) -> None:
    bench.stage.want(rows("acme.com/a?b=1", "https://ACME.com/a?b=1"))
    assert bench.stage.waiting == 2
    (read,) = bench.collect(bool)
    assert [row.index for row in read.rows] == [0, 1]
    again = bench.a_stage().want(rows("acme.com/a?b=1"))
    assert [(known.text, known.url) for known in again] == [(read.text, read.url)]
    assert bench.sites.asked == ["acme.com/a?b=1"]


def test_what_a_stand_in_said_is_not_taken_for_a_real_page(bench: Bench) -> None:
    bench.stage.want(rows("acme.com"))
    bench.collect(bool)
    standin = bench.a_stage(standin=True)
    assert standin.want(rows("acme.com")) == []
    standin.stop()


def test_a_page_says_which_addresses_were_read_under_an_id_that_every_store_takes(bench: Bench) -> None:
    bench.stage.want(rows("acme.com/ja/?q=ü"))
    deadline = time.monotonic() + 10
    writes: list[Write] = []
    while not writes and time.monotonic() < deadline:
        _, writes = bench.stage.take()
    (write,) = writes
    assert re.fullmatch(r"[0-9a-f]{40}", write.key.id)
    bench.documents.commit(writes)
    kept = bench.documents.get(Key("pages", write.key.id))
    assert kept is not None
    assert kept.data["pages_read"] == ["https://acme.com/ja/?q=ü", "https://acme.com/ja/?q=ü/about"]


def test_a_host_that_asks_for_a_rest_gets_all_of_it_and_its_other_rows_wait_too(bench: Bench) -> None:
    bench.sites.fails("busy.com/0", RowFailed("page_timeout", "Busy.", transient=True, delay_s=30))
    bench.stage.want(rows("busy.com/0", "busy.com/1", "calm.com"))
    (read,) = bench.collect(bool)
    assert read.text == "Text of calm.com"
    settle(bench)
    bench.clock.at += 29
    settle(bench)
    assert bench.sites.asked.count("busy.com/0") == 1
    bench.clock.at += 2.5  # the rest, and what keeps rows from coming back all at once
    reads = bench.collect(lambda reads: len(reads) == 2)
    assert [read.text for read in reads] == ["Text of busy.com/0", "Text of busy.com/1"]


def test_a_host_that_rests_for_longer_than_a_batch_can_wait_fails_at_once(bench: Bench) -> None:
    refused = RowFailed("page_timeout", "Come back in an hour.", transient=True, delay_s=3_600)
    bench.sites.fails("resting.com", refused)
    bench.stage.want(rows("resting.com"))
    (read,) = bench.collect(bool)
    assert read.failure is refused


def test_a_failure_that_stays_ends_its_rows_after_its_tries(bench: Bench) -> None:
    down = [RowFailed("page_unreachable", "Down.", transient=True, delay_s=1) for _ in range(3)]
    bench.sites.fails("down.com", *down)
    bench.stage.want(rows("down.com"))
    settle(bench)
    bench.clock.at += 5
    (read,) = bench.collect(bool)
    assert read.failure is down[1]
    assert bench.sites.asked == ["down.com"] * 2


def test_a_defect_in_the_reader_fails_its_rows_and_nobody_elses(bench: Bench) -> None:
    bench.sites.fails("odd.com", ZeroDivisionError("some text of the page"))
    bench.stage.want(rows("odd.com", "fine.com"))
    reads = bench.collect(lambda reads: len(reads) == 2)
    by_row = {read.rows[0].index: read for read in reads}
    assert by_row[0].failure is not None
    assert by_row[0].failure.error_class == "page_unreachable"
    assert "some text" not in by_row[0].failure.message
    assert by_row[1].text == "Text of fine.com"


def test_after_a_stop_nothing_is_fetched_no_row_waits_and_what_still_comes_is_kept(bench: Bench) -> None:
    bench.sites.open.clear()
    bench.stage.want(rows("slow.com/0", "slow.com/1"))
    deadline = time.monotonic() + 10
    while not bench.sites.asked and time.monotonic() < deadline:
        time.sleep(0.002)
    bench.stage.stop()
    assert bench.stage.waiting == 0
    bench.sites.open.set()
    while time.monotonic() < deadline:
        reads, writes = bench.stage.take()
        assert reads == []
        if writes:
            break
        time.sleep(0.002)
    assert len(writes) == 1
    assert bench.sites.asked == ["slow.com/0"]


def test_an_address_that_is_none_fails_at_once(bench: Bench) -> None:
    (read,) = bench.stage.want(rows(""))
    assert read.failure is not None
    assert read.failure.error_class == "page_none"


def settle(bench: Bench) -> None:
    """Lets the threads finish what was handed to them; the clock stands still."""
    deadline = time.monotonic() + 10
    asked = -1
    while time.monotonic() < deadline and asked != len(bench.sites.asked):
        asked = len(bench.sites.asked)
        for _ in range(10):
            bench.stage.take()
            time.sleep(0.003)
