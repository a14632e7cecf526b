"""Where does each result go? A pure decision over what was frozen and what stands in the sheet now.

Rows have no id that we may rely on: a row is known by the fingerprint of its input cells. So a result may
be written where that fingerprint stands and nowhere else. Rows with the same fingerprint have equal
answers, so any of their places will do, but each takes one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Waiting(Protocol):
    """A result that waits for its place."""

    @property
    def index(self) -> int: ...
    @property
    def place(self) -> int:
        """Where it should be now."""
        ...

    @property
    def was(self) -> int:
        """Where it was when it was accepted."""
        ...

    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Placing:
    """`placed`: index → place (zero-based grid row). The others have to be looked for, or are lost."""

    placed: dict[int, int] = field(default_factory=dict)
    elsewhere: list[int] = field(default_factory=list)
    #: Its row is there with other inputs: nothing may be written.
    stale: list[int] = field(default_factory=list)
    #: Its row is nowhere.
    gone: list[int] = field(default_factory=list)


def at_expected(ready: Iterable[Waiting], seen: Mapping[int, str]) -> Placing:
    """First look: is each row where it is expected? `seen` maps place → fingerprint as read now."""
    placing = Placing()
    taken: set[int] = set()
    for row in ready:
        if seen.get(row.place) == row.fingerprint and row.place not in taken:
            placing.placed[row.index] = row.place
            taken.add(row.place)
        elif row.fingerprint:
            placing.elsewhere.append(row.index)
        else:
            placing.gone.append(row.index)  # an all-blank row is never looked for: it could be any
    return placing


def anywhere(
    ready: Sequence[Waiting],
    seen: Sequence[str],
    first: int,
    accepted: Container[str],
    avoid: Callable[[Waiting, int], bool] = lambda _row, _place: False,
) -> Placing:
    """Second look, over the whole sheet: `seen[k]` is the fingerprint of place `first + k`.

    Of several places for equal rows, those that `avoid` names are taken last.

    `accepted` are the fingerprints of all rows of the job. A row that is nowhere is *stale* when a row that
    nobody accepted stands where it was, or between its neighbours (somebody edited it), else *gone*.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for offset, found in enumerate(seen):
        if found:
            places[found].append(first + offset)
    placing = Placing()
    taken: set[int] = set()
    shifts: list[tuple[int, int]] = []
    for row in sorted(ready, key=lambda waiting: waiting.place):
        candidates = places.get(row.fingerprint, [])
        free = [place for place in candidates if place not in taken] or candidates
        if free:
            # Equal rows keep their order relative to where they were expected.
            place = min(free, key=_nearness(row, avoid)) if len(free) > 1 else free[0]
            taken.add(place)
            placing.placed[row.index] = place
            shifts.append((row.place, place - row.place))
    lost = [row for row in ready if row.index not in placing.placed]
    if not lost:
        return placing
    strangers = {first + at for at, found in enumerate(seen) if found and found not in accepted}
    edited: set[int] = set()
    near = [(row.index, row.place + shift_near(row.place, shifts)) for row in lost]
    # Where it was comes first: `shifts` are those of the rows that are looked for, and they may be far away.
    for index, place in [*((row.index, row.was) for row in lost), *near]:
        if index not in edited and place in strangers:
            strangers.discard(place)  # it explains one row, not two
            edited.add(index)
    for row in lost:
        (placing.stale if row.index in edited else placing.gone).append(row.index)
    return placing


def _nearness(row: Waiting, avoid: Callable[[Waiting, int], bool]) -> Callable[[int], tuple[bool, int, int]]:
    return lambda place: (avoid(row, place), abs(place - row.place), place)


def shift_near(place: int, shifts: Sequence[tuple[int, int]]) -> int:
    """How far the row nearest to `place` has moved; `shifts` are (place, shift), sorted by place."""
    if not shifts:
        return 0
    after = bisect_left(shifts, (place, 0))
    nearest = min(shifts[max(0, after - 1) : after + 1], key=lambda known: abs(known[0] - place))
    return nearest[1]


def spans(places: Iterable[int], gap: int = 40) -> list[tuple[int, int]]:
    """Covers places with few half-open spans: a hole of up to `gap` rows costs less than another range."""
    result: list[tuple[int, int]] = []
    for place in sorted(set(places)):
        if result and place - result[-1][1] <= gap:
            result[-1] = (result[-1][0], place + 1)
        else:
            result.append((place, place + 1))
    return result
