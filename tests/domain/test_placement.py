"""Where results go, by fingerprints alone: held against random edits of a sheet."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.placement import anywhere, at_expected, shift_near, spans

FIRST = 1


@dataclass(frozen=True)
class Waits:
    index: int
    place: int
    fingerprint: str

    @property
    def was(self) -> int:
        return self.place


def ready(prints: list[str]) -> list[Waits]:
    return [Waits(index, FIRST + index, text) for index, text in enumerate(prints)]


rows = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", ""]), max_size=12)


@given(rows, st.randoms(use_true_random=False))
def test_whatever_was_edited_a_result_goes_to_its_inputs_or_nowhere(
    before: list[str], chance: random.Random
) -> None:
    now = list(before)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(now) + 1)
        match chance.choice(["insert", "delete", "sort", "shuffle", "edit"]):
            case "insert":
                now.insert(at, chance.choice(["new", "", "a"]))
            case "delete" if at < len(now):
                del now[at]
            case "sort":
                now.sort()
            case "shuffle":
                chance.shuffle(now)
            case "edit" if at < len(now):
                now[at] = "edited"
    waiting = ready(before)
    found = anywhere(waiting, now, FIRST, frozenset(before))
    ended = [*found.placed, *found.stale, *found.gone]
    assert sorted(ended) == [row.index for row in waiting], "each row has exactly one end"
    for index, place in found.placed.items():
        assert now[place - FIRST] == before[index]
    for row in waiting:
        if row.fingerprint and now.count(row.fingerprint) >= before.count(row.fingerprint):
            assert row.index in found.placed, "what stands somewhere is found"
    for text in set(before) - {""}:
        places = [
            found.placed[row.index]
            for row in waiting
            if row.fingerprint == text and row.index in found.placed
        ]
        distinct = min(len(places), now.count(text))
        assert len(set(places)) >= distinct, "equal rows take a place each while there are enough"


@given(rows)
def test_an_untouched_sheet_keeps_every_row_where_it_was(before: list[str]) -> None:
    waiting = ready(before)
    found = at_expected(waiting, {row.place: row.fingerprint for row in waiting})
    assert found.placed == {row.index: row.place for row in waiting}
    assert not found.elsewhere


def test_two_equal_rows_expected_at_one_place_do_not_both_get_it() -> None:
    twins = [Waits(0, 5, "a"), Waits(1, 5, "a")]
    found = at_expected(twins, {5: "a"})
    assert (found.placed, found.elsewhere) == ({0: 5}, [1])


def test_of_equal_places_those_to_be_avoided_come_last() -> None:
    (row,) = [Waits(0, 1, "a")]
    assert anywhere([row], ["a", "b", "a"], 1, {"a"}, lambda _row, place: place == 1).placed == {0: 3}
    assert anywhere([row], ["a", "b"], 1, {"a"}, lambda _row, _place: True).placed == {0: 1}


def test_a_row_with_other_inputs_between_its_neighbours_is_stale_and_a_deleted_one_is_gone() -> None:
    waiting = ready(["a", "b", "c"])
    assert anywhere(waiting, ["a", "edited", "c"], FIRST, {"a", "b", "c"}).stale == [1]
    assert anywhere(waiting, ["a", "c"], FIRST, {"a", "b", "c"}).gone == [1]


def test_an_edited_row_is_stale_although_rows_far_below_have_moved_up() -> None:
    """Those that stand where they were have their places already, and are not looked for."""
    waiting = [row for row in ready(["a", "b", "c", "d", "e"]) if row.fingerprint in "bde"]
    found = anywhere(waiting, ["a", "edited", "c", "e"], FIRST, set("abcde"))
    assert (found.placed, found.stale, found.gone) == ({4: 4}, [1], [3])


def test_one_strange_row_explains_one_lost_row() -> None:
    waiting = [row for row in ready(["a", "b", "c", "d"]) if row.fingerprint in "bcd"]
    found = anywhere(waiting, ["a", "edited", "d"], FIRST, set("abcd"))
    assert (found.placed, found.stale, found.gone) == ({3: 3}, [1], [2])


def test_a_blank_row_is_never_looked_for_elsewhere() -> None:
    assert at_expected([Waits(0, 3, "")], {3: "someone"}).gone == [0]


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(0, 60))
def test_spans_cover_every_place_and_are_apart(places: list[int], gap: int) -> None:
    found = spans(places, gap)
    assert all(any(first <= place < last for first, last in found) for place in places)
    assert all(later[0] - earlier[1] > gap for earlier, later in pairwise(found))
    assert not places or (found[0][0], found[-1][1]) == (min(places), max(places) + 1)


def test_a_row_moves_as_its_nearest_neighbour_did() -> None:
    assert shift_near(10, []) == 0
    assert shift_near(10, [(2, 5), (9, 1), (40, 7)]) == 1
    assert shift_near(39, [(2, 5), (9, 1), (40, 7)]) == 7
