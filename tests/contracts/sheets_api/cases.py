"""Request → answer, as rows of a table: what is asked, what Google answers, and how we know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contracts.sheets_api.conftest import SheetsServer, refusal

#: The discovery document of 2026-10-19, shipped with google-api-python-client 2.202.
REFERENCE = "developers.google.com/workspace/sheets/api/reference/rest/v4"
GUIDE = "developers.google.com/workspace/sheets/api/guides"
#: Google's words as live callers met them, in public bug reports and recorded answers.
LIVE = "live answer"
FACTS = "the project's FACTS, Sheets API v4"
#: What HTTP APIs of Google share: google.rpc.Status, error details, proto3 JSON.
HTTP_LAYER = "cloud.google.com/apis/design/errors and the proto3 JSON mapping"

PEOPLE = [["Name", "Age", "Member"], ["Ada", 36, True], ["Bob", 41.5, False]]


@dataclass(frozen=True)
class Case:
    """`ask` gets the client and a workbook's id; `answers` is part of what comes back, or `refuses` is."""

    name: str
    ask: Callable[[Any, str], Any]
    source: str
    answers: Any = None
    refuses: str | None = None
    code: int = 400
    status: str = "INVALID_ARGUMENT"
    tabs: tuple[tuple[str, list[list[Any]]], ...] = (("Tab", PEOPLE),)

    def __str__(self) -> str:
        return self.name


def check(case: Case, server: SheetsServer, sheets: Any) -> None:
    """Asks the stand-in through Google's client and compares."""
    assert case.source
    book = server.book(*case.tabs)
    request = case.ask(sheets, book)
    if case.refuses is None:
        answer = request.execute()
        assert part_of(case.answers, answer), f"{answer} is not {case.answers} ({case.source})"
        return
    error = refusal(request)
    assert (error["code"], error["status"], error["message"]) == (case.code, case.status, case.refuses)


def part_of(expected: Any, found: Any) -> bool:
    """Whether `found` has all that is expected; lists must agree in length, objects may have more fields."""
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(
            name in found and part_of(value, found[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(expected) == len(found)
            and all(part_of(one, other) for one, other in zip(expected, found, strict=True))
        )
    return type(expected) is type(found) and bool(expected == found)


def read(text: str, **options: Any) -> Callable[[Any, str], Any]:
    return lambda sheets, book: sheets.values().get(spreadsheetId=book, range=text, **options)


def write(text: str, values: Any, option: str = "RAW", **options: Any) -> Callable[[Any, str], Any]:
    return lambda sheets, book: sheets.values().update(
        spreadsheetId=book, range=text, valueInputOption=option, body={"values": values}, **options
    )


def change(*requests: dict[str, Any]) -> Callable[[Any, str], Any]:
    return lambda sheets, book: sheets.batchUpdate(spreadsheetId=book, body={"requests": list(requests)})
