"""Which row of a file is its header, and what stands above and below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backend.domain.cells import as_text, is_blank
from backend.domain.headers import folded, letter
from backend.errors import Invalid
from backend.files.table import Cell, Row

#: A header is looked for this far down; what people put above a table is a title and a date.
HEADER_SEARCH_ROWS = 20
#: At most this many rows are named one by one in the notes.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """The header's place among the first rows, and how many known names it holds."""

    index: int
    hits: int


def choose(first_rows: Sequence[Row], known: Collection[str]) -> Choice | None:
    """The row that holds most known headers (the first of equals), else the first that is not blank.

    `known` holds folded names. None when every row is blank.
    """
    best: Choice | None = None
    for index, row in enumerate(first_rows[:HEADER_SEARCH_ROWS]):
        if all(map(is_blank, row)):
            continue
        hits = len({folded(as_text(cell)) for cell in row} & set(known))
        if best is None or hits > best.hits:
            best = Choice(index, hits)
    if best is None:
        later = next((i for i, row in enumerate(first_rows) if not all(map(is_blank, row))), None)
        return None if later is None else Choice(later, 0)
    return best


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a file, sorted into lead, header, body and tail."""

    headers: tuple[str, ...]
    lead: list[Row]
    rows: list[Row]
    tail: list[Row]
    notes: tuple[str, ...]


def lay_out(all_rows: list[Row], known: Collection[str], *, name: str, blank: Cell) -> Layout:
    """Splits the rows at the header and at the last row that holds anything; fills short rows with `blank`.

    A `blank` of None says that the rows come from a workbook, which stores no trailing blanks, so a short
    row is nothing to tell. Raises Invalid when nothing but blanks is there.
    """
    choice = choose(all_rows, known)
    if choice is None:
        raise Invalid(f'"{name}" holds no text at all. It needs a header row and at least one row below it.')
    headers = tuple(as_text(cell) for cell in all_rows[choice.index])
    body = all_rows[choice.index + 1 :]
    end = len(body)
    while end and all(map(is_blank, body[end - 1])):
        end -= 1
    rows, tail = body[:end], body[end:]
    first_number = choice.index + 2
    notes = [
        *_header_notes(headers, choice.index, known, choice.hits),
        *_longer_notes(rows, len(headers), first_number),
        *(_shorter_notes(rows, len(headers), first_number) if blank is not None else []),
        *_tail_notes(tail),
    ]
    for row in rows:
        if len(row) < len(headers):
            row.extend([blank] * (len(headers) - len(row)))
    return Layout(headers, all_rows[: choice.index], rows, tail, tuple(notes))


def _header_notes(headers: Sequence[str], index: int, known: Collection[str], hits: int) -> list[str]:
    notes = []
    if index:
        kept = "The row above it is kept" if index == 1 else f"The {index} rows above it are kept"
        notes.append(f"The header is in row {index + 1}. {kept}.")
    if known and not hits:
        notes.append(f"No known column name was found; row {index + 1} is taken for the header.")
    counts = Counter(name.strip() for name in headers if name.strip())
    for name, count in counts.items():
        if count > 1:
            columns = ", ".join(letter(i) for i, header in enumerate(headers) if header.strip() == name)
            notes.append(
                f'The header "{name}" stands {count} times (columns {columns}); the first one is used.'
            )
    return notes


def _longer_notes(rows: Sequence[Row], width: int, first_number: int) -> list[str]:
    longer = [
        (number, len(row) - width)
        for number, row in enumerate(rows, first_number)
        if len(row) > width and not all(map(is_blank, row[width:]))
    ]
    notes = [
        f"Row {number} has {extra} cell{'s' if extra > 1 else ''} more than the header; kept."
        for number, extra in longer[:_NAMED]
    ]
    if len(longer) > _NAMED:
        notes.append(f"{len(longer) - _NAMED:,} more rows have more cells than the header.")
    return notes


def _shorter_notes(rows: Sequence[Row], width: int, first_number: int) -> list[str]:
    shorter = [number for number, row in enumerate(rows, first_number) if 0 < len(row) < width]
    if not shorter:
        return []
    if len(shorter) == 1:
        return [f"Row {shorter[0]} has fewer cells than the header."]
    named = ", ".join(map(str, shorter[:_NAMED])) + (", …" if len(shorter) > _NAMED else "")
    return [f"Rows {named} have fewer cells than the header."]


def _tail_notes(tail: Sequence[Row]) -> list[str]:
    if not tail:
        return []
    rows = "1 blank row" if len(tail) == 1 else f"{len(tail):,} blank rows"
    return [f"{rows} at the end of the file {'is' if len(tail) == 1 else 'are'} left alone."]
