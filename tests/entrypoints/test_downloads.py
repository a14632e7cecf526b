"""Results as files: a large one comes in pieces, and every accepted row is in it, in order."""

from __future__ import annotations

import csv
import io

import pytest
import python_calamine

from tests.entrypoints.house import Caller, House

COUNT = 1_500


@pytest.fixture
def job(house: House, alice: Caller) -> str:
    """A job over many rows that has ended."""
    trades = ("hardware", "bakery", "roofing", "plumbing")
    rows = [
        [f"Firm {n}", f"{trades[n % 4]}, district {n}", f"Sells {trades[n % 4]} goods."] for n in range(COUNT)
    ]
    sheet = house.a_sheet(rows)
    alice.prove(sheet)
    queued: str = alice.queue(sheet)["id"]
    for number in range(1, 30):
        house.deliver(queued, number)
        if alice.ask("GET", f"/api/jobs/{queued}")["ended_at"]:
            return queued
    raise AssertionError("the job has not ended")


def test_large_results_come_in_pieces_with_every_row(house: House, alice: Caller, job: str) -> None:
    names = [f"Firm {n}" for n in range(COUNT)]
    for kind in ("csv", "xlsx"):
        link = alice.ask("POST", f"/api/jobs/{job}/downloads/{kind}")["url"]
        answer = house.client.get(link.removeprefix("http://127.0.0.1:8081"))
        # Made as it is sent: nobody knows yet how long it will be.
        assert answer.is_streamed
        assert "Content-Length" not in answer.headers
        pieces = list(answer.iter_encoded())
        assert max(map(len, pieces)) < 300_000
        if kind == "csv":
            assert len(pieces) > 2
            table = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))
        else:
            book = python_calamine.load_workbook(io.BytesIO(b"".join(pieces)))
            table = book.get_sheet_by_index(0).to_python()
        assert [row[1] for row in table[1:]] == names
        assert {row[-1] for row in table[1:]} == {"done"}
