"""Output columns full of long texts: what is kept of them for undo fits into documents of a MiB."""

from __future__ import annotations

import json

from tests.fakes import FakeSheets
from tests.usecases.desk import OUTPUTS
from tests.usecases.edits import NAMES
from tests.usecases.test_placing_any_edits import a_desk, a_table, check
from tests.usecases.world import BOOK, World

MIB = 1 << 20
#: Three bytes a character.
LONG = "長" * 50_000


def test_an_intent_takes_as_many_rows_as_it_can_hold_the_cells_of() -> None:
    sheets = FakeSheets()
    table = a_table(sheets)
    for row in table.grid[1:]:
        for header in OUTPUTS:
            row[table.column(header)] = LONG
    desk = a_desk(sheets)
    desk.run({})
    check(table, desk)
    sizes = [len(json.dumps(data, ensure_ascii=False).encode()) for data in desk.kept.values()]
    assert len(sizes) > len(NAMES), "one row's four cells fill an intent"
    assert max(sizes) < MIB


def test_so_does_what_the_freeze_remembers(world: World) -> None:
    header = ["Company Name", "Company Keywords", *OUTPUTS]
    rows = [[f"Firm {n}", "word", LONG, LONG, LONG, LONG] for n in range(4)]
    world.sheets.has_tab(BOOK, 1, [header, *rows])
    world.create(1)
    world.run_until_quiet()
    assert world.counts(world.jobs()[0].id)["done"] == 4
