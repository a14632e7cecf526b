"""What was acknowledged is there after kill -9; what was refused is not; a long journal is folded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend.local.sheets import storage
from tests.contracts.sheets_api.cases import PEOPLE, change, read, write
from tests.contracts.sheets_api.conftest import SheetsServer, client_of, refusal, sheets_server


@contextmanager
def process(data: Path) -> Iterator[tuple[SheetsServer, Any]]:
    """The stand-in as a program of its own, ended by kill -9; and a client."""
    command = [sys.executable, "-m", "backend.local.sheets", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            url = json.loads(program.stdout.readline())["listening"]
            with client_of(url) as client:
                yield SheetsServer(url), client
        finally:
            os.kill(program.pid, signal.SIGKILL)


def everything(sheets: Any, book: str) -> Any:
    answer = sheets.get(spreadsheetId=book, includeGridData=True).execute()
    answer["found"] = (
        sheets.developerMetadata()
        .search(spreadsheetId=book, body={"dataFilters": [{"developerMetadataLookup": {}}]})
        .execute()
    )
    return answer


@pytest.mark.faults
def test_every_acknowledged_write_survives_kill_9(tmp_path: Path) -> None:
    row = {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    tied = {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": row}}
    with process(tmp_path) as (server, sheets):
        book = server.book(("Tab", PEOPLE))
        write("Tab!A4:C4", [["2026-01-15", "25%", "=A1"]], option="USER_ENTERED")(sheets, book).execute()
        change(
            {"addSheet": {"properties": {"title": "Drawn id"}}},
            {"createDeveloperMetadata": {"developerMetadata": tied}},
            {"insertDimension": {"range": row}},
            {"addProtectedRange": {"protectedRange": {"range": {"sheetId": 0, "endRowIndex": 1}}}},
            {
                "sortRange": {
                    "range": {"sheetId": 0, "startRowIndex": 1},
                    "sortSpecs": [{"dimensionIndex": 0}],
                }
            },
        )(sheets, book).execute()
        server.door("PUT", f"/workbooks/{book}/formula-values", json={"values": {"Tab!C2": "Name"}})
        server.door("PUT", f"/workbooks/{book}/editors", json={"email": "a@example.com"})
        sheets.values().append(
            spreadsheetId=book, range="Tab", valueInputOption="RAW", body={"values": [["last", None, 5]]}
        ).execute()
        refusal(write("Nope!A1", [["x"]])(sheets, book))
        before = everything(sheets, book)
        facts = server.door("GET", f"/workbooks/{book}").json()
    with process(tmp_path) as (server, sheets):
        assert everything(sheets, book) == before
        assert server.door("GET", f"/workbooks/{book}").json() == facts
        assert server.door("GET", "/workbooks").json()["workbooks"][0]["modified"] == facts["modified"]


def test_a_long_journal_is_folded_into_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "BLOCK_ROWS", 2)
    with sheets_server(tmp_path) as server, client_of(server.url) as sheets:
        book = server.book(("Tab", [["row", number] for number in range(7)]))
        write("Tab!C1", [["x" * 40_000]] * 5)(sheets, book).execute()
        write("Tab!D1", [["2026-01-15"]], option="USER_ENTERED")(sheets, book).execute()
        for _ in range(6):
            write("Tab!E1", [["y" * 40_000]] * 5)(sheets, book).execute()
        before = everything(sheets, book)
    assert entries(tmp_path) == 8
    with sheets_server(tmp_path) as server, client_of(server.url) as sheets:
        assert everything(sheets, book) == before
    assert entries(tmp_path) == 0
    with sheets_server(tmp_path) as server, client_of(server.url) as sheets:
        assert everything(sheets, book) == before
        write("Tab!A1", [["after"]])(sheets, book).execute()
        assert read("Tab!A1:B2")(sheets, book).execute()["values"] == [["after", "0"], ["row", "1"]]


def entries(folder: Path) -> int:
    opened = storage.Storage(folder)
    count = len(opened.journal("book-0"))
    opened.close()
    return count
