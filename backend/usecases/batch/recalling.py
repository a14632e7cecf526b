"""What earlier holders of an attempt left behind: rows answered, rows settled, writes announced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.domain import results
from backend.domain.results import Result
from backend.ports import Documents, Key
from backend.usecases.batch.intents import Fix, Note, Sent
from backend.usecases.records import result_key, write_key

#: Documents asked for at once; a result document has some 80 KB, and as a value ten times that.
PAGE = 8

OPEN, ANSWERED, SETTLED = 0, 1, 2


@dataclass(slots=True)
class Recalled:
    """The state of an attempt. `states` has a byte a row, so that memory hardly grows with the sheet."""

    states: bytearray
    #: Answered and not settled, by index.
    unsettled: dict[int, Result] = field(default_factory=dict)
    #: Announced writes whose rows are not settled, oldest first.
    sent: list[Sent] = field(default_factory=list)
    #: Announced repairs that no search has verified.
    repairs: list[Fix] = field(default_factory=list)
    #: Whether rows were found elsewhere than expected.
    moved: bool = False
    #: Metadata ids of anchors that stood under their outputs' headers.
    anchors: set[int] = field(default_factory=set)


def recall(
    documents: Documents, job_id: str, attempt: int, total: int, results_n: int, writes_n: int
) -> Recalled:
    """Reads the attempt's documents, writes first: what is settled needs no result in memory."""
    states = bytearray(total)
    told = _Told()
    for n, data in documents_of(documents, [write_key(job_id, attempt, n) for n in range(writes_n)]):
        for index in told.take(n, data):
            states[index] = SETTLED
    recalled = Recalled(
        states, sent=told.unverified(), repairs=told.repairs, moved=told.moved, anchors=told.anchors
    )
    for _, data in documents_of(documents, [result_key(job_id, attempt, n) for n in range(results_n)]):
        for entry in data["rows"]:
            if states[entry["index"]] == OPEN:
                states[entry["index"]] = ANSWERED
                recalled.unsettled[entry["index"]] = results.from_data(entry)
    return recalled


@dataclass(slots=True)
class RecalledUndo:
    """What earlier holders of an undo came to."""

    #: Index → state.
    settled: dict[int, str] = field(default_factory=dict)
    #: Announced restores whose rows are not settled, oldest first.
    sent: list[Sent] = field(default_factory=list)
    #: Announced repairs that no search has verified.
    repairs: list[Fix] = field(default_factory=list)
    #: Index → what tells a row besides its inputs.
    rests: dict[int, int] = field(default_factory=dict)


def recall_undo(documents: Documents, undo_id: str, attempt: int, writes_n: int) -> RecalledUndo:
    told = _Told()
    settled: dict[int, str] = {}
    rests: dict[int, int] = {}
    for n, data in documents_of(documents, [write_key(undo_id, attempt, n) for n in range(writes_n)]):
        settled |= told.take(n, data)
        rests.update(pairs(data.get("rests", [])))
    return RecalledUndo(settled, told.unverified(), told.repairs, rests)


class _Told:
    """What the notes of an attempt tell together."""

    def __init__(self) -> None:
        self.repairs: list[Fix] = []
        self.moved = False
        self.anchors: set[int] = set()
        #: The newest write of each row that is not settled: memory shall not grow with what is.
        self._latest: dict[int, Sent] = {}
        self._acknowledged: set[int] = set()
        self._void: set[int] = set()

    def take(self, n: int, data: dict[str, Any]) -> dict[int, str]:
        """The next note, in order; gives the rows that it settles, with their states."""
        settled = {index: state for state, flat in data["settled"].items() for index, _ in pairs(flat)}
        for index in settled:
            self._latest.pop(index, None)
        self._acknowledged.update(data["acknowledged"])
        self._void.update(data["void"])
        self.moved = self.moved or data.get("moved", False)
        self.anchors.update(data.get("anchors", ()))
        if "repairs" in data:
            found = [_fix_from_data(fix) for fix in data["repairs"]]
            self.repairs = [*self.repairs, *found] if found else []
        sent = sent_from_data(n, data)
        self._latest |= dict.fromkeys(sent.places, sent)
        return settled

    def unverified(self) -> list[Sent]:
        """Of each unsettled row the newest write: an earlier one was decided before that was announced."""
        found: dict[int, Sent] = {}
        for index, sent in self._latest.items():
            if sent.n not in self._void:
                told = sent.n in self._acknowledged
                own = found.setdefault(
                    sent.n, Sent(sent.n, {}, sent.before, sent.deadline, told, sent.columns)
                )
                own.places[index] = sent.places[index]
        return [found[n] for n in sorted(found)]


def documents_of(
    documents: Documents, keys: list[Key], at_once: int = PAGE
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The documents that are there, in order, each with the position of its key."""
    for first in range(0, len(keys), at_once):
        found = documents.get_many(keys[first : first + at_once])
        yield from ((first + i, document.data) for i, document in enumerate(found) if document is not None)


def pairs(flat: list[int]) -> Iterator[tuple[int, int]]:
    """(index, place) out of a flat list; place -1 is nowhere."""
    return zip(flat[::2], flat[1::2], strict=True)


def note_to_data(job_id: str, note: Note) -> dict[str, Any]:
    """A write document: pairs lie flat, for a document store that keeps no list in a list."""
    sent = note.sent
    repairs = {} if note.repairs is None else {"repairs": [_fix_to_data(fix) for fix in note.repairs]}
    return {
        **repairs,
        "job_id": job_id,
        "settled": {
            state: [n for index, place in rows.items() for n in (index, -1 if place is None else place)]
            for state, rows in note.settled.items()
        },
        "acknowledged": list(note.acknowledged),
        "void": list(note.void),
        "places": [n for pair in sent.places.items() for n in pair] if sent else [],
        "before": {f"{place}:{name}": value for (place, name), value in sent.before.items()} if sent else {},
        "deadline": sent.deadline if sent else 0,
        "columns": dict(sent.columns) if sent else {},
        **({"rests": [n for pair in note.rests.items() for n in pair]} if note.rests else {}),
        "moved": note.moved,
        "anchors": sorted(note.anchors),
    }


def sent_from_data(n: int, data: dict[str, Any]) -> Sent:
    before: dict[tuple[int, str], dict[str, Any]] = {}
    for at, value in data["before"].items():
        place, _, name = at.partition(":")
        before[int(place), name] = value
    columns = data.get("columns", {})
    return Sent(n, dict(pairs(data["places"])), before, data["deadline"], columns=columns)


def _fix_to_data(fix: Fix) -> dict[str, Any]:
    cells = {str(column): value for column, value in fix.cells.items()}
    held = {str(column): text for column, text in fix.held.items()}
    return {
        "place": fix.place,
        "fingerprint": fix.fingerprint,
        "showed": fix.showed,
        "cells": cells,
        "held": held,
    }


def _fix_from_data(data: dict[str, Any]) -> Fix:
    cells = {int(column): value for column, value in data["cells"].items()}
    held = {int(column): text for column, text in data["held"].items()}
    return Fix(data["place"], data["fingerprint"], data.get("showed", data["fingerprint"]), cells, held)
