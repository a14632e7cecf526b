"""Counts what happens into the hour's document of its spreadsheet, in the commit in which it happens.

The document is opened by a commit of its own, once an hour and batch; from then on it only grows by
increments, so no job waits for another one. A few documents share each hour, as one takes about a write a
second. They expire, and a question reads as many of them as it asks for hours.
"""

from __future__ import annotations

import resource
import threading
import time
import zlib
from collections.abc import Mapping, Sequence

from backend.domain import results, stats
from backend.domain.job import Job, Status
from backend.domain.results import Result
from backend.errors import Conflict, TryLater
from backend.ports import Clock, Create, Documents, Increment, Key, Write
from backend.usecases.batch.questions import Asked

#: Documents that share an hour of one spreadsheet.
SHARDS = 4
#: The longest question is about 30 days; one more lets it be asked late.
KEPT_S = 31 * 86_400.0


def open_hour(documents: Documents, job: Job, at: float) -> Key:
    """The document that this job counts into; raises `TryLater` when it can be neither found nor made."""
    hour = stats.hour_of(at)
    shard = zlib.crc32(job.id.encode()) % SHARDS
    key = Key("stats", f"{job.spreadsheet_id}.{hour}-{shard}")
    if documents.get(key) is None:
        data = {"spreadsheet_id": job.spreadsheet_id, "hour": hour}
        try:
            documents.commit([Create(key, data, expires_at=at + KEPT_S)])
        except Conflict:
            return key  # another job opened it at this moment
    return key


def counted(documents: Documents, job: Job, at: float, by: Mapping[str, int]) -> list[Write]:
    """An increment to go beside what it counts; none when the store is too busy to open the hour."""
    try:
        return [Increment(open_hour(documents, job, at), by)]
    except TryLater:
        return []


def start_counted(documents: Documents, job: Job, now: float) -> list[Write]:
    """How long a job waited in line until its first start; one that waited for others is left out."""
    if job.started_at is not None or job.depends_on:
        return []
    waited_s = max(0.0, now - max(job.created_at, job.run_at or 0.0))
    return counted(documents, job, now, stats.counters(stats.WAIT_S, [waited_s]))


def end_counted(documents: Documents, job: Job, now: float, beside: Sequence[Write]) -> list[Write]:
    """A job's end, and the rows that `beside` cancels with it."""
    if job.status not in (Status.COMPLETED, Status.FAILED, Status.CANCELLED):
        return []
    rest = sum(write.by.get("cancelled", 0) for write in beside if isinstance(write, Increment))
    by = {f"j_{job.status.lower()}": 1} | ({"cancelled": rest} if rest else {})
    return counted(documents, job, now, by)


class Meter:
    """What this process has used since somebody last asked: batches that share it share it out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cpu_s = time.process_time()

    def cpu_ms(self) -> int:
        with self._lock:
            used_s = time.process_time()
            spent = used_s - self._cpu_s
            self._cpu_s = used_s
        return max(0, round(spent * 1000))

    @staticmethod
    def peak_mb() -> int:
        """The most memory that the process has held at once."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class Tally:
    """What one batch counts. What a busy store cannot count at once is counted with what follows."""

    def __init__(self, documents: Documents, clock: Clock, job: Job, meter: Meter) -> None:
        self._documents, self._clock, self._job, self._meter = documents, clock, job, meter
        self._hour = -1
        self._key: Key | None = None
        self._waiting: dict[str, int] = {}
        self._counted_at = clock.monotonic()
        meter.cpu_ms()  # what was used before is nobody's

    def answered(
        self, batch: Sequence[Result], asked: Sequence[Asked], pages: Sequence[tuple[str | None, int]]
    ) -> list[Write]:
        """Results, the calls that brought them, and the pages read since: (address, milliseconds)."""
        page_ms = {url: ms for url, ms in pages if url is not None}
        row_ms = [result.ms + page_ms.get(result.page_url or "", 0) for result in batch if result.tries]
        now = self._clock.monotonic()
        by = {
            **results.deltas(list(batch)),
            **stats.counters(stats.ROW_MS, row_ms),
            **stats.counters(stats.CALL_MS, [ms for one in asked for ms in one.question.calls_ms]),
            **stats.counters(stats.PAGE_MS, [ms for _, ms in pages]),
            **stats.counters(stats.MEMORY_MB, [self._meter.peak_mb()]),
            "busy_ms": max(0, round((now - self._counted_at) * 1000)),
            "cpu_ms": self._meter.cpu_ms(),
        }
        self._counted_at = now
        return self._increments(by)

    def settled(self, counts: Mapping[str, int]) -> list[Write]:
        """Rows that came to a terminal state, by state."""
        return self._increments({state: count for state, count in counts.items() if count})

    def _increments(self, by: Mapping[str, int]) -> list[Write]:
        stats.add(self._waiting, by)
        if not self._waiting:
            return []
        try:
            key = self._open()
        except TryLater:
            return []
        counted, self._waiting = self._waiting, {}
        return [Increment(key, counted)]

    def _open(self) -> Key:
        now = self._clock.now()
        if self._key is None or stats.hour_of(now) != self._hour:
            self._key = open_hour(self._documents, self._job, now)
            self._hour = stats.hour_of(now)
        return self._key
