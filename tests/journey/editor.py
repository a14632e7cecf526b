"""Another person in the same sheet: edits it at random through the Sheets API, with an owner's rights."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from backend.local.person import Person

ID = "Row Id"
NOTE = "Notes"


class Editor:
    """Makes one edit after another until it is told to stop; `edited` are the ids whose inputs it changed."""

    def __init__(self, person: Person, spreadsheet_id: str, seed: int, every_s: float) -> None:
        self._person, self._id = person, spreadsheet_id
        self._chance = random.Random(seed)
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._serial = 0
        self.edited: set[str] = set()
        self.deleted: set[str] = set()
        self.added: set[str] = set()
        self.made: list[str] = []
        self.error: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the edit that is being made; raises what went wrong in the thread."""
        self._stop.set()
        self._thread.join(30)
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.once()
                self._stop.wait(self._every_s * self._chance.uniform(0.3, 1.7))
        except (OSError, ValueError, KeyError) as error:
            self.error = error

    def once(self, kind: str | None = None) -> None:
        """One edit, of a kind drawn at random."""
        kinds = {
            "insert": 3, "delete": 2, "sort": 3, "cut": 2, "move_rows": 2, "move_column": 1,
            "insert_column": 1, "edit": 4, "rename_tab": 1, "rename_header": 1,
        }  # fmt: skip
        kind = kind or self._chance.choices(list(kinds), list(kinds.values()))[0]
        getattr(self, f"_{kind}")()
        self.made.append(kind)

    # ── the edits ──────────────────────────────────────────────────────────────────────────────────

    def _insert(self) -> None:
        """A company that the job never saw, in the middle."""
        headers, rows = self._table()
        at = self._chance.randrange(1, len(rows) + 1)
        self._serial += 1
        name = f"new-{self._serial}"
        self.added.add(name)
        values = {ID: name, "Company Name": f"New Company {self._serial}", "Company Keywords": "novelties"}
        self._update(
            {"insertDimension": {"range": self._lines("ROWS", at, at + 1)}},
            *(self._cell(at, headers.index(header), text) for header, text in values.items()),
        )

    def _delete(self) -> None:
        headers, rows = self._table()
        at = self._chance.randrange(1, len(rows))
        row = rows[at - 1]
        column = headers.index(ID)
        if column < len(row):
            self.deleted.add(row[column])
        self._update({"deleteDimension": {"range": self._lines("ROWS", at, at + 1)}})

    def _sort(self) -> None:
        headers, rows = self._table()
        by = self._chance.choice([ID, NOTE, "Company Name", "Company Short Description"])
        order = self._chance.choice(["ASCENDING", "DESCENDING"])
        area = {"sheetId": 0, "startRowIndex": 1, "endRowIndex": len(rows) + 1}
        spec = {"dimensionIndex": headers.index(by), "sortOrder": order}
        self._update({"sortRange": {"range": area, "sortSpecs": [spec]}})

    def _cut(self) -> None:
        """A block of rows goes below all others, and leaves a hole."""
        _, rows = self._table()
        size = self._chance.randrange(1, 6)
        start = self._chance.randrange(1, max(2, len(rows) - size))
        source = {"sheetId": 0, "startRowIndex": start, "endRowIndex": start + size}
        self._update(
            {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": size}},
            {
                "cutPaste": {
                    "source": source,
                    "destination": {"sheetId": 0, "rowIndex": len(rows) + 1, "columnIndex": 0},
                    "pasteType": "PASTE_NORMAL",
                }
            },
        )

    def _move_rows(self) -> None:
        _, rows = self._table()
        start = self._chance.randrange(1, len(rows) - 5)
        end = start + self._chance.randrange(1, 5)
        to = self._chance.choice([1, len(rows) // 2, len(rows)])
        if not start <= to <= end:
            source = self._lines("ROWS", start, end)
            self._update({"moveDimension": {"source": source, "destinationIndex": to}})

    def _move_column(self) -> None:
        headers, _ = self._table()
        start, to = self._chance.randrange(len(headers)), self._chance.randrange(len(headers))
        if not start <= to <= start + 1:
            source = self._lines("COLUMNS", start, start + 1)
            self._update({"moveDimension": {"source": source, "destinationIndex": to}})

    def _insert_column(self) -> None:
        headers, _ = self._table()
        at = self._chance.randrange(len(headers) + 1)
        self._update({"insertDimension": {"range": self._lines("COLUMNS", at, at + 1)}})

    def _edit(self) -> None:
        """The inputs of one row become others."""
        headers, rows = self._table()
        at = self._chance.randrange(1, len(rows) + 1)
        row, column = rows[at - 1], headers.index(ID)
        if column >= len(row) or not row[column]:
            return
        self.edited.add(row[column])
        self._serial += 1
        self._update(self._cell(at, headers.index("Company Keywords"), f"edited {self._serial}"))

    def _rename_tab(self) -> None:
        self._serial += 1
        properties = {"sheetId": 0, "title": f"It's {self._serial}"}
        self._update({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def _rename_header(self) -> None:
        """Somebody renames an output's header, and thinks better of it."""
        headers, _ = self._table()
        if "Category" not in headers:
            return
        column = headers.index("Category")
        self._update(self._cell(0, column, "Kind"))
        time.sleep(0.3)
        headers, _ = self._table()
        if "Kind" in headers:
            self._update(self._cell(0, headers.index("Kind"), "Category"))

    # ── the sheet ──────────────────────────────────────────────────────────────────────────────────

    def _table(self) -> tuple[list[str], list[list[str]]]:
        headers, *rows = table(self._person, self._id)
        return headers, rows

    def _lines(self, dimension: str, start: int, end: int) -> dict[str, Any]:
        return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}

    def _cell(self, row: int, column: int, text: str) -> dict[str, Any]:
        return {
            "updateCells": {
                "start": {"sheetId": 0, "rowIndex": row, "columnIndex": column},
                "rows": [{"values": [{"userEnteredValue": {"stringValue": text}}]}],
                "fields": "userEnteredValue",
            }
        }

    def _update(self, *requests: dict[str, Any]) -> None:
        self._person.as_owner("POST", f"/{self._id}:batchUpdate", {"requests": list(requests)})


def table(person: Person, spreadsheet_id: str) -> list[list[str]]:
    """The first tab, whatever it is called at this moment: its header and its rows, as text."""
    answer = person.as_owner(
        "POST",
        f"/{spreadsheet_id}/values:batchGetByDataFilter",
        {"dataFilters": [{"gridRange": {"sheetId": 0}}], "majorDimension": "ROWS"},
    )
    values = answer["valueRanges"][0]["valueRange"].get("values", [])
    return [[str(cell) for cell in row] for row in values]
