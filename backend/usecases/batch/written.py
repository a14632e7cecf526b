"""What a job has written into the sheet so far, read back from its documents: for repairs and for undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.domain import results
from backend.domain.recipes import Recipe
from backend.domain.results import Result
from backend.domain.selection import Layout
from backend.ports import Documents, Entered, Key
from backend.usecases.batch.entered import as_shown
from backend.usecases.batch.recalling import documents_of, pairs, sent_from_data
from backend.usecases.batch.seen import Seen
from backend.usecases.records import result_key, write_key

#: Numbers of result and write documents, attempt by attempt.
Attempts = list[tuple[int, int]]


@dataclass(slots=True)
class Touched:
    """A row that was written: what we wrote last, where, and what its cells held before any of it."""

    result: Result
    place: int
    before: dict[str, Entered] = field(default_factory=dict)
    #: Output name → the text that stands there if nobody typed since.
    wrote: dict[str, str] = field(default_factory=dict)
    #: Every text of ours that the cell may have held in between.
    ours: dict[str, set[str]] = field(default_factory=dict)

    def still_ours(self, seen: Seen, where: Layout) -> dict[int, Entered]:
        """Cells that hold what the run wrote, and held something else before, by column: what they held."""
        return {
            column: self.before[name]
            for name, text in self.wrote.items()
            if (column := where.columns.outputs.get(name)) is not None
            and seen.cell(column) == text
            and self.before[name] != {"stringValue": text}
        }

    def typed_over(self, seen: Seen, where: Layout) -> bool:
        """Whether a row without a cell of ours differs from what stood there before the run."""
        return any(
            name in where.columns.outputs
            and "formulaValue" not in (self.before[name] or {})
            and seen.cell(where.columns.outputs[name]) != as_shown(self.before[name])
            for name in self.wrote
        )


def placed_results(
    documents: Documents, job_id: str, attempts: Attempts, indexes: set[int], settled: set[int]
) -> dict[int, Result]:
    """The newest results of rows that were verified at a place, or are among `settled`; others are absent."""
    wanted = set(indexes)
    found: dict[int, Result] = {}
    for attempt, (results_n, writes_n) in reversed(list(enumerate(attempts, start=1))):
        placed = wanted & settled if attempt == len(attempts) else set()
        for _, data in documents_of(documents, _writes(job_id, attempt, writes_n)):
            for rows in data["settled"].values():
                placed.update(index for index, place in pairs(rows) if place >= 0 and index in wanted)
        if placed:
            for result in _results(documents, job_id, attempt, results_n):
                if result.index in placed:
                    found[result.index] = result
            wanted -= placed
    return found


def touched_rows(documents: Documents, job_id: str, attempts: Attempts, recipe: Recipe) -> dict[int, Touched]:
    """Every row that a write was announced for, with the state to go back to, by index."""
    rows: dict[int, Touched] = {}
    for attempt, (results_n, writes_n) in enumerate(attempts, start=1):
        found = {result.index: result for result in _results(documents, job_id, attempt, results_n)}
        void: set[int] = set()
        notes = list(documents_of(documents, _writes(job_id, attempt, writes_n)))
        for _, data in notes:
            void.update(data["void"])
        for n, data in notes:
            for settled in data["settled"].values():
                for index, place in pairs(settled):
                    if place >= 0 and index in rows:
                        rows[index].place = place
            sent = sent_from_data(n, data)
            for index, place in sent.places.items() if n not in void else ():
                if index in found:
                    row = rows.setdefault(index, Touched(found[index], place))
                    row.result, row.place = found[index], place
                    _overwrite(row, results.cells(recipe, found[index]), sent.before_of(index))
    return rows


def _overwrite(row: Touched, texts: dict[str, str], before: dict[str, dict[str, object]]) -> None:
    """Of what stood there before several writes, the newest that is not our own text counts."""
    for name, text in texts.items():
        ours = row.ours.setdefault(name, set())
        value = before.get(name)
        if name not in row.before or (value is not None and value.get("stringValue") not in ours):
            row.before[name] = value
        ours.add(text)
        row.wrote[name] = text


def _results(documents: Documents, job_id: str, attempt: int, results_n: int) -> Iterator[Result]:
    keys = [result_key(job_id, attempt, n) for n in range(results_n)]
    for _, data in documents_of(documents, keys):
        yield from map(results.from_data, data["rows"])


def _writes(job_id: str, attempt: int, writes_n: int) -> list[Key]:
    return [write_key(job_id, attempt, n) for n in range(writes_n)]
