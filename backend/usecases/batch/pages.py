"""Websites of a batch: each address is read once, in threads of its own, and kept for the next time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from backend.domain import failures
from backend.domain.page import Page
from backend.domain.rows import Row
from backend.domain.website import page_key
from backend.errors import RowFailed
from backend.ports import Clock, Create, Documents, Key, Pages, Write
from backend.usecases.records import page_doc_key


@dataclass(frozen=True, slots=True)
class Read:
    """Rows whose website was read, or could not be."""

    rows: list[Row]
    text: str | None
    url: str | None
    failure: RowFailed | None = None


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
        self._done: deque[tuple[str, Page | None, RowFailed | None]] = deque()
        self._futures: set[Future[None]] = set()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def want(self, rows: list[Row]) -> list[Read]:
        """Takes rows; gives those at once whose page is known or whose address is unusable."""
        at_once: list[Read] = []
        by_key: dict[str, list[Row]] = {}
        for row in rows:
            try:
                key = page_key(row.inputs.get(self._website, ""))
            except RowFailed as failure:
                at_once.append(Read([row], None, None, failure))
                continue
            by_key.setdefault(key, []).append(row)
        new = [key for key in by_key if key not in self._waiting]
        known = self._documents.get_many([self._doc(key) for key in new])
        for key, document in zip(new, known, strict=True):
            if document is not None:
                at_once.append(Read(by_key.pop(key), document.data["text"], document.data["url"]))
        for key, wanting in by_key.items():
            if key in self._waiting:
                self._waiting[key] += wanting
            else:
                self._waiting[key] = wanting
                self._start(key, wanting[0].inputs[self._website])
        return at_once

    def take(self) -> tuple[list[Read], list[Write]]:
        """Pages that have come, and the writes that keep them."""
        reads: list[Read] = []
        writes: list[Write] = []
        while self._done:
            key, page, failure = self._done.popleft()
            rows = self._waiting.pop(key)
            if page is None:
                reads.append(Read(rows, None, None, failure))
                continue
            reads.append(Read(rows, page.text, page.final_url))
            data = {"text": page.text, "url": page.final_url, "title": page.title, "at": self._clock.now()}
            writes.append(Create(self._doc(key), data, expires_at=self._clock.now() + self._keep_s))
        return reads, writes

    def stop(self) -> None:
        """Nothing further is fetched; what is being fetched ends by its own deadline."""
        for future in self._futures:
            future.cancel()
        self._waiting = {
            key: rows for key, rows in self._waiting.items() if key in {k for k, _, _ in self._done}
        }

    def _doc(self, key: str) -> Key:
        return page_doc_key(key, standin=self._standin)

    def _start(self, key: str, website: str) -> None:
        future = self._threads.submit(self._read, key, website)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def _read(self, key: str, website: str) -> None:
        page, failure = _read_with_repeats(self._pages.read, website, self._clock)
        self._done.append((key, page, failure))
        self._wake.set()


def _read_with_repeats(
    read: Callable[[str], Page], website: str, clock: Clock
) -> tuple[Page | None, RowFailed | None]:
    tries = 0
    while True:
        tries += 1
        try:
            return read(website), None
        except RowFailed as failure:
            if not failure.transient or not failures.may_try_again(failure.error_class, tries):
                return None, failure
            clock.sleep(min(failures.wait_s(tries, failure.delay_s, 0.5), 5.0))
