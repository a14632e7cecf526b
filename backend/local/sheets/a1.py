"""A1 notation and Google's GridRange: text or JSON to bounds and back.

R1C1 notation is not understood (issue: ranges are "R1C1-free"); named ranges do not exist here.
Quoting follows what live Google writes before the `!`: a title is bare only when it is a plain ASCII
word that cannot be read as a cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from backend.local.sheets.errors import invalid

_CELLS = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9]\d*)?(?:(:)\$?([A-Za-z]{1,3})?\$?([1-9]\d*)?)?\Z")
_BARE_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_READS_AS_CELL = re.compile(r"(?:[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*)\Z")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Half-open, zero-based bounds of a range; None is an open side."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    @property
    def single(self) -> bool:
        """True when it names exactly one cell."""
        return (
            self.top is not None
            and self.left is not None
            and self.bottom == self.top + 1
            and self.right == self.left + 1
        )


class Rect(NamedTuple):
    """A rectangle inside a grid: half-open, zero-based, no open side."""

    top: int
    bottom: int
    left: int
    right: int

    def meets(self, other: Rect) -> bool:
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def parse(text: str) -> tuple[str | None, Bounds]:
    """Title (None: the first tab) and bounds; raises Google's 400 for what cannot be read.

    `Tab` alone is the whole tab, `A1:B2` alone is on the first tab; so a tab called `A1` must be quoted.
    """
    title: str | None
    if text.startswith("'"):
        end = 1
        while True:
            end = text.find("'", end)
            if end < 0:
                raise unparsable(text)
            if text[end : end + 2] != "''":
                break
            end += 2
        title, rest = text[1:end].replace("''", "'"), text[end + 1 :]
        if not rest:
            return title, Bounds()
        if rest[0] != "!":
            raise unparsable(text)
        cells = rest[1:]
    elif "!" in text:
        title, cells = text.rsplit("!", 1)
    else:
        bounds = _bounds(text)
        return (None, bounds) if bounds else (text, Bounds())
    found = _bounds(cells)
    if found is None or not title:
        raise unparsable(text)
    return title, found


def _bounds(cells: str) -> Bounds | None:
    match = _CELLS.match(cells)
    if match is None or not cells:
        return None
    left, top, colon, right, bottom = match.groups()
    if colon is None:
        if left is None or top is None:
            return None
        right, bottom = left, top
    elif (left is None and top is None) or (right is None and bottom is None):
        return None
    rows = _side(int(top) - 1 if top else None, int(bottom) - 1 if bottom else None)
    columns = _side(column_index(left) if left else None, column_index(right) if right else None)
    return Bounds(*rows, *columns)


def _side(start: int | None, last: int | None) -> tuple[int | None, int | None]:
    """Corners in either order become a half-open side; one corner alone is open towards the end."""
    if start is not None and last is not None and last < start:
        start, last = last, start
    if start is None and last is not None:
        start = 0
    return start, None if last is None else last + 1


def unparsable(text: str) -> Exception:
    return invalid(f"Unable to parse range: {text}")


def quoted(title: str) -> str:
    if _BARE_TITLE.match(title) and not _READS_AS_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def written(title: str, bounds: Bounds) -> str:
    """The range as Google writes it: `Tab!A1:B2`, `Tab!A2:C`, `Tab!3:4`, `Tab` for the whole tab."""
    if bounds == Bounds():
        return quoted(title)
    start = _corner(bounds.left, bounds.top, rows_known=bounds.bottom is not None)
    last = _corner(
        None if bounds.right is None else bounds.right - 1,
        None if bounds.bottom is None else bounds.bottom - 1,
        rows_known=True,
    )
    cells = start if bounds.single else f"{start}:{last}"
    return f"{quoted(title)}!{cells}"


def _corner(column: int | None, row: int | None, *, rows_known: bool) -> str:
    letters = "" if column is None else column_letters(column)
    if row is None or (row == 0 and not rows_known and letters):
        return letters
    return f"{letters}{row + 1}"


def from_grid_range(grid_range: dict[str, Any]) -> Bounds:
    """Bounds of a GridRange or of a DimensionRange's rows or columns; refuses an end before its start."""
    bounds = Bounds(
        grid_range.get("startRowIndex"),
        grid_range.get("endRowIndex"),
        grid_range.get("startColumnIndex"),
        grid_range.get("endColumnIndex"),
    )
    for name, start, end in (("Row", bounds.top, bounds.bottom), ("Column", bounds.left, bounds.right)):
        if (start or 0) < 0 or (end or 0) < 0:
            raise invalid(f"GridRange start{name}Index and end{name}Index must not be negative.")
        if end is not None and end < (start or 0):
            raise invalid(f"GridRange.end{name}Index[{end}] must be after start{name}Index[{start or 0}]")
    if bounds.top is None and bounds.bottom is not None:
        bounds = Bounds(0, bounds.bottom, bounds.left, bounds.right)
    if bounds.left is None and bounds.right is not None:
        bounds = Bounds(bounds.top, bounds.bottom, 0, bounds.right)
    return bounds


def to_grid_range(sheet_id: int, bounds: Bounds) -> dict[str, Any]:
    """A GridRange as Google answers it: open sides and zeros are left out, the sheet's id is kept."""
    sides = {
        "startRowIndex": bounds.top,
        "endRowIndex": bounds.bottom,
        "startColumnIndex": bounds.left,
        "endColumnIndex": bounds.right,
    }
    return {"sheetId": sheet_id, **{name: value for name, value in sides.items() if value is not None}}
