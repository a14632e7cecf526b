"""Accepting the rows of a job: which ones it takes, and the chunks that keep them as they were then."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from backend.domain import selection
from backend.domain.cells import is_blank
from backend.domain.job import Job
from backend.domain.recipes import Recipe
from backend.domain.rows import CHUNK_CHARS, Row, chunks
from backend.domain.selection import HEADER_ROWS, Found, Layout
from backend.errors import NotFound, Rejected
from backend.ports import ALL_COLUMNS, Area, Cell, Key, Sheets, Spreadsheet, Tab
from backend.usecases.batch.looking import SEARCH_ROWS
from backend.usecases.batch.output_columns import add_outputs, missing_outputs
from backend.usecases.batch.sheet_calls import CALL_TIMEOUT_S, Call
from backend.usecases.records import chunk_key, outputs_key

#: What one read of a sheet shall come to, with so much for a cell besides its text, and the rows that it asks
#: for at least and at most. The first one asks for `SEARCH_ROWS`: nothing is known of the rows then.
BLOCK_BYTES, CELL_BYTES = 11_000_000, 50
LEAST_ROWS, MOST_ROWS = 1_000, 10_000
#: After so many rows of a block, what they came to is committed.
HANDED_ON_ROWS = 1_000


class NoColumns(Rejected):
    """The sheet has no usable header (any more)."""

    status = 422


@dataclass(frozen=True, slots=True)
class Chunk:
    """A document to be committed: rows, or (in a chunk of its own) what stood in their output cells."""

    key: Key
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frozen:
    """The end of a freeze: how many rows were accepted, in which chunks, by which headers."""

    total: int
    starts: list[int]
    output_chunks: int
    columns: dict[str, str]
    #: The tab's size now, output columns included.
    tab: Tab
    #: Headers of the output columns that were not there: their cells held nothing before.
    added: tuple[str, ...]

    def index(self, job_id: str) -> dict[str, Any]:
        return {
            "job_id": job_id,
            "starts": self.starts,
            "output_chunks": self.output_chunks,
            "added": list(self.added),
        }


Freezing = Generator[Call | Chunk, Any, Frozen]


class Taking(Protocol):
    """What becomes of the rows while a tab is read."""

    @property
    def count(self) -> int:
        """Rows accepted so far."""
        ...

    def remember(self, row: Found) -> None:
        """A row of data, accepted or not."""
        ...

    def accept(self, row: Row) -> None: ...

    def chunks(self, *, last: bool) -> Iterator[Chunk]:
        """Documents that are to be committed now."""
        ...


def freeze(
    job: Job, name: str, recipe: Recipe, sheets: Sheets, is_stale: Callable[[Found], bool], most_rows: int
) -> Freezing:
    """Reads the tab once and accepts its rows; "accepted" means from here on. `name` is this freeze's."""
    gathering = _Gathering(job.id, name)
    where, tab = yield from select(job, recipe, sheets, is_stale, most_rows, gathering)
    columns = {name: where.headers[index] for name, index in where.columns.inputs.items()}
    missing = missing_outputs(recipe, where)
    if gathering.count and missing:
        tab = yield from add_outputs(job, sheets, tab, where, missing)
    return Frozen(gathering.count, gathering.starts, gathering.output_chunks, columns, tab, tuple(missing))


def select(
    job: Job,
    recipe: Recipe,
    sheets: Sheets,
    is_stale: Callable[[Found], bool],
    most_rows: int,
    taking: Taking,
) -> Generator[Call | Chunk, Any, tuple[Layout, Tab]]:
    """Reads the tab in blocks and hands `taking` the rows that the job accepts. Changes nothing."""
    tab = yield from _tab(job, sheets)
    where: Layout | None = None
    blanks: list[Found] = []
    column: int | None = None
    most = min(job.max_rows or most_rows, most_rows)
    first, rows = 0, SEARCH_ROWS
    while first < tab.rows:
        block: list[list[Cell]] = yield Call("reads", partial(_block, job, sheets, tab, first, rows))
        if where is None:
            where = selection.layout(recipe, block[:HEADER_ROWS], job.columns)
            if where.columns.problem is not None:
                raise NoColumns(where.columns.problem)
            column = _filter_column(job, where)
        begin = max(where.first_row, job.start_row - 1)
        next_first, rows = first + rows, _rows_to_read(block)
        for place, cells in enumerate(_handed_on(block), first):
            if place % HANDED_ON_ROWS == 0:
                yield from taking.chunks(last=False)
            if place < begin or taking.count >= most:
                continue
            row = selection.found(recipe, where, place, cells, column)
            if row.blank:
                blanks.append(row)  # counts only when another row follows: trailing blanks are no rows
                continue
            for candidate in (*blanks, row):
                taking.remember(candidate)
                if taking.count < most and selection.takes(job, candidate, is_stale):
                    taking.accept(selection.accepted(recipe, taking.count, candidate))
            blanks.clear()
        first = next_first
    yield from taking.chunks(last=True)
    if where is None:
        raise NoColumns("The tab is empty: it has no header row.")
    return where, tab


def _tab(job: Job, sheets: Sheets) -> Generator[Call, Any, Tab]:
    spreadsheet: Spreadsheet = yield Call("reads", lambda: sheets.describe(job.spreadsheet_id))
    for tab in spreadsheet.tabs:
        if tab.id == job.sheet_id:
            return tab
    raise NotFound(f'The tab "{job.sheet_name}" was deleted.')


def _block(job: Job, sheets: Sheets, tab: Tab, first: int, rows: int) -> list[list[Cell]]:
    area = Area(tab.id, first, min(tab.rows, first + rows), 0, ALL_COLUMNS)
    return sheets.read(job.spreadsheet_id, [area], timeout_s=CALL_TIMEOUT_S)[0]


def _rows_to_read(block: Sequence[Sequence[Cell]]) -> int:
    """By the rows that came last: a long sheet leaves reads for its flushes, heavy rows leave memory."""
    size = sum(CELL_BYTES + len(str(cell)) for row in block for cell in row if cell != "")
    return min(MOST_ROWS, max(LEAST_ROWS, BLOCK_BYTES * len(block) // size)) if size else MOST_ROWS


def _handed_on(block: list[list[Cell]]) -> Iterator[list[Cell]]:
    """Row after row, each forgotten by the block: it and what is made of it are not held together."""
    block.reverse()
    while block:
        yield block.pop()


def _filter_column(job: Job, where: Layout) -> int | None:
    if job.filter is None:
        return None
    column = selection.filter_column(job.filter.column, where.headers)
    if column is None:
        raise NoColumns(f'There is no column called "{job.filter.column}" to filter by.')
    return column


class _Gathering:
    """Rows and outputs on their way into chunks that fit into documents."""

    def __init__(self, job_id: str, name: str) -> None:
        self._job_id, self._name = job_id, name
        self.count = 0
        self.starts: list[int] = []
        self.output_chunks = 0
        self._rows: list[Row] = []
        self._outputs: dict[str, dict[str, str]] = {}
        self._output_chars = 0
        self._full: list[Chunk] = []

    def accept(self, row: Row) -> None:
        self._rows.append(row)
        self.count += 1

    def remember(self, row: Found) -> None:
        """Keeps what stands in a row's output cells, for the repair of a write that lands beside it."""
        texts = {name: text for name, text in row.outputs.items() if not is_blank(text)}
        if not texts or not row.fingerprint:
            return
        chars = sum(map(len, texts.values()))
        if self._outputs and self._output_chars + chars > CHUNK_CHARS:
            self._close_outputs()
        self._outputs[row.fingerprint] = texts
        self._output_chars += chars

    def chunks(self, *, last: bool) -> Iterator[Chunk]:
        """What is full; the newest rows wait for more unless the sheet has ended."""
        ready = list(chunks(iter(self._rows)))
        self._rows = [] if last or not ready else ready.pop()
        for rows in ready:
            self.starts.append(rows[0].index)
            entries = [
                {"i": row.index, "p": row.place, "f": row.fingerprint, "c": dict(row.inputs)} for row in rows
            ]
            key = chunk_key(self._job_id, self._name, len(self.starts) - 1)
            yield Chunk(key, {"job_id": self._job_id, "rows": entries})
        if last and self._outputs:
            self._close_outputs()
        yield from self._full
        self._full.clear()

    def _close_outputs(self) -> None:
        key = outputs_key(self._job_id, self._name, self.output_chunks)
        self._full.append(Chunk(key, {"job_id": self._job_id, "outputs": self._outputs}))
        self.output_chunks += 1
        self._outputs, self._output_chars = {}, 0
