"""What a person is told before a run, where it is not a matter of money: rows, place in line, obstacles."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from backend.domain import estimate
from backend.domain.job import Filter
from backend.domain.money import Price
from backend.errors import Invalid
from backend.usecases.batch.placing import FLUSH_ROWS
from backend.usecases.batch.sheet_calls import flush_every_s
from backend.usecases.create_job import JobLimits, Wish
from backend.usecases.estimate_job import Estimate, estimate_job
from tests.usecases.world import ANA, BOOK, HEADER, LIVE_PLACES, PLACES, World

OUTPUTS = ["Category", "Brand Name", "Email Question"]


def told(world: World, sheet_id: int = 1, **wish: Any) -> Estimate:
    return estimate_job(
        ANA,
        Wish(BOOK, (sheet_id,), "case_a", **{"mode": "all", **wish}),
        documents=world.documents,
        sheets=world.sheets,
        clock=world.clock,
        limits=JobLimits("a-model", "fake", {"a-model": Price(50_000, 400_000)}),
        settings=world.settings,
        places=PLACES,
        live_places=LIVE_PLACES,
    )


def test_it_would_start_at_once_or_say_its_number_in_line(world: World) -> None:
    for tab in range(1, 8):
        world.has_rows(tab, f"Firm {tab}")
    assert told(world, 7).place_in_line == 0
    world.create(*range(1, PLACES))
    world.admit()
    assert told(world, 7).place_in_line == 0, "one place is free"
    world.create(*range(PLACES, 7))
    world.admit()
    world.clock.advance(1)
    waiting = 6 - PLACES
    assert told(world, 7).place_in_line == waiting + 1
    assert told(world, 7, priority="high").place_in_line == 1
    world.run_until_quiet()
    assert told(world, 7).place_in_line == 0


def test_a_tab_on_which_a_job_runs_is_told(world: World) -> None:
    world.has_rows(1, "Acme")
    world.has_rows(2, "Bolt")
    assert told(world).warnings == []
    world.create(1)
    world.admit()
    assert "A job is running on this sheet" in told(world).warnings[0]
    assert told(world, 2).warnings == []


def test_rows_reach_the_sheet_as_fast_as_a_flush_takes_them() -> None:
    defaults = 3 + 1  # places of background jobs, and of live runs
    assert FLUSH_ROWS / flush_every_s(defaults) == estimate.ROWS_WRITTEN_PER_S


def test_filled_rows_are_counted_within_the_filter_and_the_number_of_rows_alone(world: World) -> None:
    full = ["Category", "Brand", "Who?"]
    rows = [
        ["Acme", "tools", "", *full],
        ["Bolt", "tools", ""],
        ["Cora", "shoes", "", *full],
        ["Dale", "shoes", ""],
        ["Ergo", "tools", "", *full],
        ["Flux", "tools", ""],
    ]
    world.sheets.has_tab(BOOK, 1, [[*HEADER, *OUTPUTS], *rows])

    def counts(**wish: Any) -> tuple[int, int, int]:
        found = told(world, mode="only_empty", **wish)
        return found.rows_found, found.already_filled, found.calls

    assert counts() == (6, 3, 3)
    assert counts(filter=Filter("Company Keywords", "tools")) == (4, 2, 2)
    assert counts(max_rows=1) == (2, 1, 1)
    assert counts(start_row=6) == (2, 1, 1)
    assert counts(start_row=8) == (0, 0, 0)


def test_rows_that_would_lose_a_part_of_what_they_hold_are_told(world: World) -> None:
    """What a person typed into one output's column, where another's is empty."""
    rows = [
        ["Acme", "tools", "", "My own", "", ""],
        ["Bolt", "tools", ""],
        ["Cora", "tools", "", "a", "b", "c"],
    ]
    world.sheets.has_tab(BOOK, 1, [[*HEADER, *OUTPUTS], *rows])
    (warning,) = told(world, mode="only_empty").warnings
    assert warning.startswith("1 row has some of the results already")
    assert told(world, mode="only_empty", start_row=3).warnings == []


def test_more_rows_than_a_job_takes_are_refused_as_they_would_be_there(world: World) -> None:
    world.has_rows(1, "Acme")
    assert told(world, max_rows=100_000).calls == 1
    for ask in (lambda: told(world, max_rows=100_001), lambda: world.create(1, max_rows=100_001)):
        with pytest.raises(Invalid, match="One job takes up to 100,000 rows"):
            ask()


def test_an_estimate_holds_no_rows(world: World) -> None:
    """A key for each question, that equal ones are told by: some 100 bytes, where a row has a KB."""
    world.settings = replace(world.settings, most_rows=100_000)
    text = "what they sell, at length " * 20
    world.sheets.has_tab(BOOK, 1, [HEADER, *([f"Firm {n}", "tools", f"{n} {text}"] for n in range(12_000))])

    def peak(rows: int) -> int:
        tracemalloc.start()
        assert told(world, max_rows=rows).calls == rows
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(12_000) - peak(6_000) < 6_000 * 250


def test_the_prompt_that_is_shown_is_the_one_that_is_sent(world: World) -> None:
    """But for the delimiter, which is drawn anew each time."""
    world.sheets.has_tab(BOOK, 1, [HEADER, ["", "", ""], ["Acme", " tools;\n saws ", 'Sells "saws".']])
    shown = told(world)
    assert shown.prompt is not None
    assert shown.prompt_row == 3
    world.create(1)
    world.run_until_quiet()
    sent = world.model.prompts["Acme"]
    assert (shown.prompt.system, shown.prompt.schema) == (sent.system, sent.schema)
    assert shown.prompt.user.split("\n")[1:-1] == sent.user.split("\n")[1:-1]
    assert '"tools; saws"' in sent.user
