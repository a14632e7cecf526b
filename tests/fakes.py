"""The outside in memory, with verbs: a clock, a spreadsheet, a model and a queue that tests command.

Each does what its Protocol in `backend.ports` promises, at once and without a network; the stores have no
fake, for SQLite is quick enough to be itself.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from backend.domain.cells import as_text
from backend.errors import Forbidden, Invalid, NotFound, PauseJob, RowFailed, TryLater
from backend.ports import (
    Anchor,
    Answer,
    Area,
    Block,
    Cell,
    Entered,
    Nonce,
    Page,
    Prompt,
    Spreadsheet,
    Strip,
    Tab,
    Task,
)

#: So many of the loop's seconds pass in one real one: waits between repeats cost a test next to nothing.
LOOP_SPEED = 200.0


class FakeClock:
    """Stands still, except while somebody waits for nothing: then it moves by what they wait for."""

    def __init__(self, now: float = 1_760_000_000.0) -> None:
        self._lock = threading.Lock()
        self._now, self._monotonic = now, 1_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        time.sleep(0.0005)
        self.advance(seconds)

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Gives the other threads a moment; what they do not do in it takes the whole time."""
        if not event.wait(0.003):
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
            self._monotonic += seconds

    def is_put(self, seconds: float) -> None:
        """The machine's clock is set forward, or back: only the time of day jumps."""
        with self._lock:
            self._now += seconds


class _QuickSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / LOOP_SPEED)


class _QuickLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(_QuickSelector())

    def time(self) -> float:
        return super().time() * LOOP_SPEED


class QuickRunner:
    """An event loop in a thread, on which seconds pass in milliseconds."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = _QuickLoop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.close()


@dataclass
class _Workbook:
    tabs: dict[int, list[list[Cell]]] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    #: Tab → its columns, each with the anchors on it: metadata id → output name.
    marks: dict[int, list[dict[int, str]]] = field(default_factory=dict)


class FakeSheets:
    """Spreadsheets as lists of rows. `tab(...)` is the live grid, to be read and edited as a person would."""

    def __init__(self) -> None:
        self._books: dict[str, _Workbook] = defaultdict(_Workbook)
        self._lock = threading.Lock()
        self._closed: set[str] = set()
        self._last_mark = 0
        self.takes_anchors = True
        self.writes = 0

    # ── what a test does ───────────────────────────────────────────────────────────────────────────

    def has_tab(
        self, spreadsheet_id: str, sheet_id: int, rows: Sequence[Sequence[Cell]], title: str | None = None
    ) -> None:
        """A tab with these rows, the header first."""
        width = max(map(len, rows))
        self._books[spreadsheet_id].tabs[sheet_id] = [[*row, *[""] * (width - len(row))] for row in rows]
        self._books[spreadsheet_id].titles[sheet_id] = title or f"Tab {sheet_id}"
        self._books[spreadsheet_id].marks[sheet_id] = [{} for _ in range(width)]

    def tab(self, spreadsheet_id: str, sheet_id: int) -> list[list[Cell]]:
        return self._books[spreadsheet_id].tabs[sheet_id]

    def marks(self, spreadsheet_id: str, sheet_id: int) -> list[dict[int, str]]:
        """The anchors by column, live: who moves a column moves them along."""
        marks = self._books[spreadsheet_id].marks[sheet_id]
        width = max(map(len, self.tab(spreadsheet_id, sheet_id)), default=0)
        marks.extend({} for _ in range(width - len(marks)))
        return marks

    def is_not_shared(self, spreadsheet_id: str) -> None:
        self._closed.add(spreadsheet_id)

    def is_shared(self, spreadsheet_id: str) -> None:
        self._closed.discard(spreadsheet_id)

    # ── the port ───────────────────────────────────────────────────────────────────────────────────

    def describe(self, spreadsheet_id: str) -> Spreadsheet:
        with self._lock:
            book = self._book(spreadsheet_id)
            tabs = (
                Tab(id, book.titles[id], len(grid), max(map(len, grid), default=0))
                for id, grid in book.tabs.items()
            )
            return Spreadsheet(spreadsheet_id, f"Book {spreadsheet_id}", tuple(tabs))

    def read(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Cell]]]:
        with self._lock:
            return [self._cells(spreadsheet_id, area) for area in areas]

    def entered(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Entered]]]:
        with self._lock:
            return [
                [[_entered(cell) for cell in row] for row in self._cells(spreadsheet_id, area)]
                for area in areas
            ]

    def write(self, spreadsheet_id: str, blocks: Sequence[Block | Strip], *, timeout_s: float = 30) -> None:
        with self._lock:
            placed = [one for block in blocks if (one := self._placed(spreadsheet_id, block)) is not None]
            for block in placed:
                grid, area = self._grid(spreadsheet_id, block.area.sheet_id), block.area
                if area.last_row > len(grid) or any(area.last_column > len(row) for row in grid):
                    raise Invalid("Range exceeds grid limits.")
            self.writes += 1
            for block in placed:
                grid, area = self._grid(spreadsheet_id, block.area.sheet_id), block.area
                for row, values in zip(grid[area.first_row : area.last_row], block.values, strict=True):
                    for column, value in enumerate(values, area.first_column):
                        row[column] = row[column] if value is None else value

    def _placed(self, spreadsheet_id: str, block: Block | Strip) -> Block | None:
        """Where a strip's anchor stands now."""
        if isinstance(block, Block):
            return block
        for sheet_id in self._book(spreadsheet_id).tabs:
            for column, marks in enumerate(self.marks(spreadsheet_id, sheet_id)):
                if block.metadata_id in marks:
                    last = block.first_row + len(block.values)
                    area = Area(sheet_id, block.first_row, last, column, column + 1)
                    return Block(area, [[value] for value in block.values])
        return None

    def anchors(
        self, spreadsheet_id: str, area: Area, *, timeout_s: float = 30
    ) -> tuple[list[list[str]], list[Anchor]]:
        with self._lock:
            cells = [[as_text(cell) for cell in row] for row in self._cells(spreadsheet_id, area)]
            return cells, [
                Anchor(metadata_id, name, column)
                for column, marks in enumerate(self.marks(spreadsheet_id, area.sheet_id))
                for metadata_id, name in marks.items()
            ]

    def set_anchors(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        columns: Mapping[str, int],
        remove: Sequence[int],
        *,
        timeout_s: float = 30,
    ) -> None:
        with self._lock:
            marks = self.marks(spreadsheet_id, sheet_id)
            if not self.takes_anchors or any(column >= len(marks) for column in columns.values()):
                raise Invalid("There is no room for more developer metadata.")
            for on_column in marks:
                for metadata_id in on_column.keys() & set(remove):
                    del on_column[metadata_id]
            for name, column in columns.items():
                self._last_mark += 1
                marks[column][self._last_mark] = name

    def restore(
        self, spreadsheet_id: str, cells: Sequence[tuple[Area, Entered]], *, timeout_s: float = 30
    ) -> None:
        with self._lock:
            for area, _ in cells:  # all of it, or nothing
                grid = self._grid(spreadsheet_id, area.sheet_id)
                if area.last_row > len(grid) or area.last_column > len(grid[area.first_row]):
                    raise Invalid("Range exceeds grid limits.")
            for area, value in cells:
                grid = self._grid(spreadsheet_id, area.sheet_id)
                grid[area.first_row][area.first_column] = next(iter(value.values())) if value else ""

    def add_columns(
        self,
        spreadsheet_id: str,
        tab: Tab,
        header_row: int,
        at_column: int,
        headers: Sequence[str],
        *,
        timeout_s: float = 30,
    ) -> None:
        with self._lock:
            grid, marks = self._grid(spreadsheet_id, tab.id), self.marks(spreadsheet_id, tab.id)
            if at_column > len(marks):
                raise Invalid("There is no such column.")
            for row in grid:
                row += [""] * (len(marks) - len(row))
                row[at_column:at_column] = [""] * len(headers)
            marks[at_column:at_column] = [{} for _ in headers]
            grid[header_row][at_column : at_column + len(headers)] = headers

    def add_tab(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        title: str,
        rows: int,
        columns: int,
        *,
        timeout_s: float = 30,
    ) -> None:
        with self._lock:
            book = self._book(spreadsheet_id)
            if sheet_id in book.tabs or title in book.titles.values():
                raise Invalid("There is such a tab.")
            book.tabs[sheet_id] = [[""] * columns for _ in range(rows)]
            book.titles[sheet_id] = title
            book.marks[sheet_id] = [{} for _ in range(columns)]

    def remove_tab(self, spreadsheet_id: str, sheet_id: int, *, timeout_s: float = 30) -> None:
        with self._lock:
            book = self._book(spreadsheet_id)
            del book.tabs[sheet_id], book.titles[sheet_id], book.marks[sheet_id]

    def nonces(self, spreadsheet_id: str) -> list[Nonce]:
        return []

    def remove_nonces(self, spreadsheet_id: str, metadata_ids: Sequence[int]) -> None:
        """There are none."""

    def _book(self, spreadsheet_id: str) -> _Workbook:
        if spreadsheet_id not in self._books:
            raise NotFound("There is no such spreadsheet.")
        if spreadsheet_id in self._closed:
            raise Forbidden("The spreadsheet is not shared with us.")
        return self._books[spreadsheet_id]

    def _grid(self, spreadsheet_id: str, sheet_id: int) -> list[list[Cell]]:
        book = self._book(spreadsheet_id)
        if sheet_id not in book.tabs:
            raise NotFound("The tab was deleted.")
        return book.tabs[sheet_id]

    def _cells(self, spreadsheet_id: str, area: Area) -> list[list[Cell]]:
        grid = self._grid(spreadsheet_id, area.sheet_id)
        if area.first_row >= len(grid) and area.first_row > 0:
            raise Invalid("Range exceeds grid limits.")
        return [row[area.first_column : area.last_column] for row in grid[area.first_row : area.last_row]]


def _entered(cell: Cell) -> Entered:
    if cell == "":
        return None
    kind = (
        "boolValue" if isinstance(cell, bool) else "stringValue" if isinstance(cell, str) else "numberValue"
    )
    return {kind: cell}


class FakeModel:
    """Answers from the company's name, unless told otherwise; `asked` counts calls by name."""

    provider = "fake"

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        #: The last prompt about each company.
        self.prompts: dict[str, Prompt] = {}
        self.most_in_flight = self._in_flight = 0
        self._failures: dict[str, list[RowFailed]] = {}
        self._always: dict[str, RowFailed] = {}
        self._pause: PauseJob | None = None
        self._awaited = threading.Event()
        self._awaited.set()
        #: Called in each call before it is answered; tests let it move the clock or end the "process".
        self.on_call: Callable[[str], None] = lambda _name: None

    # ── what a test does ───────────────────────────────────────────────────────────────────────────

    def fails(self, name: str, *failures: RowFailed) -> None:
        """The next calls for this company fail so, one after the other."""
        self._failures[name] = list(failures)

    def always_fails(self, name: str, failure: RowFailed) -> None:
        self._always[name] = failure

    def is_mended(self) -> None:
        self._failures.clear()
        self._always.clear()
        self._pause = None

    def answers_after(self, event: threading.Event) -> None:
        """Calls stay in flight until the event is set."""
        self._awaited = event

    def refuses(self, reason: str) -> None:
        """Every call ends the job's run with this reason, such as `key_refused`."""
        self._pause = PauseJob(reason, "The provider said no.")

    # ── the port ───────────────────────────────────────────────────────────────────────────────────

    async def ask(self, prompt: Prompt, *, model: str, api_key: str | None, timeout_s: float) -> Answer:
        name = json.loads(prompt.user.split("\n")[1])["company_name"]
        self.asked[name] += 1
        self.prompts[name] = prompt
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            self.on_call(name)
            await asyncio.sleep(0)
            while not self._awaited.is_set():
                await asyncio.sleep(1)
            if self._pause is not None:
                raise self._pause
            if self._failures.get(name):
                raise self._failures[name].pop(0)
            if name in self._always:
                raise self._always[name]
        finally:
            self._in_flight -= 1
        content = {field: answer_for(name, field) for field in prompt.schema["required"]}
        return Answer(json.dumps(content), None, "stop", 100, 20)

    async def check(self, *, model: str, api_key: str, timeout_s: float) -> None:
        if self._pause is not None:
            raise self._pause


def answer_for(name: str, field: str) -> str:
    """What the fake model says: its company can be told from every single cell."""
    return f"{field} of {name}"


class FakePages:
    """No website can be reached, but for those that a test puts up."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def says(self, website: str, text: str) -> None:
        self._texts[website] = text

    def read(self, website: str) -> Page:
        if website not in self._texts:
            raise RowFailed("page_unreachable", "The website could not be reached.")
        url = f"https://{website}/"
        return Page(url, url, (url,), "", self._texts[website], "")

    def close(self) -> None:
        """Nothing is open."""


class FakeVault:
    """Nobody has a key of their own."""

    def seal(self, secret: str, *, owner: str) -> str:
        return f"{owner}|{secret}"

    def open(self, sealed: str, *, owner: str) -> str | None:
        whose, _, secret = sealed.partition("|")
        return secret if whose == owner else None

    def is_current(self, sealed: str) -> bool:
        return True


class FakeQueue:
    """Holds tasks until the test delivers them, once, twice, late or never; a used name stays used."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self._used: set[str] = set()
        self._next: str | None = None

    def loses_the_next(self) -> None:
        """The next enqueue times out, and nothing was enqueued."""
        self._next = "lost"

    def doubts_the_next(self) -> None:
        """The next enqueue times out, and was done all the same."""
        self._next = "doubted"

    def is_purged(self) -> None:
        self.tasks.clear()

    def enqueue(self, task: Task) -> None:
        fault, self._next = self._next, None
        if fault == "lost":
            raise TryLater("The queue did not answer in time.", maybe_applied=True)
        if task.name not in self._used:
            self._used.add(task.name)
            self.tasks.append(task)
        if fault == "doubted":
            raise TryLater("The queue did not answer in time.", maybe_applied=True)
