"""A file, whatever it is called → a table. The one way in."""

from __future__ import annotations

from collections.abc import Collection

from backend.domain.headers import folded
from backend.files.csv_reading import read_csv
from backend.files.kinds import recognise
from backend.files.limits import Limits
from backend.files.source import Source, load
from backend.files.table import Progress, Table
from backend.files.xlsx_reading import read_xlsx


def read_table(
    source: Source,
    *,
    name: str,
    sheet: str | None = None,
    limits: Limits | None = None,
    known_headers: Collection[str] = (),
    on_progress: Progress | None = None,
) -> Table:
    """Reads a CSV or XLSX file, told apart by content.

    `name` is what the file is called in sentences. `sheet` names a tab of a workbook; without it the first
    visible tab with a known header is read, else the first visible one that holds anything. The header row
    is the one of the first 20 that holds most of `known_headers`, else the first that is not blank.
    `on_progress` is called at once, then as rows are read.

    Raises Invalid (what was found and what to do) and TooLarge (which limit).
    """
    limits = limits or Limits()
    report = on_progress or _unheard
    report(0, 0.0)
    known = frozenset(map(folded, known_headers)) - {""}
    data = load(source, name=name, limits=limits)
    if recognise(data, name=name) == "xlsx":
        table = read_xlsx(data, name=name, sheet=sheet, limits=limits, known=known, on_progress=report)
    else:
        table = read_csv(data, name=name, limits=limits, known=known, on_progress=report)
    report(len(table.rows), 1.0)
    return table


def _unheard(rows_read: int, fraction: float) -> None:
    """Nobody asked for progress."""
