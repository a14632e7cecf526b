"""What one cell holds, kept small: most cells are a bare Python value.

A *slot* is None (blank), a `str`, `int`, `float` or `bool`, or a `Cell` when there is more to say: a
formula, a format, a note. 100,000 rows of 12 text cells then cost little more than their text. A row is a
tuple of slots without trailing blanks and never changes in place, so a copy of a grid is a copy of pointers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.local.sheets.errors import invalid

Value = str | int | float | bool
Format = dict[str, Any]

#: Characters of one cell (Google's limit; one longer cell fails the whole request).
MAX_CELL_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True)
class Cell:
    """`value` is the value shown: the literal, or the formula's result where one was given."""

    value: Value | None = None
    formula: str | None = None
    format: Format | None = None
    note: str | None = None


Slot = Value | Cell | None
Row = tuple[Slot, ...]

BLANK = Cell()


def opened(slot: Slot) -> Cell:
    return slot if isinstance(slot, Cell) else Cell(slot) if slot is not None else BLANK


def packed(cell: Cell) -> Slot:
    if cell.formula is None and not cell.format and not cell.note:
        return cell.value
    return cell


def is_blank(slot: Slot) -> bool:
    """True when nobody typed anything; a format or a note alone leaves a cell blank."""
    return slot is None or (isinstance(slot, Cell) and slot.value is None and slot.formula is None)


def number(value: int | float) -> int | float:
    """Every number is a double in Sheets; whole ones are kept as int so that JSON shows `5`, not `5.0`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, int) and abs(value) > 2**53:
        return float(value)
    return value


def fitting(text: str) -> str:
    """The text, if it fits into a cell."""
    if len(text) > MAX_CELL_CHARACTERS:
        raise invalid(
            f"Your input contains more than the maximum of {MAX_CELL_CHARACTERS} characters in a single cell."
        )
    return text


def with_value(slot: Slot, value: Value | None, formula: str | None = None) -> Slot:
    """The slot with another value typed into it; what it looks like stays."""
    if not isinstance(slot, Cell) and formula is None:
        return value
    old = opened(slot)
    return packed(Cell(value, formula, old.format, old.note))


def trimmed(slots: Sequence[Slot]) -> Row:
    """A row without trailing blanks."""
    end = len(slots)
    while end and slots[end - 1] is None:
        end -= 1
    return tuple(slots[:end])
