"""The cells of one tab: reading and writing rectangles, moving rows and columns. No I/O, no JSON.

Rows past the last one with content are not stored. Formulas are kept as typed: the references inside them
are not adjusted when rows or columns move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from backend.local.sheets.a1 import Rect
from backend.local.sheets.cells import Row, Slot, trimmed

#: What changed since the last commit: half-open row blocks, or None for "everything" (rows moved).
Touched = list[tuple[int, int]] | None


class Grid:
    def __init__(self, row_count: int, column_count: int, rows: list[Row] | None = None) -> None:
        self.row_count = row_count
        self.column_count = column_count
        self.rows: list[Row] = rows if rows is not None else []
        self.touched: Touched = []

    def copy(self) -> Grid:
        """A draft: the rows themselves are shared, since they never change in place."""
        return Grid(self.row_count, self.column_count, list(self.rows))

    @property
    def everything(self) -> Rect:
        return Rect(0, self.row_count, 0, self.column_count)

    def row(self, index: int) -> Row:
        return self.rows[index] if index < len(self.rows) else ()

    def slot(self, row: int, column: int) -> Slot:
        slots = self.row(row)
        return slots[column] if column < len(slots) else None

    def block(self, rect: Rect) -> list[Row]:
        """The rectangle's rows; trailing blanks of a row and trailing blank rows are not there."""
        rows = [row[rect.left : rect.right] for row in self.rows[rect.top : rect.bottom]]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def lines(self, rect: Rect) -> list[Row]:
        """The rectangle's rows, every one of them; a row's trailing blanks may be missing."""
        rows = [row[rect.left : rect.right] for row in self.rows[rect.top : rect.bottom]]
        return rows + [()] * (rect.bottom - rect.top - len(rows))

    def change(self, top: int, left: int, changes: Iterable[dict[int, Slot]]) -> None:
        """Puts slots into rows from `top` down; a row's changes are keyed by the column, from `left`."""
        index = top
        for row_changes in changes:
            if row_changes:
                self._need(index + 1)
                slots = list(self.rows[index])
                last = left + max(row_changes)
                if last >= len(slots):
                    slots.extend([None] * (last + 1 - len(slots)))
                for column, slot in row_changes.items():
                    slots[left + column] = slot
                self.rows[index] = trimmed(slots)
            index += 1
        self.touch(top, index)

    def replace(self, rect: Rect, rows: Sequence[Row]) -> None:
        """Puts a block of rows, as wide as they are, in place of all that the rectangle holds."""
        self._need(rect.bottom)
        width = rect.right - rect.left
        for index, inside in zip(range(rect.top, rect.bottom), rows, strict=True):
            old = self.rows[index]
            after = old[rect.right :]
            if rect.left or after:
                before = old[: rect.left]
                before += (None,) * (rect.left - len(before))
                inside = before + inside + (None,) * (width - len(inside)) + after
            self.rows[index] = trimmed(inside)
        self._forget_blank_end()
        self.touch(rect.top, rect.bottom)

    def map(self, rect: Rect, change: Callable[[Slot], Slot]) -> None:
        """Applies `change` to every stored slot of the rectangle."""
        for index in range(rect.top, min(rect.bottom, len(self.rows))):
            row = self.rows[index]
            if len(row) > rect.left:
                inside = [change(slot) for slot in row[rect.left : rect.right]]
                self.rows[index] = trimmed([*row[: rect.left], *inside, *row[rect.right :]])
        self.touch(rect.top, rect.bottom)

    def insert_rows(self, start: int, count: int) -> None:
        if start < len(self.rows):
            self.rows[start:start] = [()] * count
        self.row_count += count
        self.touched = None

    def delete_rows(self, start: int, end: int) -> None:
        del self.rows[start:end]
        self.row_count -= end - start
        self.touched = None

    def move_rows(self, start: int, end: int, destination: int) -> None:
        """`destination` counts in rows as they stand before the move (DimensionRange semantics)."""
        self._need(max(end, destination))
        moving = self.rows[start:end]
        self.rows[destination:destination] = moving
        gone = start if destination > start else start + len(moving)
        del self.rows[gone : gone + len(moving)]
        self._forget_blank_end()
        self.touched = None

    def insert_columns(self, start: int, count: int) -> None:
        blank: Row = (None,) * count
        self.rows = [row[:start] + blank + row[start:] if len(row) > start else row for row in self.rows]
        self.column_count += count
        self.touched = None

    def delete_columns(self, start: int, end: int) -> None:
        self.rows = [trimmed([*row[:start], *row[end:]]) if len(row) > start else row for row in self.rows]
        self.column_count -= end - start
        self._forget_blank_end()
        self.touched = None

    def move_columns(self, start: int, end: int, destination: int) -> None:
        for index, row in enumerate(self.rows):
            if len(row) <= min(start, destination):
                continue
            slots = list(row) + [None] * (max(end, destination) - len(row))
            moving = slots[start:end]
            slots[destination:destination] = moving
            gone = start if destination > start else start + len(moving)
            del slots[gone : gone + len(moving)]
            self.rows[index] = trimmed(slots)
        self.touched = None

    def resize(self, row_count: int, column_count: int) -> None:
        """Grows, or cuts off what lies outside."""
        if row_count < self.row_count:
            del self.rows[row_count:]
        if column_count < self.column_count:
            self.rows = [trimmed(list(row[:column_count])) for row in self.rows]
        if row_count < self.row_count or column_count < self.column_count:
            self.touched = None
        self.row_count, self.column_count = row_count, column_count

    def touch(self, top: int, bottom: int) -> None:
        if self.touched is not None and bottom > top:
            self.touched.append((top, bottom))

    def _need(self, count: int) -> None:
        if count > len(self.rows):
            self.rows.extend([()] * (count - len(self.rows)))

    def _forget_blank_end(self) -> None:
        while self.rows and not self.rows[-1]:
            self.rows.pop()
