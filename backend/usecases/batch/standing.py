"""Where the results of one attempt stand on their way into the sheet: waiting, sent, suspect, settled."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass

from backend.domain import placement, results
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.usecases.batch.displaced import Suspect
from backend.usecases.batch.intents import Note, Sent


class Standing:
    """Shared by the parts of a placer."""

    def __init__(self, next_note: int) -> None:
        #: The number that the next note gets when it is committed; a write bears the number of its note.
        self.next_note = next_note
        #: Results that wait for a place, by index.
        self.ready: dict[int, Result] = {}
        #: Announced writes that no look has verified yet, and their results.
        self.sent: list[Sent] = []
        self.sent_results: dict[int, Result] = {}
        #: Rows that were not where they were written: our text may stand beside another row.
        self.suspects: dict[int, Suspect] = {}
        self.note = Note()
        #: Where rows are expected now, when not where they were frozen.
        self.moved: dict[int, int] = {}
        self.shifts: list[tuple[int, int]] = []
        #: Whether all rows were found where they were expected; else one may stand where its equal did.
        self.calm = True
        #: Metadata ids of anchors that stood under their outputs' headers.
        self.anchors: Collection[int] = ()
        #: Rows whose cells hold their result already, and that have equals: a search tells whether all do.
        self.alike: set[int] = set()
        #: How often a row was looked for in vain.
        self.looks: dict[int, int] = {}
        #: How often a row was found, and did not hold what Sheets said it had written.
        self.refusals: dict[int, int] = {}

    def recall(self, sent: Sent, found: Mapping[int, Result]) -> None:
        self.sent.append(sent)
        self.sent_results.update((index, found[index]) for index in sent.places)

    def forget(self) -> None:
        for about in (self.ready, self.sent, self.sent_results, self.suspects, self.moved):
            about.clear()

    def settle(self, index: int, state: str, place: int | None) -> None:
        result = self.sent_results.pop(index, None) or self.ready.pop(index)
        if place is None and result.status != "done":
            state = result.status  # a failed or skipped row stays that, wherever its row went
        self.note.settle(index, state, place)
        for about in (self.looks, self.moved, self.suspects, self.refusals):
            about.pop(index, None)
        self.alike.discard(index)

    def suspect(self, index: int, sent: Sent) -> None:
        self.ready[index] = self.sent_results.pop(index)
        self.suspects[index] = Suspect(self.ready[index], sent)

    def announced(self, sent: Sent) -> None:
        for index in sent.places:
            self.sent_results[index] = self.ready.pop(index)
        self.sent.append(sent)

    def not_sent(self, sent: Sent) -> None:
        """Nothing of it was applied: its rows are ready again, and there is nothing to verify."""
        for index in sent.places:
            self.ready[index] = self.sent_results.pop(index)
        self.sent.remove(sent)
        self.note.void.append(sent.n)

    @property
    def pending(self) -> set[tuple[int, str]]:
        """Places and fingerprints of rows whose writes nobody has verified yet."""
        return {
            (place, self.sent_results[index].fingerprint)
            for sent in self.sent
            for index, place in sent.places.items()
            if index in self.sent_results
        }

    def undecided(self, recipe: Recipe) -> set[tuple[str, str]]:
        """Output names and texts of results that may be written and were not seen where they belong."""
        suspects = [suspect.result for suspect in self.suspects.values()]
        return {
            cell
            for result in (*self.sent_results.values(), *suspects)
            for cell in results.cells(recipe, result).items()
            if cell[1]
        }

    def tell(self, sent: Sent | None = None) -> Generator[Note, None, None]:
        """Has the note committed, if it says something, with the write that is about to go out."""
        self.note.sent, self.note.moved, self.note.anchors = sent, not self.calm, self.anchors
        if self.note.says_something:
            yield self.note
            self.note = Note()
            self.next_note += 1

    def in_order(self) -> Iterable[Result]:
        """The rows that are to be placed, in the sheet's order."""
        ready = (result for result in self.ready.values() if result.index not in self.alike)
        return sorted(ready, key=self.expected_place)

    def expected_place(self, result: Result) -> int:
        if result.index in self.moved:
            return self.moved[result.index]
        return max(0, result.place + placement.shift_near(result.place, self.shifts))

    def expected(self, result: Result) -> Expected:
        return Expected(result.index, self.expected_place(result), result.fingerprint, result.place)


@dataclass(frozen=True, slots=True)
class Expected:
    """A row where it should be."""

    index: int
    place: int
    fingerprint: str
    #: Where it was when it was accepted; -1: not told.
    was: int = -1
