"""Receipts: how each row of a job ended, what it cost, and where it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from backend.domain import results
from backend.domain.job import Job
from backend.domain.results import Result
from backend.errors import NotFound
from backend.ports import Documents
from backend.usecases.batch.recalling import documents_of, pairs
from backend.usecases.batch.todo import takes
from backend.usecases.records import lease_from_data, lease_key, rest_key, result_key, write_key

#: Documents that say how rows ended, read at once: a page of receipts is mostly told by the first of them.
NOTES = 4


@dataclass(frozen=True, slots=True)
class Receipt:
    """A result and its end: `state` is None while it waits for its place in the sheet."""

    #: "attempt-document-position": where its result is kept; None for one that is on its way.
    id: str | None
    result: Result
    state: str | None
    #: Zero-based row where it was written; None when nowhere (yet).
    written: int | None


def receipts(
    documents: Documents,
    job: Job,
    *,
    status: str | None = None,
    error_class: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> tuple[list[Receipt], str | None]:
    """A page of receipts of the newest attempt of each row, in the order in which they were answered.

    `cursor` is "attempt-document-position"; raises nothing for one that points beyond the end.
    """
    found: list[Receipt] = []
    for position, receipt in _from(documents, job, cursor):
        if status is not None and receipt.state != status:
            continue
        if error_class is not None and receipt.result.error_class != error_class:
            continue
        if len(found) == limit:
            return found, position
        found.append(receipt)
    return found, None


def result_of(documents: Documents, job: Job, receipt_id: str) -> Result:
    """The result that a receipt's id names; raises `NotFound`."""
    attempt, n, position = map(int, receipt_id.split("-"))
    document = documents.get(result_key(job.id, attempt, n))
    rows = document.data["rows"] if document is not None else ()
    if position >= len(rows):
        raise NotFound("There is no such row in this job.")
    return results.from_data(rows[position])


def all_receipts(documents: Documents, job: Job) -> dict[int, Receipt]:
    """The newest receipt of every row that has one, by index."""
    return {receipt.result.index: receipt for _, receipt in _from(documents, job, None)}


def newest_results(documents: Documents, job: Job, most: int) -> list[Result]:
    """The last results that were committed, oldest first: what a live run shows as it goes."""
    lease = documents.get(lease_key(job.id))
    if lease is None:
        return []
    state = lease_from_data(lease.data)
    last = range(max(0, state.next_result - 3), state.next_result)
    found: list[Result] = []
    for document in documents.get_many([result_key(job.id, state.attempt, n) for n in last]):
        found += [results.from_data(entry) for entry in (document.data["rows"] if document else ())]
    return found[-most:]


def attempts(documents: Documents, job: Job) -> list[tuple[int, int]]:
    """Numbers of result and write documents, attempt by attempt."""
    counts = [*job.attempts]
    lease = documents.get(lease_key(job.id))
    if lease is not None:
        state = lease_from_data(lease.data)
        if state.attempt > len(counts):
            counts.append((state.next_result, state.next_write))
    return counts


def _from(documents: Documents, job: Job, cursor: str | None) -> Iterator[tuple[str, Receipt]]:
    start = [int(part) for part in cursor.split("-")] if cursor else [1, 0, 0]
    newest = _retaken(documents, job)
    for attempt, (results_n, writes_n) in enumerate(attempts(documents, job), start=1):
        if attempt < start[0]:
            continue
        settled = _Settled(documents, job.id, attempt, writes_n)
        first = start[1] if attempt == start[0] else 0
        for n in range(first, results_n):
            document = documents.get(result_key(job.id, attempt, n))
            for position, entry in enumerate(document.data["rows"] if document else ()):
                if [attempt, n, position] < start or newest.get(entry["index"], 1) != attempt:
                    continue
                result = results.from_data(entry)
                state, written = settled.of(result.index)
                found = f"{attempt}-{n}-{position}"
                yield found, Receipt(found, result, state, written)


def _retaken(documents: Documents, job: Job) -> dict[int, int]:
    """Rows that were taken again → the newest attempt that did: what they came to before is past."""
    return {
        index: attempt
        for attempt in range(2, job.attempt + 1)
        for rows in takes(documents, job, job.total or 0, attempt)
        for index in rows
    }


class _Settled:
    """How the rows of an attempt ended. Each is settled once, so its notes are read as far as asked for."""

    def __init__(self, documents: Documents, job_id: str, attempt: int, writes_n: int) -> None:
        keys = [write_key(job_id, attempt, n) for n in range(writes_n)]
        self._notes = documents_of(documents, keys, at_once=NOTES)
        self._found: dict[int, tuple[str, int | None]] = {}

    def of(self, index: int) -> tuple[str | None, int | None]:
        """(state, place); the place is None when it was written nowhere, both when it is not settled."""
        while index not in self._found:
            _, note = next(self._notes, (0, None))
            if note is None:
                return None, None
            for state, rows in note["settled"].items():
                self._found |= {at: (state, place if place >= 0 else None) for at, place in pairs(rows)}
        return self._found[index]


def was_rest_cancelled(documents: Documents, job: Job) -> bool:
    """Whether the rows of the newest attempt that have no receipt were cancelled."""
    return documents.get(rest_key(job.id, job.attempt)) is not None
