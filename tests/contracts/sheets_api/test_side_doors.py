"""The side doors that the workbench and `make run` rely on: whole tables in, the feed of changes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.contracts.sheets_api.cases import PEOPLE, change, read, write
from tests.contracts.sheets_api.conftest import SheetsServer


def test_a_table_comes_in_as_it_is(server: SheetsServer, sheets: Any) -> None:
    rows: list[list[Any]] = [["=1+1", "1/2/2026", 3, 2.5, True, None, ""], ["short"]]
    book = server.book(("One", rows), ("Two", []), title="Brought")
    answer = read("One", valueRenderOption="UNFORMATTED_VALUE")(sheets, book).execute()
    assert answer["values"] == [["=1+1", "1/2/2026", 3, 2.5, True], ["short"]]
    facts = server.door("GET", f"/workbooks/{book}").json()
    assert [(tab["id"], tab["title"], tab["rows"], tab["columns"]) for tab in facts["tabs"]] == [
        (0, "One", 1000, 26),
        (1, "Two", 1000, 26),
    ]
    listed = {entry["id"]: entry for entry in server.door("GET", "/workbooks").json()["workbooks"]}
    assert listed[book]["title"] == "Brought"
    assert listed[book]["modified"] == facts["modified"]


def test_a_big_table_has_just_the_rows_it_needs(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Big", [[str(number)] for number in range(3_000)]))
    assert read("Big!A3000")(sheets, book).execute()["values"] == [["2999"]]
    assert server.door("GET", f"/workbooks/{book}").json()["tabs"][0]["rows"] == 3_000


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"id": "taken"}, 409),
        ({"id": "no/slash"}, 400),
        ({"tabs": [{"title": "A"}, {"title": "a"}]}, 400),
        ({"tabs": [{"title": "A", "rows": [[{}]]}]}, 400),
        ({"tabs": [{"title": "A", "rows": [["x" * 50_001]]}]}, 400),
        ({"tabs": [{"title": "A", "rows": "text"}]}, 400),
        ({"name": "unknown field"}, 400),
    ],
)
def test_a_bad_table_is_refused(wanted: dict[str, Any], status: int, server: SheetsServer) -> None:
    server.door("POST", "/workbooks", json={"id": "taken"})
    answer = server.door("POST", "/workbooks", json=wanted)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_unknown_workbooks_are_not_found(server: SheetsServer) -> None:
    for path in ("", "/editors", "/changes"):
        assert server.door("GET", f"/workbooks/nobody-has-it{path}").status_code == 404


def changes(server: SheetsServer, book: str, since: int, wait: float = 0) -> dict[str, Any]:
    answer = server.door("GET", f"/workbooks/{book}/changes", params={"since": since, "wait": wait})
    return dict(answer.json())


def test_the_feed_names_the_rows_that_changed(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE), ("Other", []))
    assert changes(server, book, 1) == {"revision": 1, "reset": False, "tabs": False, "rows": {}}
    write("Tab!A5:A6", [["x"], ["y"]])(sheets, book).execute()
    assert changes(server, book, 1) == {"revision": 2, "reset": False, "tabs": False, "rows": {"0": [[4, 6]]}}
    write("Other!A1", [["z"]])(sheets, book).execute()
    two = changes(server, book, 1)
    assert (two["revision"], two["rows"]) == (3, {"0": [[4, 6]], "1": [[0, 1]]})
    assert changes(server, book, 2)["rows"] == {"1": [[0, 1]]}


def test_the_feed_says_when_everything_moved(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("Tab", PEOPLE))
    first = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    change({"insertDimension": {"range": first}})(sheets, book).execute()
    assert changes(server, book, 1) == {"revision": 2, "reset": False, "tabs": True, "rows": {"0": "all"}}


@pytest.mark.parametrize("since", [0, 99])
def test_the_feed_starts_over_for_a_page_that_knows_something_else(since: int, server: SheetsServer) -> None:
    book = server.book()
    assert changes(server, book, since) == {"revision": 1, "reset": True, "tabs": True, "rows": {}}


def test_the_feed_waits_for_a_change(server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    found: list[dict[str, Any]] = []
    waiter = threading.Thread(target=lambda: found.append(changes(server, book, 1, wait=20)))
    waiter.start()
    write("Tab!A1", [["x"]])(sheets, book).execute()
    waiter.join(10)
    assert found == [{"revision": 2, "reset": False, "tabs": False, "rows": {"0": [[0, 1]]}}]


def test_the_feed_gives_up_waiting(server: SheetsServer) -> None:
    book = server.book()
    assert changes(server, book, 1, wait=0.02)["rows"] == {}


def test_the_status_page_says_what_it_is(server: SheetsServer) -> None:
    status = server.door("GET", "/status").json()
    assert (status["name"], status["standin"], status["held"]) == ("sheets", True, 0)
    assert "Nothing it answers left this machine" in server.door("GET", "/").text
