"""A table on its way into a new tab: its title, its cells as they are written, the blocks they travel in."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence

from backend.domain.cells import CELL_LIMIT, capped, inert
from backend.errors import Invalid

Value = str | int | float | bool | None

#: Bytes of JSON in one block: it has to fit into a document, and a write of two into what Sheets advises.
BLOCK_BYTES = 700_000
#: Sheets takes 100 characters; some are left for what makes it unlike the others.
TITLE_CHARS = 80
#: Floats, which Sheets keeps its numbers in, hold every integer up to here.
_EXACT = 2**53

#: Numbers, dates and telephone numbers: a leading sign makes no formula of them that does anything.
_NUMBERLIKE = re.compile(r"[+-][0-9 ().,/-]{0,30}[0-9][ )]?%?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def value(cell: object) -> Value:
    """A cell as it is written RAW; None leaves it blank.

    Text that could come alive as a formula gets an apostrophe. What begins with a sign and is but a number
    or a telephone number stays as it is: an apostrophe would only spoil it.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int):
        return cell if abs(cell) <= _EXACT else str(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else str(cell)
    text = str(cell).encode("utf-8", "replace").decode()
    if _NUMBERLIKE.fullmatch(text):
        return text
    return inert(capped(text, CELL_LIMIT - 1))


def blocks(rows: Iterable[Sequence[object]]) -> Iterator[list[list[Value]]]:
    """Rows as they are written, in blocks of at most `BLOCK_BYTES`; `Invalid` names a row that is larger."""
    block: list[list[Value]] = []
    size = 0
    for number, row in enumerate(rows, 1):
        values = [value(cell) for cell in row]
        while values and values[-1] is None:
            values.pop()
        row_bytes = len(json.dumps(values, ensure_ascii=False).encode()) + 2
        if row_bytes > BLOCK_BYTES:
            raise Invalid(f"Row {number:,} holds more than {BLOCK_BYTES // 1000} KB of text. Shorten it.")
        if block and size + row_bytes > BLOCK_BYTES:
            yield block
            block, size = [], 0
        block.append(values)
        size += row_bytes
    if block:
        yield block


def free_title(wanted: str, taken: Iterable[str]) -> str:
    """`wanted` without what a tab's title cannot hold, numbered when a tab has it already."""
    base = _CONTROL.sub(" ", wanted).strip()[:TITLE_CHARS].strip() or "Imported"
    names = {title.casefold() for title in taken}
    title, number = base, 2
    while title.casefold() in names:
        title, number = f"{base} ({number})", number + 1
    return title
