"""One tab's XML → rows, as a stream: memory grows with the cells that hold something, not with the grid."""

from __future__ import annotations

from backend.domain.headers import letter
from backend.errors import TooLarge
from backend.files.limits import Limits
from backend.files.table import Cell, Dated, Progress, Row
from backend.files.xlsx_package import Attributes, Package
from backend.files.xlsx_values import DateForm, dated, number, unescaped

#: The last column of a workbook is XFD.
_MAX_COLUMNS = 16_384
_MAX_LETTERS = 3
#: Rows that may stand above the header without counting towards the limit of rows.
_SPARE_ROWS = 1_000
#: Cells that hold nothing but a format cost time, not memory: this many for each that counts.
_FORMATTED_PER_CELL = 4


class SheetParser:
    """Collects the rows of one worksheet part. `parse()` fills `rows` and `notes`."""

    def __init__(
        self,
        package: Package,
        part: str,
        *,
        texts: list[str],
        styles: dict[str, DateForm],
        from_1904: bool,
        limits: Limits,
    ) -> None:
        #: Row n of the sheet is `rows[n - 1]`, as long as its last cell that holds something.
        self.rows: list[Row] = []
        self._package = package
        self._part = part
        self._texts = texts
        self._styles = styles
        self._from_1904 = from_1904
        self._limits = limits
        self._namespace = ""
        self._columns: dict[str, int] = {}
        self._row: Row = []
        self._row_number = 0
        self._reference = ""
        self._column = -1
        self._type: str | None = None
        self._style: str | None = None
        self._pieces: list[str] = []
        self._reading = self._phonetic = self._formula = False
        self._held = self._seen = 0
        self._merged: list[str] = []
        self._unvalued: list[str] = []

    def parse(self, on_progress: Progress) -> None:
        """Raises Invalid for a damaged part and TooLarge beyond the limits."""
        size = self._package.size(self._part)

        def on_bytes(behind: int) -> None:
            self._check_size()
            on_progress(max(len(self.rows) - 1, 0), min(behind / size, 1.0))

        self._package.parse(self._part, start=self._start, end=self._end, text=self._text, on_bytes=on_bytes)
        self._check_size()

    @property
    def notes(self) -> list[str]:
        """Sentences about merged cells and formulas without a value."""
        notes = []
        if self._merged:
            cells = ", ".join(self._merged[:5]) + (", …" if len(self._merged) > 5 else "")
            notes.append(
                f"Merged cells ({cells}): the value is read in the first cell, the others are blank."
            )
        if self._unvalued:
            count, first = len(self._unvalued), self._unvalued[0]
            notes.append(
                f"Formulas without a stored value: {count:,}, the first in {first}. They are read as blank: "
                "save the workbook in a spreadsheet program to have them computed."
            )
        return notes

    def _start(self, tag: str, attributes: Attributes) -> None:
        if not self._namespace:
            self._namespace = tag.rpartition(" ")[0] + " "
        name = tag.removeprefix(self._namespace)
        if name == "c":
            self._start_cell(attributes)
        elif name == "v" or (name == "t" and not self._phonetic):
            self._reading = True
        elif name == "row":
            self._start_row(attributes)
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "mergeCell":
            self._merged.append(attributes.get("ref", "?"))

    def _end(self, tag: str) -> None:
        name = tag.removeprefix(self._namespace)
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._reading = False
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._phonetic = False

    def _text(self, data: str) -> None:
        if self._reading:
            self._pieces.append(data)

    def _start_row(self, attributes: Attributes) -> None:
        given = attributes.get("r")
        if given is None:
            self._row_number += 1
        elif given.isascii() and given.isdigit() and 0 < len(given) < 8:
            self._row_number = int(given)
        else:
            raise self._package.damaged(f'a row is numbered "{given[:20]}"')
        self._row = []
        self._column = -1

    def _end_row(self) -> None:
        if not self._row:
            return
        if self._row_number > self._limits.rows + _SPARE_ROWS:
            raise TooLarge(
                f'"{self._package.name}" has a value in row {self._row_number:,}; '
                f"{self._limits.rows:,} rows are the most. "
                "Split it into several files, or delete what stands far below the table."
            )
        missing = self._row_number - len(self.rows)
        if missing > 0:
            self.rows.extend([] for _ in range(missing))
        self.rows[self._row_number - 1] = self._row
        self._row = []

    def _start_cell(self, attributes: Attributes) -> None:
        self._seen += 1
        self._reference = attributes.get("r", "")
        self._type = attributes.get("t")
        self._style = attributes.get("s")
        self._pieces.clear()
        self._formula = False
        # A cell without a reference stands to the right of the one before it.
        self._column = self._column_of(self._reference) if self._reference else self._column + 1

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if not (letters.isascii() and letters.isalpha() and len(letters) <= _MAX_LETTERS):
                raise self._package.damaged(f'a cell is called "{reference[:20]}"')
            column = 0
            for character in letters.upper():
                column = column * 26 + ord(character) - ord("A") + 1
            column -= 1
            if column >= _MAX_COLUMNS:
                raise self._package.damaged(f'a cell is called "{reference[:20]}"')
            self._columns[letters] = column
        return column

    def _end_cell(self) -> None:
        value = self._value("".join(self._pieces)) if self._pieces else None
        if value is None:
            if self._formula and self._type != "str":
                self._unvalued.append(self._reference or f"{letter(self._column)}{self._row_number}")
            return
        row = self._row
        missing = self._column - len(row)
        if missing == 0:
            row.append(value)
        elif missing > 0:
            row.extend([None] * missing)
            row.append(value)
            # Blanks count too, or a value far to the right in each row would cost gigabytes.
            self._held += missing // 2
        else:
            row[self._column] = value
        self._held += 1

    def _value(self, raw: str) -> Cell:
        kind = self._type
        if kind == "s":
            try:
                return self._texts[int(raw)] or None
            except (ValueError, IndexError):
                raise self._package.damaged("a cell refers to a text that is not there") from None
        if kind is None or kind == "n":
            form = self._styles.get(self._style) if self._style is not None else None
            return number(raw) if form is None else dated(raw, form, from_1904=self._from_1904)
        if kind == "b":
            return raw.strip() in ("1", "true")
        if kind == "d":
            return Dated(raw.strip().removesuffix("Z").replace("T", " ").removesuffix(" 00:00:00"))
        # "str" and "inlineStr" are text; an error ("e") is kept as it shows: #N/A.
        return unescaped(raw)

    def _check_size(self) -> None:
        limit = self._limits.cells
        if self._held > limit or self._seen > limit * _FORMATTED_PER_CELL:
            raise TooLarge(
                f'"{self._package.name}" has more than {limit:,} cells. Split it into several files.'
            )
