"""Values as they were entered into cells, and as they are read and shown."""

from __future__ import annotations

from collections.abc import Mapping

from backend.domain.cells import as_text
from backend.ports import Cell, Entered


def as_read(entered: Entered) -> Cell:
    if not entered:
        return ""
    value: Cell = next(iter(entered.values()))
    return value


def is_plain(entered: Entered) -> bool:
    """Whether it comes out the same when it is written as a value: not a formula, nor what one came to."""
    return entered is None or not entered.keys() & {"formulaValue", "errorValue"}


def as_shown(entered: Entered) -> str:
    return as_text(as_read(entered))


def strings(texts: Mapping[str, str]) -> dict[str, Entered]:
    """By the same names; empty ones are left out."""
    return {name: {"stringValue": text} for name, text in texts.items() if text}
