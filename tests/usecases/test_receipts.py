"""Receipts, page by page: each row's end, and no more read than the page needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.ports import Document, Documents, Key
from backend.usecases.read_rows import Receipt, all_receipts, attempts, receipts
from tests.usecases.desk import OUTPUTS
from tests.usecases.test_long_cells import LONG
from tests.usecases.world import BOOK, World

ROWS = 9


class Counted:
    """A store that counts the notes that are read."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.notes = 0

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        self.notes += sum(key.collection == "writes" for key in keys)
        return self._documents.get_many(keys)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)


def a_job_of_many_flushes(world: World) -> str:
    """What its output cells held is so long that a flush takes one row."""
    rows = [[f"Firm {n}", "word" if n else "", *[LONG] * len(OUTPUTS)] for n in range(1, ROWS)]
    world.sheets.has_tab(BOOK, 1, [["Company Name", "Company Keywords", *OUTPUTS], ["", "", LONG], *rows])
    [job_id] = world.create(1)
    world.run_until_quiet()
    return job_id


def test_pages_have_every_receipt_once_with_how_the_row_ended(world: World) -> None:
    job = world.job(a_job_of_many_flushes(world))
    found: list[Receipt] = []
    cursor: str | None = None
    while True:
        page, cursor = receipts(world.documents, job, limit=2, cursor=cursor)
        found += page
        if cursor is None:
            break
    assert len(found) == ROWS
    assert {one.result.index: one for one in found} == all_receipts(world.documents, job)
    assert sorted((one.state or "", one.written) for one in found) == [
        *(("done", place) for place in range(2, ROWS + 1)),
        ("skipped", 1),
    ]


def test_a_page_reads_the_notes_that_it_needs(world: World) -> None:
    job = world.job(a_job_of_many_flushes(world))
    store = Counted(world.documents)
    [(_, notes)] = attempts(world.documents, job)
    receipts(store, job, limit=1)
    assert 0 < store.notes < notes
    store.notes = 0
    all_receipts(store, job)
    assert store.notes == notes
