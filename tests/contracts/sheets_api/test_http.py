"""Google's HTTP layer: paths, query parameters, bodies; what a client cannot send by accident.

Source: the discovery document, the proto3 JSON mapping, live answers of Google's APIs.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.contracts.sheets_api.cases import PEOPLE
from tests.contracts.sheets_api.conftest import SheetsServer


def ask(server: SheetsServer, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    answer = requests.request(method, f"{server.url}/v4/spreadsheets/{path}", timeout=10, **more)
    assert answer.headers["Content-Type"].lower() == "application/json; charset=utf-8"
    return answer.status_code, answer.json()


BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"

REFUSED: list[tuple[str, str, dict[str, Any], str, str]] = [
    (
        "GET",
        "values/A1",
        {"params": {"colour": "red"}},
        'Invalid JSON payload received. Unknown name "colour": Cannot bind query parameter. '
        "Field 'colour' could not be found in request message.",
        "",
    ),
    (
        "GET",
        "values/A1",
        {"params": {"valueRenderOption": "PRETTY"}},
        "Invalid value at 'value_render_option' "
        '(type.googleapis.com/google.apps.sheets.v4.ValueRenderOption), "PRETTY"',
        "value_render_option",
    ),
    (
        "PUT",
        "values/A1",
        {"params": {"valueInputOption": "Text"}, "json": {"values": []}},
        "Invalid value at 'value_input_option' "
        '(type.googleapis.com/google.apps.sheets.v4.ValueInputOption), "Text"',
        "value_input_option",
    ),
    (
        "PUT",
        "values/A1",
        {"params": {"valueInputOption": "RAW"}, "json": {"value": [["a"]]}},
        "Invalid JSON payload received. Unknown name \"value\" at 'data': Cannot find field.",
        "data",
    ),
    (
        "POST",
        "values:batchUpdate",
        {"json": {"data": [{"range": ["A1"]}]}},
        "Invalid JSON payload received. Unknown name \"range\" at 'data[0]': "
        "Proto field is not repeating, cannot start list.",
        "data[0]",
    ),
    (
        "POST",
        "values:batchUpdate",
        {"json": {"valueInputOption": 1}},
        "Invalid value at 'value_input_option' "
        "(type.googleapis.com/google.apps.sheets.v4.ValueInputOption), 1",
        "value_input_option",
    ),
]


@pytest.mark.parametrize(("method", "path", "more", "message", "field"), REFUSED)
def test_refused(
    method: str, path: str, more: dict[str, Any], message: str, field: str, server: SheetsServer
) -> None:
    separator = "" if path.startswith(":") else "/"
    code, body = ask(server, method, server.book() + separator + path, **more)
    assert code == 400
    violation = {"description": message}
    if field:
        violation["field"] = field
    assert body["error"] == {
        "code": 400,
        "status": "INVALID_ARGUMENT",
        "message": message,
        "details": [{"@type": BAD_REQUEST, "fieldViolations": [violation]}],
    }


@pytest.mark.parametrize("body", [b"{", b"[1", b'{"data": NaN}'])
def test_a_body_that_is_not_json(body: bytes, server: SheetsServer) -> None:
    code, answer = ask(server, "POST", server.book() + "/values:batchUpdate", data=body)
    assert code == 400
    assert answer["error"]["message"].startswith("Invalid JSON payload received.")


def test_a_body_that_is_no_object(server: SheetsServer) -> None:
    code, answer = ask(server, "POST", server.book() + "/values:batchUpdate", json=[1])
    assert (code, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "values/A1"), ("GET", "nothing/here"), ("POST", ":batchDelete")]
)
def test_a_path_that_does_not_exist(method: str, path: str, server: SheetsServer) -> None:
    separator = "" if path.startswith(":") else "/"
    code, answer = ask(server, method, server.book() + separator + path)
    assert (code, answer["error"]["status"]) == (404, "NOT_FOUND")


def test_what_the_stand_in_cannot_says_so(server: SheetsServer) -> None:
    code, answer = ask(server, "POST", server.book() + "/sheets/0:copyTo", json={})
    assert (code, answer["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_null_counts_as_absent(server: SheetsServer) -> None:
    body = {"valueInputOption": "RAW", "data": None, "includeValuesInResponse": None}
    code, answer = ask(server, "POST", server.book() + "/values:batchUpdate", json=body)
    assert (code, answer["totalUpdatedCells"]) == (200, 0)


def test_whole_numbers_may_come_as_text_or_floats(server: SheetsServer) -> None:
    # Source: the proto3 JSON mapping of int32.
    book = server.book()
    lengths = [
        {"appendDimension": {"sheetId": "0", "dimension": "ROWS", "length": many}} for many in (2.0, "3")
    ]
    code, _ = ask(server, "POST", book + ":batchUpdate", json={"requests": lengths})
    assert code == 200
    _, answer = ask(server, "GET", book, params={"fields": "sheets.properties.gridProperties.rowCount"})
    assert answer["sheets"][0]["properties"]["gridProperties"]["rowCount"] == 1005


def test_titles_with_slashes_and_percents_travel_in_the_path(server: SheetsServer, sheets: Any) -> None:
    book = server.book(("50% / half?", PEOPLE))
    answer = sheets.values().get(spreadsheetId=book, range="'50% / half?'!A2").execute()
    assert answer["values"] == [["Ada"]]
