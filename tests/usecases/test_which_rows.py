"""Which rows a job takes: failed ones, stale ones, from a row on, so many, with a value in a column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from backend.domain.job import Filter
from backend.domain.recipes import CASE_A, RECIPES
from backend.errors import RowFailed
from backend.usecases.read_rows import receipts
from tests.usecases.world import BOOK, World

NAMES = ("Acme", "Bolt", "Cora", "Dale", "Ergo")


def run(world: World, **wish: Any) -> set[str]:
    """The companies whose rows the job took."""
    (job_id,) = world.create(1, **wish)
    world.run_until_quiet()
    found, _ = receipts(world.documents, world.job(job_id))
    assert len(found) == world.counts(job_id).get("total", 0)
    rows = world.sheets.tab(BOOK, 1)
    return {str(rows[receipt.result.place][0]) for receipt in found}


def edit(world: World, name: str, header: str, text: str) -> None:
    head, *rows = world.sheets.tab(BOOK, 1)
    next(row for row in rows if row[0] == name)[head.index(header)] = text


def test_rows_whose_status_says_error(world: World) -> None:
    world.has_rows(1, *NAMES)
    world.model.always_fails("Bolt", RowFailed("model_refused", "The model declined."))
    run(world)
    world.model.is_mended()
    assert run(world, mode="only_failed") == {"Bolt"}
    assert run(world, mode="only_failed") == set()


def test_a_row_is_stale_when_our_result_there_was_made_from_other_inputs(world: World) -> None:
    world.has_rows(1, *NAMES)
    run(world)
    assert run(world, mode="stale") == set()
    edit(world, "Cora", "Company Keywords", "other words")
    rows = world.sheets.tab(BOOK, 1)
    rows[1:] = reversed(rows[1:])  # a result moves with its row
    assert run(world, mode="stale") == {"Cora"}
    assert run(world, mode="stale") == set()


def test_what_an_earlier_attempt_wrote_is_ours_too(world: World) -> None:
    world.has_rows(1, *NAMES)
    world.model.always_fails("Bolt", RowFailed("model_refused", "The model declined."))
    run(world)
    world.model.is_mended()
    world.move("retry", world.jobs()[0].id, None)
    world.run_until_quiet()
    edit(world, "Acme", "Company Keywords", "other words")
    edit(world, "Bolt", "Company Keywords", "other words")
    assert run(world, mode="stale") == {"Acme", "Bolt"}


def test_what_people_typed_or_emptied_is_never_stale(world: World) -> None:
    world.has_rows(1, *NAMES)
    run(world)
    for name in ("Acme", "Bolt", "Cora"):
        edit(world, name, "Company Keywords", "other words")
    edit(world, "Acme", "Category", "my own word")
    for header in ("Category", "Brand Name", "Email Question", "Status"):
        edit(world, "Bolt", header, "")
    assert run(world, mode="stale") == {"Cora"}


def test_another_version_of_the_recipe_makes_all_of_ours_stale(world: World, monkeypatch: Any) -> None:
    world.has_rows(1, *NAMES)
    run(world, max_rows=2)
    monkeypatch.setitem(RECIPES, "case_a", replace(CASE_A, version=CASE_A.version + 1))
    assert run(world, mode="stale") == {"Acme", "Bolt"}


def test_another_model_makes_all_of_ours_stale(world: World) -> None:
    world.has_rows(1, *NAMES)
    run(world, max_rows=2)
    world.model_name = "another-model"
    assert run(world, mode="stale") == {"Acme", "Bolt"}
    assert run(world, mode="stale") == set()


def test_from_a_row_on_so_many_and_with_a_value(world: World) -> None:
    world.has_rows(1, *NAMES)
    assert run(world, start_row=4, max_rows=1) == {"Cora"}
    assert run(world, start_row=5, fresh=True) == {"Dale", "Ergo"}
    edit(world, "Bolt", "Company Keywords", " tools ")
    edit(world, "Ergo", "Company Keywords", "tools")
    assert run(world, filter=Filter("company keywords", "tools")) == {"Bolt", "Ergo"}
    assert run(world, filter=Filter("Company Keywords", "none")) == set()


def test_beyond_the_last_row_there_is_nothing_and_of_more_rows_than_there_are_all(world: World) -> None:
    world.has_rows(1, *NAMES)
    assert run(world, start_row=len(NAMES) + 2) == set()
    assert run(world, max_rows=1_000) == set(NAMES)


def test_blank_rows_in_between_count_and_those_at_the_end_do_not(world: World) -> None:
    world.has_rows(1, "Acme", "", "", "Bolt", "", "")
    assert run(world) == {"Acme", "", "Bolt"}
    assert world.counts(world.jobs()[0].id)["total"] == 4
