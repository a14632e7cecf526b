"""How an index or a range follows inserted, deleted and moved rows or columns; pure arithmetic."""

from __future__ import annotations

from collections.abc import Callable

#: Where an index is afterwards; None when its row or column is gone.
Shift = Callable[[int], int | None]


def inserted(start: int, count: int) -> Shift:
    return lambda index: index + count if index >= start else index


def deleted(start: int, end: int) -> Shift:
    def shift(index: int) -> int | None:
        if index < start:
            return index
        return None if index < end else index - (end - start)

    return shift


def moved(start: int, end: int, destination: int) -> Shift:
    """`destination` counts in indexes as they stand before the move."""
    count = end - start

    def shift(index: int) -> int | None:
        if start <= index < end:
            return index + (destination - end if destination > end else destination - start)
        if end <= index < destination:
            return index - count
        if destination <= index < start:
            return index + count
        return index

    def within(index: int) -> int | None:
        return index if start <= destination <= end else shift(index)

    return within


def side(start: int | None, end: int | None, shift: Shift) -> tuple[int | None, int | None] | None:
    """A half-open side after the shift: the smallest that holds what is left of it; None when nothing is.

    An open end stays open. A side cut in two by a move grows to hold both parts.
    """
    if end is None:
        if start is None:
            return None, None
        place = shift(start)
        return (start if place is None else place), None
    left = [place for index in range(start or 0, end) if (place := shift(index)) is not None]
    if not left:
        return None
    return (None if start is None else min(left)), max(left) + 1
