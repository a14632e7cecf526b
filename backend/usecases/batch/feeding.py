"""From frozen rows to questions: what is known already costs nothing, equal rows become one question."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backend.domain import results, rows
from backend.domain.answers import answer_key, sent_inputs
from backend.domain.failures import sentence
from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.rows import Row
from backend.errors import RowFailed
from backend.ports import Clock, Create, Document, Documents, Replace, Write
from backend.usecases.batch.asking import Asker
from backend.usecases.batch.frozen_rows import FrozenRows
from backend.usecases.batch.pages import PageStage, Read
from backend.usecases.batch.questions import ALONE, About, Asked, Question, to_results
from backend.usecases.batch.recalling import OPEN
from backend.usecases.records import answer_doc_key


@dataclass(frozen=True, slots=True)
class Fed:
    """What one feeding found without a call, and writes that keep what it learned."""

    found: list[Result]
    writes: list[Write]


class Feeder:
    """Hands rows to the asker, chunk by chunk, so that memory does not grow with the sheet."""

    def __init__(
        self,
        *,
        job: Job,
        recipe: Recipe,
        frozen: FrozenRows,
        states: bytearray,
        takes: Sequence[range],
        documents: Documents,
        clock: Clock,
        asker: Asker,
        pages: PageStage | None,
        tenant: str,
        keep_answers_s: float,
    ) -> None:
        self._job, self._recipe, self._frozen, self._states = job, recipe, frozen, states
        self._documents, self._clock = documents, clock
        self._asker, self._pages, self._tenant = asker, pages, tenant
        self._keep_answers_s = keep_answers_s
        self._takes = bytearray(len(states))
        for wanted in takes:
            self._takes[wanted.start : wanted.stop] = b"\x01" * len(wanted)
        self._next_chunk = 0
        self._backlog: deque[Row] = deque()
        self._open: dict[str, Question] = {}
        self._stopped = False

    @property
    def exhausted(self) -> bool:
        """Whether every row was handed on."""
        handed_on = not self._backlog and self._next_chunk >= self._frozen.chunks
        return (self._stopped or handed_on) and not (self._pages and self._pages.waiting)

    @property
    def waiting(self) -> int:
        """Rows that were handed on and wait for their page or for their call."""
        return self._asker.waiting + (self._pages.waiting if self._pages else 0)

    @property
    def idle(self) -> bool:
        """Whether nothing that was handed on is still under way: no page is awaited, nothing is asked."""
        return self._asker.idle and not (self._pages and self._pages.waiting)

    def next_row(self) -> int | None:
        """The index of the row that the next feeding begins with."""
        while not self._backlog and self._next_chunk < self._frozen.chunks and not self._stopped:
            self._backlog.extend(self._chunk(self._next_chunk))
            self._next_chunk += 1
        return self._backlog[0].index if self._backlog else None

    def feed(self, room: int) -> Fed:
        """Takes pages that came, and up to `room` rows."""
        found: list[Result] = []
        writes: list[Write] = []
        if self._pages is not None:
            reads, writes = self._pages.take()
            found += self._on(reads)
        while room > 0 and self.next_row() is not None:
            taken = [self._backlog.popleft() for _ in range(min(room, len(self._backlog)))]
            found += self._hand_on(taken)
            room -= len(taken)
        return Fed(found, writes)

    def page_times(self) -> list[tuple[str | None, int]]:
        """Pages read since this was last asked: final address (None: in vain) and milliseconds."""
        return self._pages.take_times() if self._pages is not None else []

    def stop(self) -> None:
        self._stopped = True
        self._backlog.clear()
        if self._pages is not None:
            self._pages.stop()
        self._asker.stop()

    def settle(self, asked: Iterable[Asked]) -> tuple[list[Result], list[Write]]:
        """Results of questions that ended, and their answers to be kept."""
        now = self._clock.now()
        found: list[Result] = []
        writes: list[Write] = []
        for one in asked:
            self._open.pop(one.question.key, None)
            if one.left:
                continue
            found += to_results(one, now)
            if one.failure is None and one.shared is None:
                writes.append(
                    Create(answer_doc_key(one.question.key), _answer(one, now), now + self._keep_answers_s)
                )
        return found, writes

    def _chunk(self, number: int) -> list[Row]:
        """The rows of a chunk that this attempt takes and nobody has answered."""
        first, end = self._frozen.bounds(number)
        if not any(self._takes[i] and self._states[i] == OPEN for i in range(first, end)):
            return []
        rows_of_chunk = self._frozen.rows(number)
        return [row for row in rows_of_chunk if self._takes[row.index] and self._states[row.index] == OPEN]

    def _hand_on(self, wanted: Sequence[Row]) -> list[Result]:
        found: list[Result] = []
        askable: list[Row] = []
        for row in wanted:
            why = rows.why_skipped(self._recipe, row.inputs)
            if why is None:
                askable.append(row)
            else:
                found.append(results.skipped(row, why, self._clock.now()))
        if self._pages is not None:
            return found + self._on(self._pages.want(askable))
        return found + self._questions([(row, ALONE) for row in askable])

    def _on(self, reads: Iterable[Read]) -> list[Result]:
        """Rows whose page came go on to the model; those without one fall back, or fail."""
        found: list[Result] = []
        ready: list[tuple[Row, About]] = []
        for read in reads:
            for row in read.rows:
                failure = read.failure
                if failure is None:
                    ready.append((row, About(read.text, read.url, read.at)))
                elif self._job.fallback and rows.can_fall_back(row.inputs):
                    ready.append((row, About(remark=_without_website(failure))))
                else:
                    found.append(results.failed(row, failure.error_class, failure.message, self._clock.now()))
        return found + self._questions(ready)

    def _questions(self, wanted: Sequence[tuple[Row, About]]) -> list[Result]:
        """Groups equal rows; answers what is known; asks the rest."""
        groups: dict[str, list[Row]] = {}
        about: dict[str, About] = {}
        for row, beside in wanted:
            key = answer_key(
                tenant=self._tenant,
                provider=self._job.provider,
                model=self._job.model,
                recipe=self._recipe,
                inputs=sent_inputs(self._recipe, row.inputs, beside.page_text),
                page_text=beside.page_text,
            )
            if key in self._open:
                self._open[key].rows.append(row)
            else:
                groups.setdefault(key, []).append(row)
                about[key] = beside
        found: list[Result] = []
        keys = list(groups)
        for key, document in zip(keys, self._known(keys), strict=True):
            if document is not None:
                found += [self._cached(row, document.data, about[key]) for row in groups.pop(key)]
        questions: list[Question] = []
        for key, equal in list(groups.items()):
            question = self._asker.question(key, equal, about[key])
            self._open[key] = question
            questions.append(question)
        if questions:
            self._asker.ask(questions)
        return found

    def _known(self, keys: list[str]) -> list[Document | None]:
        """Answers to these questions. A job that asks anew takes only those that were given since it began:
        rows that are equal, and far apart, cost one call there, too."""
        found = self._documents.get_many([answer_doc_key(key) for key in keys])
        if not self._job.fresh:
            return found
        began = self._job.started_at or self._clock.now()
        return [document if document and document.data["at"] >= began else None for document in found]

    def _cached(self, row: Row, answer: dict[str, Any], about: About) -> Result:
        return Result(
            row.index,
            row.place,
            row.fingerprint,
            "done",
            tuple(answer["outputs"]),
            sentence=about.remark,
            cached=True,
            saved_microusd=answer["cost_microusd"],
            page_url=about.page_url,
            page_at=about.page_at,
            at=self._clock.now(),
        )


def _without_website(failure: RowFailed) -> str:
    why = sentence(failure.error_class)
    return f"without the website: {why[0].lower()}{why[1:].rstrip('.')}"


def _answer(asked: Asked, now: float) -> dict[str, Any]:
    question = asked.question
    return {
        "outputs": list(asked.outputs),
        "tokens_in": question.tokens_in,
        "tokens_out": question.tokens_out,
        "cost_microusd": question.cost_microusd,
        "at": now,
    }


def without_known(writes: Sequence[Write], documents: Documents, *, fresh: bool) -> list[Write]:
    """After a lost race: what another job stored first is left as it is, or renewed when `fresh`.

    `writes` keep what was learned: `Create`s, and `Replace`s of an earlier call of this function.
    """
    kept: list[Write] = []
    for write in writes:
        if not isinstance(write, Create | Replace):
            raise TypeError(f"{write} keeps nothing")
        standing = documents.get(write.key)
        if standing is None:
            kept.append(Create(write.key, write.data, write.expires_at))
        elif fresh and write.key.collection == "answers":
            kept.append(Replace(write.key, standing.version, write.data, write.expires_at))
    return kept
