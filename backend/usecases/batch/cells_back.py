"""Puts single cells back, in repairs and undos: by anchors where it can be, else by places."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.selection import Layout
from backend.errors import TryLater
from backend.ports import Area, Cell, Sheets, Strip
from backend.usecases.batch.anchoring import Anchors
from backend.usecases.batch.entered import as_read, is_plain
from backend.usecases.batch.intents import Fix
from backend.usecases.batch.last_moment import LastMoment
from backend.usecases.batch.sheet_calls import Call


class CellsBack:
    """Restores what was looked at just now."""

    def __init__(
        self, job: Job, sheets: Sheets, anchors: Anchors, last_moment: LastMoment, times: LeaseTimes
    ) -> None:
        self._job, self._sheets, self._anchors = job, sheets, anchors
        self._last_moment, self._times = last_moment, times

    def at_once(self, fixes: Iterable[Fix], where: Layout) -> list[Fix]:
        """Those that one write can put back: by anchors where there are such, else by places.

        After a search it is not known where the anchors stand; the look that confirms what it found tells.
        """
        fixes = list(fixes)
        plain = [fix for fix in fixes if self._is_plain(fix, where)]
        return plain if plain and self._anchors.take(_by_output(plain, where)) else fixes

    def restore(self, fixes: Sequence[Fix], where: Layout, looked_at: float) -> Generator[Call, Any, None]:
        """Puts back fixes that `at_once` gave. Raises what Sheets raises."""
        plain = all(self._is_plain(fix, where) for fix in fixes)
        strips = self._anchors.strips(_by_output(fixes, where), where) if plain else None
        if strips is None:
            yield Call("writes", lambda: self._restore(fixes, looked_at))
            return
        try:
            yield Call("writes", lambda: self._write(strips, looked_at))
        except TryLater as later:
            if later.maybe_applied:
                self._anchors.not_answered(strips)
            raise

    @staticmethod
    def _is_plain(fix: Fix, where: Layout) -> bool:
        """Whether it is about values of output columns alone: a formula cannot be written as one."""
        outputs = set(where.columns.outputs.values())
        return fix.cells.keys() <= outputs and all(map(is_plain, fix.cells.values()))

    def _write(self, strips: Sequence[Strip], looked_at: float) -> None:
        self._last_moment.check(looked_at)
        self._sheets.write(self._job.spreadsheet_id, strips, timeout_s=self._times.write_s)

    def _restore(self, fixes: Sequence[Fix], looked_at: float) -> None:
        self._last_moment.check(looked_at)
        cells = [
            (Area(self._job.sheet_id, fix.place, fix.place + 1, column, column + 1), value)
            for fix in fixes
            for column, value in fix.cells.items()
        ]
        self._sheets.restore(self._job.spreadsheet_id, cells, timeout_s=self._times.write_s)


def _by_output(fixes: Iterable[Fix], where: Layout) -> dict[str, dict[int, Cell]]:
    """What plain ones put back, by output name and place."""
    names = {column: name for name, column in where.columns.outputs.items()}
    values: dict[str, dict[int, Cell]] = {}
    for fix in fixes:
        for column, value in fix.cells.items():
            values.setdefault(names[column], {})[fix.place] = as_read(value)
    return values
