"""A placer, or who takes its work back, at a desk: a few rows, and somebody who may act before any call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from backend.domain import results
from backend.domain.job import Job
from backend.domain.recipes import BRAND_NAME, CASE_A, CATEGORY, EMAIL_QUESTION, STATUS_HEADER
from backend.domain.results import Result
from backend.domain.rows import fingerprint
from backend.errors import RowmillError, TryLater
from backend.ports import Document, Key, Sheets
from backend.usecases.batch.beside import Beside
from backend.usecases.batch.intents import Note
from backend.usecases.batch.placing import Placer
from backend.usecases.batch.recalling import note_to_data, recall
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.records import result_key, write_key
from tests.fakes import FakeClock

INPUTS = ["Company Name", "Company Keywords", "Company Short Description"]
#: These tests' own: one more output of Case A is none of theirs.
RECIPE = replace(CASE_A, outputs=(CATEGORY, BRAND_NAME, EMAIL_QUESTION))
OUTPUTS = [*(output.header for output in RECIPE.outputs), STATUS_HEADER]
#: Flushes after which every row must have come to its end.
FLUSHES = 60

#: What somebody does before a call: number of the call → deed.
Deeds = Mapping[int, Callable[[], None]]


class Killed(Exception):
    """The worker dies here."""


class Steps(Protocol):
    """Who is driven: a placer, or a restorer."""

    @property
    def empty(self) -> bool: ...
    @property
    def can_progress(self) -> bool: ...
    def flush(self) -> Generator[Call | Note, Any, None]: ...


class Driver:
    """Drives somebody who writes, call by call. What they commit is kept, so that another can take over."""

    worker: Steps

    def __init__(self, job_id: str) -> None:
        self.clock = FakeClock()
        self.settled: dict[int, tuple[str, int | None]] = {}
        self.calls = 0
        self.kept: dict[Key, dict[str, object]] = {}
        self.writes = 0
        self._job_id = job_id

    def another_takes_over(self) -> None:
        """A new process, which knows what was committed and nothing else."""
        raise NotImplementedError

    def get_many(self, keys: Iterable[Key]) -> list[Document | None]:
        """The store, as far as a recall asks it."""
        return [Document(key, self.kept[key], "1") if key in self.kept else None for key in keys]

    def run(self, deeds: Deeds, pauses: Deeds | None = None) -> None:
        """Flushes until all has ended. A deed that raises `Killed` ends the process, and another goes on.

        `pauses` are deeds in the five seconds after so many flushes, or instead of them while all waits.
        """
        for number in range(FLUSHES):
            if self.worker.empty:
                return
            try:
                self._flush(deeds)
            except TryLater as later:
                self.clock.sleep(later.delay_s)
            except Killed:
                self.another_takes_over()
            if deed := (pauses or {}).get(number):
                deed()
            self.clock.sleep(5)
        raise AssertionError(f"not at an end: {self.settled}")

    def _flush(self, deeds: Deeds) -> None:
        if not self.worker.can_progress:
            return
        steps = self.worker.flush()
        step = next(steps, None)
        while step is not None:
            try:
                if isinstance(step, Note):
                    self._commit(step)
                    step = next(steps)
                    continue
                assert isinstance(step, Call)
                number = self.calls
                self.calls += 1
                if deed := deeds.get(number):
                    deed()
                try:
                    given = step.make()
                except RowmillError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(given)
            except StopIteration:
                return

    def _commit(self, note: Note) -> None:
        self.kept[write_key(self._job_id, 1, self.writes)] = note_to_data(self._job_id, note)
        self.writes += 1
        for state, places in note.settled.items():
            self.settled |= {index: (state, place) for index, place in places.items()}


class Desk(Driver):
    """A placer, with results for a few rows."""

    def __init__(
        self,
        sheets: Sheets,
        spreadsheet_id: str,
        sheet_id: int,
        found: Sequence[Result],
        *,
        added: Collection[str] = (),
        before: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`before`: what stood in the output cells beside a fingerprint at the freeze."""
        super().__init__("job")
        self.results = list(found)
        self._sheets, self._added, self._before = sheets, added, before or {}
        self._job = a_job(spreadsheet_id, sheet_id)
        self.kept[result_key("job", 1, 0)] = {"rows": [results.to_data(result) for result in self.results]}
        self._sent_inputs = [inputs_of_firm(one.outputs[1].removeprefix("brand of ")) for one in found]
        placer = self._placer()
        placer.add(self.results)
        self.worker = placer

    def _placer(self) -> Placer:
        prints: dict[str, tuple[int, ...]] = {}
        for result in self.results:
            prints[result.fingerprint] = (*prints.get(result.fingerprint, ()), result.index)
        return Placer(
            job=self._job,
            recipe=RECIPE,
            sheets=self._sheets,
            clock=self.clock,
            beside=Beside(
                lambda: prints, lambda cells: self._before.get(cells, {}), self._placed, self._inputs
            ),
            added=self._added,
            lease_left_s=lambda: 30.0,
            next_write=self.writes,
            tab=None,
        )

    def _inputs(self, index: int) -> Mapping[str, str]:
        return self._sent_inputs[index]

    def another_takes_over(self) -> None:
        recalled = recall(self, "job", 1, len(self.results), 1, self.writes)  # type: ignore[arg-type]
        placer = self._placer()
        placer.recall(recalled)
        self.worker = placer

    def _placed(self, indexes: set[int], settled: set[int]) -> dict[int, Result]:
        known = settled | {index for index, (_, place) in self.settled.items() if place is not None}
        return {index: self.results[index] for index in indexes & known}


def a_job(spreadsheet_id: str, sheet_id: int) -> Job:
    return Job(
        "job", spreadsheet_id, "", sheet_id, "Leads", "case_a", 1, "m", "standin", "sub", "e", 0.0,
        columns={column.name: column.header for column in RECIPE.inputs},
    )  # fmt: skip


def inputs_of_firm(name: str) -> dict[str, str]:
    return {"company_name": name, "company_keywords": f"keywords of {name}"}


def a_result(index: int, place: int, name: str) -> Result:
    cells = fingerprint([name, f"keywords of {name}", ""])
    return Result(index, place, cells, "done", answer(name))


def answer(name: str) -> tuple[str, str, str]:
    """Firms f and h are in the same trade: they share a category and a question."""
    trade = "firm f" if name == "firm h" else name
    return f"category of {trade}", f"brand of {name}", f"question about {trade}?"
