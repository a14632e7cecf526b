"""The values methods that write: update, batchUpdate, clear and the ByDataFilter forms.

A range of several cells bounds what may be written; a single cell is only where writing begins. A batch is
applied whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from backend.local.sheets import entry, protection, render, selecting
from backend.local.sheets.a1 import Bounds, Rect, column_letters
from backend.local.sheets.call import Answer, Call
from backend.local.sheets.cells import Slot, with_value
from backend.local.sheets.errors import invalid, naming
from backend.local.sheets.workbook import Sheet, User, Workbook

Put = Callable[[Slot, Any, int, int], Slot]


@dataclass(frozen=True, slots=True)
class Written:
    """What one write reached: the rectangle of its values, which rows and columns got one, and how many."""

    sheet: Sheet
    rect: Rect
    #: The range that was asked for, inside the grid.
    asked: Rect
    rows: frozenset[int]
    columns: frozenset[int]
    cells: int

    def json(self, call: Call, major: str) -> Answer:
        answer: Answer = {"updatedRange": self.sheet.written(self.rect)}
        if self.cells:
            answer |= {
                "updatedRows": len(self.rows),
                "updatedColumns": len(self.columns),
                "updatedCells": self.cells,
            }
        if call.wants_values_back():
            options = call.response_rendering(major)
            data: Answer = {"range": self.sheet.written(self.asked), "majorDimension": options.major}
            values = render.values(self.sheet.grid, self.asked, options)
            answer["updatedData"] = {**data, "values": values} if values else data
        return answer


def update(workbook: Workbook, call: Call) -> Answer:
    text = call.place["range"]
    sheet, bounds = workbook.range(text)
    check_same_range(workbook, text, call.body.get("range"))
    written = put(workbook, sheet, bounds, text, call.body, call)
    return {"spreadsheetId": workbook.id, **written.json(call, _major(call.body))}


def check_same_range(workbook: Workbook, text: str, in_body: str | None) -> None:
    """Raises when the body of a single write names another range than the path."""
    if in_body is not None and workbook.range(in_body) != workbook.range(text):
        raise invalid(f"Request range[{text}] does not match value's range[{in_body}]")


def batch_update(workbook: Workbook, call: Call) -> Answer:
    writes: list[tuple[Written, Answer]] = []
    for number, data in enumerate(call.body.get("data", [])):
        with naming(f"data[{number}]"):
            text = data.get("range", "")
            written = put(workbook, *workbook.range(text), text, data, call)
        writes.append((written, {}))
    return _totals(workbook, call, writes)


def batch_update_by_data_filter(workbook: Workbook, call: Call) -> Answer:
    """Values go to every range that their filter selects."""
    writes: list[tuple[Written, Answer]] = []
    for number, data in enumerate(call.body.get("data", [])):
        data_filter = data.get("dataFilter", {})
        with naming(f"data[{number}]"):
            for sheet, bounds in selecting.ranges(workbook, data_filter, call.user):
                text = sheet.written(sheet.rect(bounds))
                written = put(workbook, sheet, bounds, text, data, call, bounded=True)
                writes.append((written, {"dataFilter": selecting.echoed(data_filter)}))
    return _totals(workbook, call, writes)


def clear(workbook: Workbook, call: Call) -> Answer:
    sheet, bounds = workbook.range(call.place["range"])
    return {"spreadsheetId": workbook.id, "clearedRange": blank(workbook, sheet, bounds, call.user)}


def batch_clear(workbook: Workbook, call: Call) -> Answer:
    cleared = []
    for number, text in enumerate(call.body.get("ranges", [])):
        with naming(f"range[{number}]"):
            cleared.append(blank(workbook, *workbook.range(text), call.user))
    return {"spreadsheetId": workbook.id, "clearedRanges": cleared}


def batch_clear_by_data_filter(workbook: Workbook, call: Call) -> Answer:
    cleared = []
    for number, data_filter in enumerate(call.body.get("dataFilters", [])):
        with naming(f"dataFilter[{number}]"):
            for sheet, bounds in selecting.ranges(workbook, data_filter, call.user):
                cleared.append(blank(workbook, sheet, bounds, call.user))
    return {"spreadsheetId": workbook.id, "clearedRanges": cleared}


def blank(workbook: Workbook, sheet: Sheet, bounds: Bounds, user: User) -> str:
    """Takes the values out of a range, not the formats; returns the range in A1 notation."""
    rect = sheet.rect(bounds)
    protection.check(workbook, sheet, rect, user)
    sheet.grid.map(rect, lambda slot: with_value(slot, None))
    return sheet.written(rect)


def put(
    workbook: Workbook,
    sheet: Sheet,
    bounds: Bounds,
    text: str,
    data: dict[str, Any],
    call: Call,
    *,
    bounded: bool = False,
) -> Written:
    """Writes a ValueRange's values; null skips a cell, `""` blanks it.

    `text` names the range in refusals, as it was asked for; `bounded`: even a single cell is a bound.
    """
    asked = sheet.rect(bounds, whole=True)
    limit = asked
    if bounds.single and not bounded:
        limit = Rect(asked.top, sheet.grid.row_count, asked.left, sheet.grid.column_count)
    write: Put = entry.typed if call.input_option() == "USER_ENTERED" else entry.raw
    values: Sequence[Sequence[Any]] = data.get("values", [])
    if _major(data) == "COLUMNS":
        values = list(zip_longest(*values))
    grid = sheet.grid
    changes: list[dict[int, Slot]] = []
    rows: set[int] = set()
    columns: set[int] = set()
    cells = 0
    for down, row in enumerate(values):
        old = grid.row(asked.top + down)
        change: dict[int, Slot] = {}
        for right, value in enumerate(row):
            if value is None:
                continue
            column = asked.left + right
            if asked.top + down >= limit.bottom or column >= limit.right:
                raise _outside(text, limit, asked.top + down, column)
            change[right] = write(old[column] if column < len(old) else None, value, down, right)
        if change:
            changes.append(change)
            rows.add(asked.top + down)
            columns.update(change)
            cells += len(change)
        else:
            changes.append(change)
    if sheet.protected:
        _check_cells(workbook, sheet, asked, changes, call.user)
    grid.change(asked.top, asked.left, changes)
    width = max((len(row) for row in values), default=0)
    rect = Rect(
        asked.top,
        min(asked.top + max(len(values), 1), grid.row_count),
        asked.left,
        min(asked.left + max(width, 1), grid.column_count),
    )
    return Written(sheet, rect, rect if bounds.single else asked, frozenset(rows), frozenset(columns), cells)


def _major(data: dict[str, Any]) -> str:
    return "COLUMNS" if data.get("majorDimension") == "COLUMNS" else "ROWS"


def _outside(text: str, limit: Rect, row: int, column: int) -> Exception:
    place = f"row [{row + 1}]" if row >= limit.bottom else f"column [{column_letters(column)}]"
    return invalid(f"Requested writing within range [{text}], but tried writing to {place}")


def _check_cells(
    workbook: Workbook, sheet: Sheet, asked: Rect, changes: list[dict[int, Slot]], user: User
) -> None:
    for down, change in enumerate(changes):
        row = asked.top + down
        for right in change:
            column = asked.left + right
            protection.check(workbook, sheet, Rect(row, row + 1, column, column + 1), user)


def _totals(workbook: Workbook, call: Call, writes: list[tuple[Written, Answer]]) -> Answer:
    rows: set[tuple[int, int]] = set()
    columns: set[tuple[int, int]] = set()
    for written, _ in writes:
        rows.update((written.sheet.id, row) for row in written.rows)
        columns.update((written.sheet.id, written.rect.left + right) for right in written.columns)
    filtered = any(extra for _, extra in writes)
    owner: Answer = {} if filtered else {"spreadsheetId": workbook.id}
    return {
        "spreadsheetId": workbook.id,
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": sum(written.cells for written, _ in writes),
        "totalUpdatedSheets": len({written.sheet.id for written, _ in writes if written.cells}),
        "responses": [{**owner, **written.json(call, "ROWS"), **extra} for written, extra in writes],
    }
