"""A sheet is read in blocks of about one size: few reads for light rows, few rows for heavy ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from backend.domain.recipes import RECIPES
from backend.ports import Area, Cell
from backend.usecases.batch.frozen import BLOCK_BYTES, LEAST_ROWS, MOST_ROWS, Chunk, Frozen, freeze
from backend.usecases.batch.looking import SEARCH_ROWS
from tests.fakes import FakeSheets
from tests.usecases.world import BOOK, HEADER, World


class ReadSheets(FakeSheets):
    """Keeps the rows that each read asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []

    def read(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Cell]]]:
        self.asked += [area.last_row - area.first_row for area in areas]
        return super().read(spreadsheet_id, areas, timeout_s=timeout_s)


def frozen(world: World, sheets: ReadSheets) -> tuple[Frozen, list[dict[str, Any]]]:
    """The end of a freeze of the tab 1, and the rows that it accepted."""
    world.sheets = sheets
    [job_id] = world.create(1)
    [job] = [job for job in world.jobs() if job.id == job_id]
    sheets.asked.clear()
    steps = freeze(job, "f", RECIPES[job.recipe], sheets, lambda _: False, 1_000_000)
    rows: list[dict[str, Any]] = []
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            return end.value, rows
        answer = None if isinstance(step, Chunk) else step.make()
        if isinstance(step, Chunk):
            rows += step.data.get("rows", [])


@pytest.mark.parametrize(
    ("chars", "reads", "largest"),
    [(10, 4, MOST_ROWS), (4_000, 9, BLOCK_BYTES // 4_000), (20_000, 22, LEAST_ROWS)],
)
def test_blocks_follow_the_weight_of_the_rows_and_no_row_is_left_out(
    world: World, chars: int, reads: int, largest: int
) -> None:
    sheets, names = ReadSheets(), [f"Firm {n}" for n in range(25_000)]
    text = "x" * chars
    sheets.has_tab(BOOK, 1, [HEADER, *([name, text, ""] for name in names)])
    end, rows = frozen(world, sheets)
    assert [row["c"]["company_name"] for row in rows] == names
    assert [row["p"] for row in rows] == list(range(1, len(names) + 1))
    assert end.total == len(names)
    assert sheets.asked[0] == SEARCH_ROWS
    assert 0.9 * largest <= sheets.asked[1] <= largest
    assert len(sheets.asked) == reads


def test_empty_rows_at_the_end_of_a_long_tab_are_read_in_few_blocks(world: World) -> None:
    sheets = ReadSheets()
    sheets.has_tab(BOOK, 1, [HEADER, ["Firm", "word", ""], *([["", "", ""]] * 29_998)])
    end, _ = frozen(world, sheets)
    assert end.total == 1
    assert sheets.asked == [SEARCH_ROWS, MOST_ROWS, MOST_ROWS, SEARCH_ROWS]
