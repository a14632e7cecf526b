"""Which rows an attempt takes: all of them the first time, later those that failed or were left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from backend.domain.job import Job
from backend.domain.results import ROW_STATES
from backend.ports import Documents
from backend.usecases.batch.recalling import PAGE, pairs
from backend.usecases.records import result_key, todo_key, write_key

_CODE = {state: number + 1 for number, state in enumerate(ROW_STATES)}
_STATE = {number: state for state, number in _CODE.items()}


def takes(documents: Documents, job: Job, total: int, attempt: int | None = None) -> list[range]:
    """The ranges of row indexes of an attempt (the job's newest unless told otherwise)."""
    attempt = attempt or job.attempt
    if attempt == 1:
        return [range(total)]
    document = documents.get(todo_key(job.id, attempt))
    return [range(first, end) for first, end in pairs(document.data["ranges"])] if document else []


class FinalStates:
    """How every row of a job stands after the attempts made so far."""

    def __init__(self, documents: Documents, job: Job, total: int) -> None:
        self._codes = bytearray(total)
        self._classes: dict[int, str] = {}
        for attempt, (results_n, writes_n) in enumerate(job.attempts, start=1):
            for wanted in takes(documents, job, total, attempt):
                self._codes[wanted.start : wanted.stop] = bytes([_CODE["cancelled"]]) * len(wanted)
                for index in wanted:
                    self._classes.pop(index, None)  # what it failed of before was told when it was retaken
            self._read(documents, job.id, attempt, results_n, writes_n)

    def _read(self, documents: Documents, job_id: str, attempt: int, results_n: int, writes_n: int) -> None:
        keys = [write_key(job_id, attempt, n) for n in range(writes_n)]
        for first in range(0, len(keys), PAGE):
            for document in documents.get_many(keys[first : first + PAGE]):
                for state, rows in (document.data["settled"] if document else {}).items():
                    for index, _ in pairs(rows):
                        self._codes[index] = _CODE[state]
        keys = [result_key(job_id, attempt, n) for n in range(results_n)]
        for first in range(0, len(keys), PAGE):
            for document in documents.get_many(keys[first : first + PAGE]):
                for entry in document.data["rows"] if document else ():
                    self._classes[entry["index"]] = entry.get("error_class", "")

    def state(self, index: int) -> str | None:
        return _STATE.get(self._codes[index])

    def to_retry(self, error_class: str | None) -> list[int]:
        """Rows that failed (with this class), and without a class those that were left, too."""
        return [
            index
            for index, code in enumerate(self._codes)
            if (code == _CODE["failed"] and error_class in (None, self._classes.get(index)))
            or (code in (0, _CODE["cancelled"]) and error_class is None)
        ]

    def forget(self, indexes: Sequence[int]) -> dict[str, int]:
        """What the progress document has to be told when these rows are taken again."""
        by: dict[str, int] = {}
        for index in indexes:
            if (state := self.state(index)) is not None:
                by[state] = by.get(state, 0) - 1
            # One that was cancelled between its failure and its place in the sheet counts there, too.
            if error_class := self._classes.get(index):
                by[f"f_{error_class}"] = by.get(f"f_{error_class}", 0) - 1
        return by


def ranges(indexes: Sequence[int]) -> list[int]:
    """Sorted indexes as flat half-open ranges."""
    flat: list[int] = []
    for _, run in groupby(enumerate(indexes), key=lambda pair: pair[1] - pair[0]):
        members = [index for _, index in run]
        flat += [members[0], members[-1] + 1]
    return flat
