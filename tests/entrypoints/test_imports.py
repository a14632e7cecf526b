"""Files that are read and kept: shown before anything is written, refused with what to do."""

from __future__ import annotations

import io
from typing import Any

import pytest

from backend.ports import Create
from backend.usecases import read_import as reading
from backend.usecases.import_records import KEEP_S, block_key, delete_all
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House
from tests.entrypoints.uploads import (
    CSV,
    a_large_csv,
    step,
    tabs,
    token_for,
    upload,
    uploaded,
)


@pytest.fixture
def sheet(house: House, alice: Caller) -> str:
    identifier = house.a_sheet()
    alice.prove(identifier)
    return identifier


def test_a_file_is_shown_before_anything_is_written(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, CSV)
    assert (given["kind"], given["row_count"], given["state"], given["fraction"]) == ("csv", 3, "read", 0.0)
    assert given["suggested_recipe"] == "case_a"
    match = next(match for match in given["recipes"] if match["recipe"] == "case_a")
    assert [column["column"]["letter"] for column in match["inputs"]] == ["A", "B", "C"]
    assert given["preview"][0][:2] == ["Oak Tools", "hammers, nails"]
    assert (given["skipped"], given["problems"]) == (1, [{"row": 3, "problem": "no inputs"}])
    assert tabs(house, sheet) == ["Companies"]
    assert alice.ask("GET", f"/api/imports/{given['id']}?spreadsheet_id={sheet}") == given


def test_a_file_that_breaks_off_is_not_taken_for_a_whole_one(alice: Caller, house: House, sheet: str) -> None:
    """A server ends the body where the connection ends: when a person cancels half way, for one."""
    page = house.somebody(token_for(alice, sheet))
    broken = page.call(
        "POST",
        "/api/imports",
        input_stream=io.BytesIO(CSV[:90]),
        content_type="application/octet-stream",
        environ_overrides={"CONTENT_LENGTH": str(len(CSV)), "wsgi.input_terminated": True},
    )
    assert (broken.status_code, "did not arrive whole" in broken.get_json()["detail"]) == (400, True)
    assert alice.ask("GET", f"/api/imports?spreadsheet_id={sheet}")["imports"] == []


def test_one_file_of_a_user_is_read_at_a_time(house: House, alice: Caller, bob: Caller, sheet: str) -> None:
    bob.prove(sheet)
    me = house.service.identity.person(alice.token or "")
    with reading._turn(me, house.documents, house.clock):
        refused = upload(alice, sheet, CSV)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        uploaded(bob, sheet, CSV)
    uploaded(alice, sheet, CSV)


def test_a_file_that_was_only_looked_at_gives_way_to_the_next(
    house: House, alice: Caller, sheet: str
) -> None:
    first = uploaded(alice, sheet, CSV)
    second = uploaded(alice, sheet, CSV)
    assert alice.call("GET", f"/api/imports/{first['id']}?spreadsheet_id={sheet}").status_code == 404
    assert alice.call("GET", f"/api/imports/{second['id']}?spreadsheet_id={sheet}").status_code == 200


def test_an_upload_that_nobody_carries_on_with_is_forgotten(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)
    given = uploaded(alice, sheet, CSV)
    house.clock.passes(KEEP_S + 1)
    alice.prove(sheet)
    assert alice.call("GET", f"/api/imports/{given['id']}?spreadsheet_id={sheet}").status_code == 404


def test_another_editor_does_not_see_it_nor_does_another_spreadsheet(
    house: House, alice: Caller, bob: Caller, sheet: str
) -> None:
    other = house.a_sheet()
    bob.prove(sheet)
    alice.prove(other)
    given = uploaded(alice, sheet, CSV)
    for caller, place in ((bob, sheet), (alice, other)):
        path = f"/api/imports/{given['id']}"
        answers = [
            caller.call("GET", f"{path}?spreadsheet_id={place}"),
            caller.call("DELETE", f"{path}?spreadsheet_id={place}"),
            caller.call("POST", f"{path}/write?spreadsheet_id={place}", {}),
        ]
        assert [answer.status_code for answer in answers] == [404] * 3
    assert alice.call("GET", f"/api/imports/..%2fx?spreadsheet_id={sheet}").status_code == 404


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 whatever", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"<!doctype html><html></html>", "web page"),
        (b'{"rows": []}', "JSON"),
        (b"PK\x03\x04 and no more", "incomplete"),
        (b"\r\n \r\n", "no text"),
    ],
)
def test_what_is_no_table_is_told_by_its_content_whatever_it_is_called(
    alice: Caller, sheet: str, data: bytes, says: str
) -> None:
    answer = upload(alice, sheet, data, "leads.csv")
    assert answer.status_code == 422
    assert says in answer.get_json()["detail"]


def test_a_file_beyond_20_mb_and_a_body_beyond_32_mb_are_refused(alice: Caller, sheet: str) -> None:
    file = upload(alice, sheet, b"Company Name\n" + b"x" * (21 * 1024 * 1024))
    assert (file.status_code, "20 MB" in file.get_json()["detail"]) == (413, True)
    body = upload(alice, sheet, b"x" * (32 * 1024 * 1024 + 1))
    assert (body.status_code, "KB" in body.get_json()["detail"]) == (413, True)


def test_a_row_too_large_for_a_document_is_named(alice: Caller, sheet: str) -> None:
    row = ",".join(["x" * 40_000] * 20)
    header = ",".join(["Company Name", *(f"c{n}" for n in range(19))])
    answer = upload(alice, sheet, f"{header}\n{row}\n".encode())
    assert (answer.status_code, "Row 2" in answer.get_json()["detail"]) == (422, True)


def test_what_was_left_half_way_is_found_again(house: House, alice: Caller, bob: Caller, sheet: str) -> None:
    def kept(caller: Caller, place: str) -> list[Any]:
        found: list[Any] = caller.ask("GET", f"/api/imports?spreadsheet_id={place}")["imports"]
        return found

    bob.prove(sheet)
    given = uploaded(alice, sheet, a_large_csv(2_000), "left.csv")
    half = step(alice, sheet, given["id"])
    assert kept(alice, sheet) == [half]
    assert kept(bob, sheet) == []
    other = house.a_sheet()
    alice.prove(other)
    assert kept(alice, other) == []
    alice.call("DELETE", f"/api/imports/{given['id']}?spreadsheet_id={sheet}")
    assert kept(alice, sheet) == []


def test_an_upload_of_any_size_is_forgotten_whole(house: House) -> None:
    """A commit takes 500 documents; a workbook of repeated texts comes to more blocks."""
    keys = [block_key("0123456789abcdef0123", number) for number in range(501)]
    for key in keys:
        house.documents.commit([Create(key, {"rows": []}, house.clock.now() + KEEP_S)])
    delete_all(house.documents, keys)
    assert house.documents.get_many(keys) == [None] * 501
