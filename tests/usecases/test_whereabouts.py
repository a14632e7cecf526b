"""What tells the rows of an ended run from others: their inputs, and the rest of their cells."""

from __future__ import annotations

from collections.abc import Sequence

from backend.domain.results import Result
from backend.domain.selection import Layout, frozen_layout
from backend.usecases.batch.seen import Seen, rest_of
from backend.usecases.batch.whereabouts import Whereabouts
from backend.usecases.batch.written import Touched
from tests.usecases.desk import INPUTS, OUTPUTS, RECIPE

HEADERS = ["Notes", *INPUTS, *OUTPUTS]
ANSWER = ("a category", "a brand", "a question?", "✅ Complete")


def a_layout(headers: Sequence[str] = HEADERS) -> Layout:
    where = frozen_layout(RECIPE, [headers], {column.name: column.header for column in RECIPE.inputs})
    assert where is not None
    return where


WHERE = a_layout()


def a_row(fingerprint: str, note: str, *outputs: str) -> Seen:
    cells = {c: text for c, text in enumerate([note, fingerprint, "", "", *outputs]) if text}
    return Seen(fingerprint, cells, rest=rest_of(cells, WHERE))


HEADER = Seen("", {})


def a_run(*fingerprints: str) -> Whereabouts:
    """One whose rows were written below the header, in this order, with the same answer."""
    names = ("category", "brand_name", "email_question", "status")
    wrote = dict(zip(names, ANSWER, strict=True))
    touched = {
        index: Touched(Result(index, index + 1, known, "done", ANSWER[:3]), index + 1, {}, wrote)
        for index, known in enumerate(fingerprints)
    }
    return Whereabouts(touched, {})


def seen(run: Whereabouts, *rows: Seen) -> None:
    for index, row in enumerate(rows):
        run.saw(index, index + 1, row.fingerprint, row.rest)


def places(run: Whereabouts, *indexes: int) -> list[int]:
    return [run.at[index] for index in indexes]


def test_a_rest_is_the_same_wherever_its_columns_stand() -> None:
    moved = [*INPUTS, *OUTPUTS, "", "Notes"]
    assert rest_of({0: "a note"}, WHERE) == rest_of({len(moved) - 1: "a note"}, a_layout(moved))
    assert rest_of({0: "a note", 1: "acme", 4: "ours"}, WHERE) == rest_of({0: "a note"}, WHERE) != 0
    assert rest_of({1: "acme", 4: "ours"}, WHERE) == 0


def test_equal_rows_are_told_apart_by_their_rests() -> None:
    run = a_run("acme", "acme")
    seen(run, a_row("acme", "n1", *ANSWER), a_row("acme", "n2", *ANSWER))
    swapped = [HEADER, a_row("acme", "n2"), a_row("acme", "n1", *ANSWER)]
    assert run.find({0, 1}, swapped, WHERE) == ({0, 1}, set())
    assert places(run, 0, 1) == [2, 1]


def test_equal_rows_with_the_same_rest_are_told_apart_by_what_they_hold() -> None:
    run = a_run("acme", "acme")
    seen(run, a_row("acme", "n", *ANSWER), a_row("acme", "n", *ANSWER))
    assert run.find({1}, [HEADER, a_row("acme", "n"), a_row("acme", "n", *ANSWER)], WHERE) == ({1}, set())
    assert places(run, 1) == [2]


def test_an_edited_row_is_known_by_its_rest_though_its_answer_was_hit() -> None:
    run = a_run("acme", "bolt")
    seen(run, a_row("acme", "n1", *ANSWER), a_row("bolt", "n2", *ANSWER))
    rows = [HEADER, a_row("bolt", "n2", *ANSWER), a_row("edited", "n1", "old")]
    assert run.recognised(rows) == {1: 1, 2: 0}
    assert run.find({0}, rows, WHERE) == ({0}, set())
    assert (places(run, 0), run.prints[0]) == ([2], "edited")


def test_a_rest_that_others_have_tells_nothing() -> None:
    run = a_run("acme", "bolt")
    seen(run, a_row("acme", "same", *ANSWER), a_row("bolt", "same", *ANSWER))
    assert run.find({0}, [HEADER, a_row("other", "same"), a_row("bolt", "same")], WHERE) == (set(), {0})


def test_a_row_with_a_cell_of_ours_may_be_another_run_s() -> None:
    run = a_run("acme")
    seen(run, a_row("acme", "n1", *ANSWER))
    assert run.find({0}, [HEADER, a_row("other", "n1", "x", "y", "z", "✅ Complete")], WHERE) == (set(), {0})


def test_a_whole_answer_beside_unknown_inputs_is_an_edited_row_s() -> None:
    run = a_run("acme")
    assert run.find({0}, [HEADER, a_row("edited", "n1", *ANSWER)], WHERE) == ({0}, set())


def test_where_the_outputs_columns_are_gone_no_row_is_known_by_what_it_holds() -> None:
    run = a_run("acme")
    assert run.find({0}, [HEADER, a_row("other", "n1")], a_layout(["Notes", *INPUTS])) == (set(), {0})


def test_what_was_learnt_is_told_once() -> None:
    run = a_run("acme")
    row = a_row("acme", "n1", *ANSWER)
    seen(run, row)
    assert (run.learnt(), run.learnt()) == ({0: row.rest}, {})
    seen(run, row)
    assert run.learnt() == {}
