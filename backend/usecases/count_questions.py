"""How many questions a run would ask: equal rows are one, answers that are known are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backend.domain import answers, estimate, rows
from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.rows import Row
from backend.domain.website import page_key
from backend.errors import RowFailed
from backend.ports import Documents, Key
from backend.usecases.records import answer_doc_key, page_doc_key

#: Documents asked for at once.
PAGE = 300

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """A row to be asked about; `text` is its website's, where that is known already."""

    row: Row
    text: str | None
    url_known: bool


class Questions:
    """What becomes of the rows that can be asked about. Of a question its key is kept, of the first all."""

    def __init__(self, job: Job, recipe: Recipe, tenant: str, documents: Documents, standin: bool) -> None:
        self._job, self._recipe, self._tenant = job, recipe, tenant
        self._documents, self._standin = documents, standin
        self._keys: set[bytes] = set()
        self.first: Question | None = None
        self.calls = self.likely_in = self.duplicates = self.known = 0
        #: Rows that would fail without a call: they have no address that can be read, and nothing besides it.
        self.hopeless = 0
        self.unread_pages = 0

    def take(self, askable: Sequence[Row]) -> None:
        """Equal rows become one question; what has been answered before becomes none."""
        self.hopeless += len(askable)
        new: dict[str, Question] = {}
        for question in _with_pages(self._job, self._recipe, askable, self._documents, self._standin):
            self.hopeless -= 1
            key = answers.answer_key(
                tenant=self._tenant,
                provider=self._job.provider,
                model=self._job.model,
                recipe=self._recipe,
                inputs=answers.sent_inputs(self._recipe, question.row.inputs, question.text),
                page_text=question.text,
            )
            if (short := bytes.fromhex(key)) in self._keys:
                self.duplicates += 1
            else:
                self._keys.add(short)
                new[key] = question
        keys = [answer_doc_key(key) for key in new]
        known = [False] * len(keys) if self._job.fresh else _exist(self._documents, keys)
        for question, is_known in zip(new.values(), known, strict=True):
            if is_known:
                self.known += 1
            else:
                self._ask(question)

    def _ask(self, question: Question) -> None:
        self.first = self.first or question
        self.calls += 1
        # The delimiter of a real prompt is as long, and random.
        row, recipe = question.row, self._recipe
        text = answers.user_message(recipe, row.inputs, question.text, "data-0123456789abcdef")
        self.likely_in += estimate.prompt_tokens(recipe, text)
        if recipe.website is not None and not question.url_known:
            self.unread_pages += 1
            self.likely_in += estimate.PAGE_TOKENS


def _with_pages(
    job: Job, recipe: Recipe, askable: Sequence[Row], documents: Documents, standin: bool
) -> Iterator[Question]:
    """The rows with the text of their website, where it was read not long ago. The hopeless are left out."""
    if recipe.website is None:
        yield from (Question(row, None, True) for row in askable)
        return
    for page in _pages(askable):
        keys: dict[int, Key] = {}
        for row in page:
            try:
                key = page_key(row.inputs.get(recipe.website, ""))
            except RowFailed:
                continue
            keys[row.index] = page_doc_key(key, standin=standin)
        found = dict(zip(keys, documents.get_many(list(keys.values())), strict=True))
        for row in page:
            document = found.get(row.index)
            if row.index in keys:
                yield Question(row, document.data["text"] if document else None, document is not None)
            elif job.fallback and rows.can_fall_back(row.inputs):
                yield Question(row, None, True)


def _exist(documents: Documents, keys: list[Key]) -> list[bool]:
    return [document is not None for page in _pages(keys) for document in documents.get_many(page)]


def _pages(items: Sequence[T]) -> Iterator[list[T]]:
    for first in range(0, len(items), PAGE):
        yield list(items[first : first + PAGE])
