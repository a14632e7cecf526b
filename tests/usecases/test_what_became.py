"""A row that is edited or deleted while it is asked about: its receipt, the counts and the file say so."""

from __future__ import annotations

from backend.usecases.export_results import export_results
from backend.usecases.read_rows import all_receipts
from tests.usecases.world import BOOK, World

NAMES = ("Acme", "Bolt", "Cora", "Dale")


def test_an_edited_row_is_stale_a_deleted_one_gone_and_what_was_answered_is_kept(world: World) -> None:
    world.has_rows(1, *NAMES)

    def somebody_edits(name: str) -> None:
        """As soon as the last company is asked about; nothing was written by then."""
        if name == "Dale":
            rows = world.sheets.tab(BOOK, 1)
            next(row for row in rows if row[0] == "Bolt")[1] = "other words"
            rows[:] = [row for row in rows if row[0] != "Cora"]

    world.model.on_call = somebody_edits
    [job_id] = world.create(1)
    world.run_until_quiet()
    counts = world.counts(job_id)
    assert {state: counts.get(state, 0) for state in ("total", "done", "stale", "gone")} == {
        "total": 4, "done": 2, "stale": 1, "gone": 1
    }  # fmt: skip
    categories = world.column(1, "Category")
    assert categories == {"Acme": "category of Acme", "Bolt": "", "Dale": "category of Dale"}
    job = world.job(job_id)
    told = {
        NAMES[index]: (one.state, one.written) for index, one in all_receipts(world.documents, job).items()
    }
    assert told == {"Acme": ("done", 1), "Bolt": ("stale", None), "Cora": ("gone", None), "Dale": ("done", 3)}
    header, *lines = export_results(job, documents=world.documents)
    kept = [(line[header.index("Category")], line[-1]) for line in lines]
    assert kept == [
        ("category of Acme", "done"),
        ("category of Bolt", "stale"),
        ("category of Cora", "gone"),
        ("category of Dale", "done"),
    ]
