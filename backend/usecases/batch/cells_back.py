"""Puts single cells back, in repairs and undos: by anchors where it can be, else by places."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Any

from backend.domain.job import Job
from backend.domain.lease import LeaseTimes
from backend.domain.selection import Layout
from backend.errors import RowmillError, TryLater
from backend.ports import Area, Cell, Entered, Sheets, Strip
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

    def restore(self, fixes: Iterable[Fix], where: Layout, looked_at: float) -> Generator[Call, Any, None]:
        """One write, or two. Raises what Sheets raises; `TryLater.maybe_applied` also where a part was."""
        strips, cells = self._split(list(fixes), where)
        if strips:
            try:
                yield Call("writes", lambda: self._write(strips, looked_at))
            except TryLater as later:
                if later.maybe_applied:
                    self._anchors.not_answered(strips)
                raise
        if cells:
            try:
                yield Call("writes", lambda: self._restore(cells, looked_at))
            except RowmillError as error:
                if not strips:
                    raise
                raise TryLater(error.message, delay_s=1, maybe_applied=True) from error

    def _split(self, fixes: Sequence[Fix], where: Layout) -> tuple[list[Strip], list[tuple[Area, Entered]]]:
        """What goes by anchors: plain values of output columns. A formula cannot be written as one."""
        names = {column: name for name, column in where.columns.outputs.items()}
        values: dict[str, dict[int, Cell]] = {}
        others: list[tuple[Area, Entered]] = []
        for fix in fixes:
            for column, value in fix.cells.items():
                if column in names and is_plain(value):
                    values.setdefault(names[column], {})[fix.place] = as_read(value)
                else:
                    others.append((self._cell(fix.place, column), value))
        strips = self._anchors.strips(values, where)
        if strips is not None:
            return strips, others
        return [], [(self._cell(fix.place, c), value) for fix in fixes for c, value in fix.cells.items()]

    def _cell(self, row: int, column: int) -> Area:
        return Area(self._job.sheet_id, row, row + 1, column, column + 1)

    def _write(self, strips: Sequence[Strip], looked_at: float) -> None:
        self._last_moment.check(looked_at)
        self._sheets.write(self._job.spreadsheet_id, strips, timeout_s=self._times.write_s)

    def _restore(self, cells: Sequence[tuple[Area, Entered]], looked_at: float) -> None:
        self._last_moment.check(looked_at)
        self._sheets.restore(self._job.spreadsheet_id, cells, timeout_s=self._times.write_s)
