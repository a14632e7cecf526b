"""A run is taken back: cells that nobody touched hold exactly what they held, others are left alone."""

from __future__ import annotations

import time
from typing import Any

import pytest

from backend.local.person import ApiRefused
from tests.stack import HEADERS, LocalStack

ALL = [*HEADERS, "Category", "Brand Name", "Email Question", "Notes"]


def a_mixed_sheet(stack: LocalStack) -> str:
    """Outputs that hold a formula, one that shows nothing, a date, a number, true, text and nothing."""
    tag = time.time_ns()
    rows = [[f"Firm {n} {tag}", f"keyword {n}", f"Sells thing {n}.", "", "", "", f"n{n}"] for n in range(8)]
    sheet = stack.a_sheet(rows, headers=ALL)
    typed = {
        "D2": "=1+1",
        "D3": '=IF(FALSE,"x","")',
        "D4": "2026-11-23",
        "D5": "12.5",
        "D6": "TRUE",
        "D7": "'007",
        "D8": "Old Category",
        "E8": "Old Brand",
        "F8": "Old question?",
    }
    for cell, text in typed.items():
        stack.person.as_owner(
            "PUT",
            f"/{sheet}/values/Companies!{cell}",
            {"range": f"Companies!{cell}", "majorDimension": "ROWS", "values": [[text]]},
            {"valueInputOption": "USER_ENTERED"},
        )
    return sheet


def entered(stack: LocalStack, sheet: str) -> dict[str, list[Any]]:
    """What was typed into the output cells of each row, by the row's note."""
    fields = "sheets.data.rowData.values.userEnteredValue"
    asked = {"ranges": "Companies!A1:J40", "fields": fields}
    answer = stack.person.as_owner("GET", f"/{sheet}", params=asked)
    rows = answer["sheets"][0]["data"][0]["rowData"]
    cells = [[cell.get("userEnteredValue") for cell in row.get("values", [])] for row in rows]
    width = max(map(len, cells))
    cells = [row + [None] * (width - len(row)) for row in cells]
    headers = [(cell or {}).get("stringValue") for cell in cells[0]]
    outputs = ("Category", "Brand Name", "Email Question", "Status")
    wanted = [headers.index(header) for header in outputs if header in headers]
    notes = headers.index("Notes")
    return {row[notes]["stringValue"]: [row[c] for c in wanted] for row in cells[1:] if row[notes]}


def write(stack: LocalStack, sheet: str, *requests: dict[str, Any]) -> None:
    stack.person.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": list(requests)})


def lines(dimension: str, start: int) -> dict[str, Any]:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": start + 1}


def run(stack: LocalStack, sheet: str, **wish: Any) -> str:
    job = stack.wait(stack.queue(sheet, **wish)["id"])
    assert job["status"] == "COMPLETED", job
    found: str = job["id"]
    return found


def undo(stack: LocalStack, job_id: str) -> dict[str, Any]:
    made = stack.person.ask("POST", f"/api/jobs/{job_id}/undo")["job"]
    assert made["kind"] == "undo"
    return stack.wait(made["id"])


def test_everything_is_as_it_was(stack: LocalStack) -> None:
    sheet = a_mixed_sheet(stack)
    before = entered(stack, sheet)
    job = run(stack, sheet)
    assert all(values[-1] == {"stringValue": "✅ Complete"} for values in entered(stack, sheet).values())
    undone = undo(stack, job)
    assert (undone["status"], undone["counts"]["done"]) == ("COMPLETED", 8), undone
    after = entered(stack, sheet)
    assert {note: values[:3] for note, values in after.items()} == before
    assert all(values[3] is None for values in after.values())
    assert stack.table(sheet)[0][-1] == "Status", "columns that were added stay"


def test_what_people_did_since_stays_and_rows_are_found_where_they_are(stack: LocalStack) -> None:
    sheet = a_mixed_sheet(stack)
    before = entered(stack, sheet)
    job = run(stack, sheet)

    def typed(row: int, column: int, text: str) -> dict[str, Any]:
        return {
            "updateCells": {
                "start": {"sheetId": 0, "rowIndex": row, "columnIndex": column},
                "rows": [{"values": [{"userEnteredValue": {"stringValue": text}}]}],
                "fields": "userEnteredValue",
            }
        }

    write(
        stack,
        sheet,
        typed(1, 3, "My own"),  # n0: its category
        *(typed(2, column, "mine") for column in (3, 4, 5, 7)),  # n1: all of it
        typed(3, 1, "other keyword"),  # n2: its inputs
        {"deleteDimension": {"range": lines("ROWS", 8)}},
        {
            "sortRange": {
                "range": {"sheetId": 0, "startRowIndex": 1, "endRowIndex": 8},
                "sortSpecs": [{"dimensionIndex": 6, "sortOrder": "DESCENDING"}],
            }
        },
        {"insertDimension": {"range": lines("COLUMNS", 3)}},
    )
    undone = undo(stack, job)
    counts = {state: n for state, n in undone["counts"].items() if n}
    assert counts == {"total": 8, "done": 6, "skipped": 1, "gone": 1}, undone
    after = entered(stack, sheet)
    assert after["n0"] == [{"stringValue": "My own"}, *before["n0"][1:], None]
    assert after["n1"] == [{"stringValue": "mine"}] * 4
    assert {n: after[n][:3] for n in after if n not in ("n0", "n1")} == {
        n: before[n] for n in before if n not in ("n0", "n1", "n7")
    }
    receipts = stack.person.ask("GET", f"/api/jobs/{undone['id']}/rows")["rows"]
    assert sorted(receipt["status"] for receipt in receipts) == ["done"] * 6 + ["gone", "skipped"]


def test_an_undo_is_made_once_and_only_where_there_is_something_to_undo(stack: LocalStack) -> None:
    sheet = a_mixed_sheet(stack)
    job = run(stack, sheet, max_rows=2)
    undone = undo(stack, job)
    for job_id, why in ((job, "undone already"), (undone["id"], "cannot be undone")):
        with pytest.raises(ApiRefused, match=why) as refused:
            undo(stack, job_id)
        assert refused.value.status == 409
    nothing = run(stack, sheet, filter={"column": "Notes", "value": "no such"})
    with pytest.raises(ApiRefused, match="wrote nothing"):
        undo(stack, nothing)


def test_a_job_says_which_undo_took_it_back_even_when_that_one_is_deleted(stack: LocalStack) -> None:
    sheet = a_mixed_sheet(stack)
    job = run(stack, sheet, max_rows=2)
    assert (stack.job(job)["undone_by"], "undo" in stack.job(job)["moves"]) == (None, True)
    undone = undo(stack, job)
    assert (undone["undoes"], undone["moves"]) == (job, ["delete"])
    told = stack.job(job)
    assert (told["status"], told["undone_by"], told["moves"]) == ("COMPLETED", undone["id"], ["delete"])
    stack.person.ask("DELETE", f"/api/jobs/{undone['id']}")
    assert stack.job(job)["undone_by"] == undone["id"]
    with pytest.raises(ApiRefused, match="undone already"):
        undo(stack, job)


def test_a_second_run_is_undone_to_the_first(stack: LocalStack) -> None:
    """The first run's results are what the cells held before the second one."""
    sheet = a_mixed_sheet(stack)
    run(stack, sheet)
    first = entered(stack, sheet)
    write(
        stack,
        sheet,
        {
            "updateCells": {
                "start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 1},
                "rows": [{"values": [{"userEnteredValue": {"stringValue": "bakery; bread"}}]}],
                "fields": "userEnteredValue",
            }
        },
    )
    second = run(stack, sheet)
    assert entered(stack, sheet)["n0"] != first["n0"]
    assert undo(stack, second)["counts"]["done"] == 1
    assert entered(stack, sheet) == first
