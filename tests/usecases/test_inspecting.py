"""What is found out about tabs before anybody runs them."""

from __future__ import annotations

from collections.abc import Sequence

from backend.ports import Area, Cell
from backend.usecases.inspect_sheet import inspect_tops
from tests.fakes import FakeSheets
from tests.usecases.world import BOOK, HEADER


class Counting(FakeSheets):
    """How often it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def read(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Cell]]]:
        self.reads += 1
        return super().read(spreadsheet_id, areas, timeout_s=timeout_s)


def test_however_many_tabs_have_blank_tops_one_more_read_tells_which_of_them_have_rows() -> None:
    sheets = Counting()
    blank: list[list[Cell]] = [["", "", ""]] * 300
    row: list[Cell] = ["Acme", "tools", ""]
    sheets.has_tab(BOOK, 1, [HEADER, *blank])
    sheets.has_tab(BOOK, 2, [HEADER, row, *blank])
    sheets.has_tab(BOOK, 3, [HEADER, *blank, row])
    sheets.has_tab(BOOK, 4, [["", "", ""], *blank])
    sheets.has_tab(BOOK, 5, [HEADER])
    found = inspect_tops(BOOK, [1, 2, 3, 4, 5], sheets=sheets)
    assert [(one.tab.id, one.rows) for one in found] == [(1, 0), (2, 1), (3, 301), (4, 0), (5, 0)]
    assert sheets.reads == 2
