"""Websites of a batch: each address is read once, in threads of its own, and kept for the next time.

One page of a host is read at a time. Rows of a host that is being read, or that asked to be left alone,
wait here in its line; the threads serve hosts whose turn it is.
"""

from __future__ import annotations

import heapq
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from backend.domain import failures
from backend.domain.page import Page
from backend.domain.rows import Row
from backend.domain.website import page_host, page_key
from backend.errors import RowFailed
from backend.ports import Clock, Create, Documents, Key, Pages, Write
from backend.usecases.records import page_doc_key

#: Pages that one process reads at a time; docs/decisions.md has the numbers.
THREADS = 192
#: Pages that one batch hands to the threads: enough that none waits for the control thread, and few
#: enough that three batches get a third each.
HANDED_OVER = 2 * THREADS
#: So few pages under way that each one wakes the control thread; else it looks several times a second.
FEW = 16

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """Rows whose website was read, or could not be."""

    rows: list[Row]
    text: str | None
    url: str | None
    #: When it was read, now or for an earlier row.
    at: float | None
    failure: RowFailed | None = None


@dataclass(slots=True)
class _Errand:
    """A page to be read: its document's id, its host, and the cell that names it."""

    key: str
    host: str
    website: str
    tries: int = 0


class PageStage:
    """The pages that rows wait for. Used by the control thread; threads only append to `_done`."""

    def __init__(
        self,
        *,
        pages: Pages,
        documents: Documents,
        clock: Clock,
        threads: Executor,
        website: str,
        standin: bool,
        keep_s: float,
        wake: threading.Event,
    ) -> None:
        self._pages, self._documents, self._clock = pages, documents, clock
        self._threads, self._website, self._standin = threads, website, standin
        self._keep_s = keep_s
        self._wake = wake
        self._waiting: dict[str, list[Row]] = {}
        #: Rows that wait for their page.
        self.waiting = 0
        #: Hosts with errands or with one under way; each is ready, resting or being read.
        self._lines: dict[str, deque[_Errand]] = {}
        self._ready: deque[str] = deque()
        self._resting: list[tuple[float, str]] = []
        self._futures: set[Future[None]] = set()
        self._done: deque[tuple[_Errand, Page | None, RowFailed | None]] = deque()
        self._times: deque[tuple[str | None, int]] = deque()

    def want(self, rows: Sequence[Row]) -> list[Read]:
        """Takes rows; gives those at once whose page is known or whose address is unusable."""
        at_once: list[Read] = []
        by_key: dict[str, list[Row]] = {}
        for row in rows:
            try:
                key = self._key(row)
            except RowFailed as failure:
                at_once.append(Read([row], None, None, None, failure))
            else:
                by_key.setdefault(key, []).append(row)
        new = [key for key in by_key if key not in self._waiting]
        for key, document in zip(new, self._documents.get_many([_doc(key) for key in new]), strict=True):
            if document is not None:
                kept = document.data
                at_once.append(Read(by_key.pop(key), kept["text"], kept["url"], kept["at"]))
        for key, wanting in by_key.items():
            self.waiting += len(wanting)
            if key in self._waiting:
                self._waiting[key] += wanting
            else:
                self._waiting[key] = wanting
                website = wanting[0].inputs[self._website]
                self._line_up(_Errand(key, page_host(website), website))
        self._hand_over()
        return at_once

    def take(self) -> tuple[list[Read], list[Write]]:
        """Pages that have come, and the writes that keep them."""
        reads: list[Read] = []
        writes: list[Write] = []
        now = self._clock.now()
        while self._done:
            errand, page, failure = self._done.popleft()
            again_in_s = _repeat_s(failure, errand.tries) if failure is not None else None
            self._turn_is_over(errand, failure, again_in_s)
            if again_in_s is not None:
                continue
            rows = self._waiting.pop(errand.key, None)
            if rows is not None:
                self.waiting -= len(rows)
                text, url = (page.text, page.final_url) if page is not None else (None, None)
                reads.append(Read(rows, text, url, now if page is not None else None, failure))
            if page is not None:
                writes.append(self._kept(errand.key, page, now))
        self._hand_over()
        return reads, writes

    def take_times(self) -> list[tuple[str | None, int]]:
        """How long each reading took since the last take, in milliseconds, with the page's final address."""
        return [self._times.popleft() for _ in range(len(self._times))]

    def stop(self) -> None:
        """Nothing further is fetched and no row waits any more; a page that still comes is kept."""
        for future in list(self._futures):
            future.cancel()
        for standing in (self._waiting, self._lines, self._ready, self._resting):
            standing.clear()
        self.waiting = 0

    # ── whose turn it is ───────────────────────────────────────────────────────────────────────────

    def _line_up(self, errand: _Errand) -> None:
        if errand.host in self._lines:
            self._lines[errand.host].append(errand)
        else:
            self._lines[errand.host] = deque([errand])
            self._ready.append(errand.host)

    def _turn_is_over(self, errand: _Errand, failure: RowFailed | None, again_in_s: float | None) -> None:
        line = self._lines.get(errand.host)
        if line is None:
            return  # stopped
        if again_in_s is not None:
            line.appendleft(errand)
            heapq.heappush(self._resting, (self._clock.monotonic() + again_in_s, errand.host))
        elif not line:
            del self._lines[errand.host]
        elif failure is not None and failure.delay_s is not None:
            rest_s = min(failure.delay_s, failures.LONGEST_WAIT_S)
            heapq.heappush(self._resting, (self._clock.monotonic() + rest_s, errand.host))
        else:
            self._ready.append(errand.host)

    def _hand_over(self) -> None:
        now = self._clock.monotonic()
        while self._resting and self._resting[0][0] <= now:
            self._ready.append(heapq.heappop(self._resting)[1])
        while self._ready and len(self._futures) < HANDED_OVER:
            errand = self._lines[self._ready.popleft()].popleft()
            errand.tries += 1
            future = self._threads.submit(self._read, errand)
            self._futures.add(future)
            future.add_done_callback(self._futures.discard)

    def _read(self, errand: _Errand) -> None:
        """Runs in a thread. Whatever happens, the rows that wait for this page hear of it."""
        page: Page | None = None
        failure: RowFailed | None = None
        began = time.perf_counter()
        try:
            page = self._pages.read(errand.website)
        except RowFailed as refused:
            failure = refused
        except Exception as defect:  # noqa: BLE001
            # Its message may hold text of the page, so its kind alone is logged.
            kind = type(defect).__name__
            _log.error("Reading a website failed.", extra={"action": "page_defect", "error": kind})
            failure = RowFailed("page_unreachable", failures.sentence("page_unreachable"))
        self._times.append((page.final_url if page else None, round((time.perf_counter() - began) * 1000)))
        self._done.append((errand, page, failure))
        if len(self._futures) <= FEW or len(self._done) >= THREADS // 2:
            self._wake.set()

    # ── documents ──────────────────────────────────────────────────────────────────────────────────

    def _key(self, row: Row) -> str:
        return page_doc_key(page_key(row.inputs.get(self._website, "")), standin=self._standin).id

    def _kept(self, key: str, page: Page, now: float) -> Write:
        data = {
            "text": page.text,
            "url": page.final_url,
            "title": page.title,
            "pages_read": list(page.pages_read),
            "at": now,
        }
        return Create(_doc(key), data, expires_at=now + self._keep_s)


def _repeat_s(failure: RowFailed, tries: int) -> float | None:
    """Seconds until this page is worth another try; None when it is not.

    A host that asks for a longer rest than a batch can wait for is not asked again.
    """
    if not failure.transient or not failures.may_try_again(failure.error_class, tries):
        return None
    if failure.delay_s is not None and failure.delay_s > failures.LONGEST_WAIT_S:
        return None
    return failures.wait_s(tries, failure.delay_s, random.random())


def _doc(key: str) -> Key:
    return Key("pages", key)
