"""A grid as simple as can be: lists of cells, and a name tag that rides on its row or column.

The stand-in's independent judge: it shares no code with it, and answers "no" by returning False.
"""

from __future__ import annotations

from typing import Any

Value = str | int | bool | None


class PlainGrid:
    def __init__(self, height: int, width: int) -> None:
        self.cells: list[list[Value]] = [[None] * width for _ in range(height)]
        #: Names tied to rows and columns, at their places.
        self.row_names: list[list[str]] = [[] for _ in range(height)]
        self.column_names: list[list[str]] = [[] for _ in range(width)]

    @property
    def height(self) -> int:
        return len(self.row_names)

    @property
    def width(self) -> int:
        return len(self.column_names)

    def shown(self) -> list[list[Any]]:
        """The values without trailing blanks, blanks between as empty text."""
        rows = [["" if cell is None else cell for cell in row] for row in self.cells]
        for row in rows:
            while row and row[-1] == "":
                row.pop()
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def write(self, top: int, left: int, values: list[list[Value]]) -> bool:
        """None skips, empty text blanks."""
        reach = [
            (top + r, left + c) for r, row in enumerate(values) for c, v in enumerate(row) if v is not None
        ]
        if top >= self.height or left >= self.width:
            return False
        if any(row >= self.height or column >= self.width for row, column in reach):
            return False
        for row, column in reach:
            value = values[row - top][column - left]
            self.cells[row][column] = None if value == "" else value
        return True

    def blank(self, top: int, bottom: int, left: int, right: int) -> bool:
        if top >= self.height or left >= self.width:
            return False
        for row in self.cells[top:bottom]:
            row[left:right] = [None] * len(row[left:right])
        return True

    def insert(self, rows: bool, start: int, count: int) -> bool:
        size = self.height if rows else self.width
        if start >= size:
            return False
        if rows:
            self.cells[start:start] = [[None] * self.width for _ in range(count)]
        else:
            for row in self.cells:
                row[start:start] = [None] * count
        names = self.row_names if rows else self.column_names
        names[start:start] = [[] for _ in range(count)]
        return True

    def delete(self, rows: bool, start: int, count: int) -> bool:
        size = self.height if rows else self.width
        if start + count > size or count == size:
            return False
        if rows:
            del self.cells[start : start + count]
        else:
            for row in self.cells:
                del row[start : start + count]
        names = self.row_names if rows else self.column_names
        del names[start : start + count]
        return True

    def append(self, rows: bool, count: int) -> bool:
        if rows:
            self.cells += [[None] * self.width for _ in range(count)]
        else:
            for row in self.cells:
                row += [None] * count
        names = self.row_names if rows else self.column_names
        names += [[] for _ in range(count)]
        return True

    def move(self, rows: bool, start: int, count: int, destination: int) -> bool:
        size = self.height if rows else self.width
        if start + count > size or destination > size:
            return False
        order = list(range(size))
        moving = order[start : start + count]
        before = [index for index in order[:destination] if index not in moving]
        after = [index for index in order[destination:] if index not in moving]
        order = before + moving + after
        if rows:
            self.cells = [self.cells[index] for index in order]
            self.row_names = [self.row_names[index] for index in order]
        else:
            self.cells = [[row[index] for index in order] for row in self.cells]
            self.column_names = [self.column_names[index] for index in order]
        return True

    def sort(self, top: int, left: int, column: int, descending: bool) -> bool:
        """Sorts what lies below and right of a corner; the tags stay where they are."""
        if top >= self.height or left >= self.width or not left <= column < self.width:
            return False
        parts = [row[left:] for row in self.cells[top:]]
        filled = [part for part in parts if part[column - left] is not None]
        blank = [part for part in parts if part[column - left] is None]
        ranks = {int: 0, str: 1, bool: 2}

        def rank(part: list[Value]) -> tuple[int, Any]:
            value = part[column - left]
            return ranks[type(value)], value.lower() if isinstance(value, str) else value

        filled.sort(key=rank, reverse=descending)
        for row, part in zip(self.cells[top:], filled + blank, strict=True):
            row[left:] = part
        return True

    def cut(self, area: tuple[int, int, int, int], to_row: int, to_column: int) -> bool:
        top, bottom, left, right = area
        if top >= self.height or left >= self.width:
            return False
        bottom, right = min(bottom, self.height), min(right, self.width)
        if to_row + bottom - top > self.height or to_column + right - left > self.width:
            return False
        block = [row[left:right] for row in self.cells[top:bottom]]
        self.blank(top, bottom, left, right)
        for offset, part in enumerate(block):
            self.cells[to_row + offset][to_column : to_column + right - left] = part
        return True

    def tie(self, rows: bool, index: int, name: str) -> bool:
        names = self.row_names if rows else self.column_names
        if index >= len(names):
            return False
        names[index].append(name)
        return True
