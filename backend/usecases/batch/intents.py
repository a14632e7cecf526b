"""What a flush announces before it writes, and what it tells the store: the documents of `writes`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.ports import Entered
from backend.usecases.batch.seen import Seen


@dataclass(slots=True)
class Sent:
    """A write that was announced. Its rows are neither ready nor settled until a later look."""

    n: int
    #: Index → place.
    places: dict[int, int]
    #: (place, output name) → what the cell held; cells that were empty are absent. For repairs and undo.
    before: dict[tuple[int, str], dict[str, Any]]
    #: After this time (plus a margin) a write that was not acknowledged has happened or never will.
    deadline: float
    acknowledged: bool = False
    #: Output name → column by the look that decided; a column inserted since makes the write miss.
    columns: Mapping[str, int] = field(default_factory=dict)
    #: The look itself, while its process lives: headers, and the rows, packed.
    headers: tuple[str, ...] = ()
    seen: bytes = b""

    def before_of(self, index: int) -> dict[str, dict[str, Any]]:
        """What the cells of one row held, by output name."""
        place = self.places[index]
        return {name: value for (at, name), value in self.before.items() if at == place}


@dataclass(frozen=True, slots=True)
class Fix:
    """Cells of one row that are put back, which held what is not theirs."""

    place: int
    #: The row's rightly, and the one that it showed: its inputs may have been hit, or edited.
    fingerprint: str
    showed: str
    #: Column → what it shall hold, and what it held, as text.
    cells: Mapping[int, Entered]
    held: Mapping[int, str] = field(default_factory=dict)
    #: The row by the last look before the repair, and the headers then, while its process lives.
    headers: tuple[str, ...] = ()
    seen: Seen | None = None

    @property
    def fingerprints(self) -> set[str]:
        """By which the row may be known before the repair, and after it."""
        return {self.fingerprint, self.showed}


@dataclass(slots=True)
class Note:
    """To be committed: what was settled since the last note, and what is about to be written."""

    #: State → index → place (None: nowhere).
    settled: dict[str, dict[int, int | None]] = field(default_factory=dict)
    #: Numbers of earlier writes that Sheets confirmed, and of those that surely did not happen.
    acknowledged: list[int] = field(default_factory=list)
    void: list[int] = field(default_factory=list)
    sent: Sent | None = None
    #: Further repairs that are about to be sent; an empty list: a search has verified all announced before.
    repairs: list[Fix] | None = None
    #: Rows were found elsewhere than expected, in this process or before.
    moved: bool = False
    #: Index → hash of the row's cells outside the run's columns, by which an undo knows it.
    rests: dict[int, int] = field(default_factory=dict)
    #: Metadata ids of anchors that stood under their outputs' headers: they tell of renamed columns.
    anchors: Collection[int] = ()

    @property
    def says_something(self) -> bool:
        return bool(self.settled or self.acknowledged or self.void or self.sent) or self.repairs is not None

    def settle(self, index: int, state: str, place: int | None) -> None:
        self.settled.setdefault(state, {})[index] = place

    def placed(self) -> set[int]:
        """Indexes that this note settles at a place."""
        return {index for rows in self.settled.values() for index, place in rows.items() if place is not None}
