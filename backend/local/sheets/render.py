"""Cells as the values methods answer them: FORMATTED_VALUE, UNFORMATTED_VALUE, FORMULA; rows or columns.

Trailing blank cells and rows are left out, as Google leaves them out: a reader has to pad. A cell with a
formula is never blank, whatever its value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from backend.local.sheets import formats
from backend.local.sheets.a1 import Rect
from backend.local.sheets.cells import Row, Slot, Value, is_blank, opened
from backend.local.sheets.grid import Grid


@dataclass(frozen=True, slots=True)
class Options:
    """How values are answered; the defaults are Google's."""

    value: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"
    major: str = "ROWS"


def values(grid: Grid, rect: Rect, options: Options) -> list[list[Value]]:
    """The rectangle's values without trailing blanks; an empty list when all of it is blank."""
    show = _shower(options)
    rows: list[Any] = []
    if options.major == "COLUMNS":
        columns = zip_longest(*grid.block(rect))
        block: list[Row] = [tuple(column) for column in columns]
    else:
        block = grid.block(rect)
    for row in block:
        end = len(row)
        while end and is_blank(row[end - 1]):
            end -= 1
        rows.append([show(slot) for slot in row[:end]])
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _shower(options: Options) -> Callable[[Slot], Value]:
    if options.value == "UNFORMATTED_VALUE":
        return _unformatted_dates if options.dates == "FORMATTED_STRING" else _unformatted
    if options.value == "FORMULA":
        return _formula_dates if options.dates == "FORMATTED_STRING" else _formula
    return _formatted


def _formatted(slot: Slot) -> Value:
    if isinstance(slot, str):
        return slot
    return "" if slot is None else formats.shown(opened(slot))


def _unformatted(slot: Slot) -> Value:
    value = slot if slot is None or isinstance(slot, str | int | float | bool) else slot.value
    return "" if value is None else value


def _unformatted_dates(slot: Slot) -> Value:
    if slot is None:
        return ""
    if isinstance(slot, str | int | float | bool):
        return slot
    if formats.is_date(slot) and not isinstance(slot.value, str | bool):
        return formats.shown(slot)
    return "" if slot.value is None else slot.value


def _formula(slot: Slot) -> Value:
    formula = None if slot is None or isinstance(slot, str | int | float | bool) else slot.formula
    return _unformatted(slot) if formula is None else formula


def _formula_dates(slot: Slot) -> Value:
    formula = None if slot is None or isinstance(slot, str | int | float | bool) else slot.formula
    return _unformatted_dates(slot) if formula is None else formula
