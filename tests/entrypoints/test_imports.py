"""Files on their way into a new tab, through the routes and into the sheet."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import requests

from backend.domain.cells import FORMULA_STARTS
from backend.entrypoints.tokens import UPLOAD_S
from backend.usecases import read_import as reading
from backend.usecases.import_records import KEEP_S
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import HEADERS, Caller, House
from tests.entrypoints.test_signed_tokens import FOREIGN, SCRIPT_PAGE

CSV = (
    b"Company Name,Company Keywords,Company Short Description,Phone,Note\r\n"
    b'Oak Tools,"hammers, nails",Hardware shop in Leeds,+44 113 496 0000,=1+1\r\n'
    b",,,,-2+3\r\n"
    b"Fir Pipes,pipes,Plumbing supplies,-5,@here\r\n"
)


@pytest.fixture(scope="module")
def house(make_house: MakeHouse) -> House:
    return make_house(requests_per_minute=10_000)


@pytest.fixture
def sheet(house: House, alice: Caller) -> str:
    identifier = house.a_sheet()
    alice.prove(identifier)
    return identifier


def token_for(caller: Caller, spreadsheet_id: str, name: str = "leads.csv", **options: Any) -> str:
    asked = {"spreadsheet_id": spreadsheet_id, "name": name, **options}
    return str(caller.ask("POST", "/api/imports/tokens", asked)["upload_token"])


def send(caller: Caller, token: str, data: bytes, **headers: str) -> Any:
    """As the page does it: with the token of this one file, and nothing in the address."""
    page = caller.house.somebody(token)
    octets = "application/octet-stream"
    return page.call("POST", "/api/imports", data=data, content_type=octets, headers=headers)


def upload(caller: Caller, sheet: str, data: bytes, name: str = "leads.csv", **options: Any) -> Any:
    return send(caller, token_for(caller, sheet, name, **options), data)


def uploaded(
    caller: Caller, sheet: str, data: bytes, name: str = "leads.csv", **options: Any
) -> dict[str, Any]:
    answer = upload(caller, sheet, data, name, **options)
    assert answer.status_code == 201, answer.text
    given: dict[str, Any] = answer.get_json()
    return given


def step(caller: Caller, sheet: str, import_id: str, **body: Any) -> dict[str, Any]:
    given: dict[str, Any] = caller.ask("POST", f"/api/imports/{import_id}/write?spreadsheet_id={sheet}", body)
    return given


def written(caller: Caller, sheet: str, import_id: str, **body: Any) -> list[dict[str, Any]]:
    """Every answer until it is done."""
    answers = [step(caller, sheet, import_id, **body)]
    while answers[-1]["state"] != "done" and len(answers) < 60:
        answers.append(step(caller, sheet, import_id))
    return answers


def shown(house: House, sheet: str, tab: str, render: str = "UNFORMATTED_VALUE") -> list[list[Any]]:
    path = f"/{sheet}/values/'{tab}'?valueRenderOption={render}"
    rows: list[list[Any]] = house.standins.as_owner("GET", path).get("values", [])
    return rows


def tabs(house: House, sheet: str) -> list[str]:
    found = house.standins.as_owner("GET", f"/{sheet}")["sheets"]
    return [tab["properties"]["title"] for tab in found]


def workbook(*rows: list[Any], title: str = "Leads") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


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


def test_a_csv_becomes_a_new_tab_of_plain_values(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, CSV)
    *_, last = written(alice, sheet, given["id"])
    assert (last["state"], last["fraction"], last["rows_written"]) == ("done", 1.0, 3)
    assert (last["sheet_name"], tabs(house, sheet)) == ("leads", ["Companies", "leads"])
    rows = shown(house, sheet, "leads", "FORMULA")
    assert rows[0][:3] == ["Company Name", "Company Keywords", "Company Short Description"]
    assert rows[1] == ["Oak Tools", "hammers, nails", "Hardware shop in Leeds", "+44 113 496 0000", "'=1+1"]
    assert rows[2] == ["", "", "", "", "'-2+3"]
    assert rows[3][3:] == ["-5", "'@here"]
    # On to Check in one press: the new tab is one that a job can be queued for.
    found = alice.ask("GET", f"/api/sheets/{sheet}?sheet_id={last['sheet_id']}")
    assert (found["row_count"], found["suggested_recipe"]) == (3, "case_a")


def test_a_workbook_keeps_its_numbers_and_what_stands_above_its_header(
    house: House, alice: Caller, sheet: str
) -> None:
    data = workbook(["Leads of May"], [], ["Company Name", "Website", "Size"], ["Oak", "oak.example", 12.5])
    given = uploaded(alice, sheet, data, "may.xlsx")
    assert (given["kind"], given["header_row"], given["sheets"]) == ("xlsx", 3, ["Leads"])
    assert given["suggested_recipe"] == "case_b"
    written(alice, sheet, given["id"], title="May")
    rows = shown(house, sheet, "May")
    assert rows[0][0] == "Leads of May"
    assert rows[3] == ["Oak", "oak.example", 12.5]


def test_nothing_that_is_written_can_come_alive(house: House, alice: Caller, sheet: str) -> None:
    texts = ["=1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "+1:3", "=HYPERLINK(1)"]
    data = "\n".join(["Company Name,Website", *(f'"{text}",x.example' for text in texts)])
    given = uploaded(alice, sheet, data.encode(), "bad.csv")
    written(alice, sheet, given["id"], title="Bad")
    rows = shown(house, sheet, "Bad", "FORMULA")[1:]
    assert len(rows) == len(texts)
    for row in rows:
        assert str(row[0]).lstrip()[0] not in FORMULA_STARTS, row


def test_a_title_that_is_taken_is_numbered(house: House, alice: Caller, sheet: str) -> None:
    for expected in ("companies (2)", "companies (3)"):
        given = uploaded(alice, sheet, CSV, "companies.csv")
        assert written(alice, sheet, given["id"])[-1]["sheet_name"] == expected


def a_large_csv(rows: int = 3_000) -> bytes:
    lines = [f"Company {n},{'word ' * 150}" for n in range(rows)]
    return ("Company Name,Company Short Description\n" + "\n".join(lines)).encode()


def test_a_large_file_goes_step_by_step_and_says_how_far_it_is(
    house: House, alice: Caller, sheet: str
) -> None:
    given = uploaded(alice, sheet, a_large_csv(), "large.csv")
    answers = written(alice, sheet, given["id"])
    fractions = [answer["fraction"] for answer in answers]
    assert fractions == sorted(fractions)
    assert len({fraction for fraction in fractions if 0 < fraction < 1}) >= 1
    rows = shown(house, sheet, "large")
    assert [row[0] for row in rows[1:]] == [f"Company {n}" for n in range(3_000)]


def test_two_windows_at_once_write_one_tab(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, a_large_csv(2_000), "twice.csv")
    step(alice, sheet, given["id"])
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: written(alice, sheet, given["id"]), range(2)))
    assert tabs(house, sheet) == ["Companies", "twice"]
    assert [row[0] for row in shown(house, sheet, "twice")[1:]] == [f"Company {n}" for n in range(2_000)]


def test_two_windows_that_begin_at_once_make_one_tab(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, CSV, "both.csv")
    url = f"{house.standins.sheets}/_standin/faults"
    # Every one has looked before the first has made the tab.
    requests.put(url, json={"write_delay_ms": 500}, timeout=5).raise_for_status()
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: step(alice, sheet, given["id"]), range(4)))
    requests.delete(url, timeout=5).raise_for_status()
    assert {answer["sheet_name"] for answer in answers} == {"both"}
    written(alice, sheet, given["id"])
    assert tabs(house, sheet) == ["Companies", "both"]
    assert len(shown(house, sheet, "both")) == 4


def test_a_step_that_google_left_unanswered_is_simply_repeated(
    house: House, alice: Caller, sheet: str
) -> None:
    given = uploaded(alice, sheet, CSV, "again.csv")
    url = f"{house.standins.sheets}/_standin/faults"
    # The write is made, and its answer is lost.
    requests.put(url, json={"lose_next": 1, "only": "write"}, timeout=5).raise_for_status()
    path = f"/api/imports/{given['id']}/write?spreadsheet_id={sheet}"
    refused = alice.call("POST", path, {})
    assert (refused.status_code, bool(refused.headers["Retry-After"])) == (503, True)
    requests.delete(url, timeout=5).raise_for_status()
    assert written(alice, sheet, given["id"])[-1]["state"] == "done"
    assert tabs(house, sheet) == ["Companies", "again"]
    assert len(shown(house, sheet, "again")) == 4


def test_cancelled_half_way_its_tab_goes(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, a_large_csv(), "half.csv")
    step(alice, sheet, given["id"])
    step(alice, sheet, given["id"])
    assert "half" in tabs(house, sheet)
    path = f"/api/imports/{given['id']}?spreadsheet_id={sheet}"
    assert alice.call("DELETE", path).status_code == 204
    assert tabs(house, sheet) == ["Companies"]
    assert alice.call("DELETE", path).status_code == 404


def test_forgotten_after_it_is_done_its_tab_stays(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, CSV)
    written(alice, sheet, given["id"])
    assert alice.call("DELETE", f"/api/imports/{given['id']}?spreadsheet_id={sheet}").status_code == 204
    assert tabs(house, sheet) == ["Companies", "leads"]


def test_a_tab_that_a_person_deleted_meanwhile_is_told(house: House, alice: Caller, sheet: str) -> None:
    given = uploaded(alice, sheet, a_large_csv(), "deleted.csv")
    made = step(alice, sheet, given["id"])
    request = {"deleteSheet": {"sheetId": made["sheet_id"]}}
    house.standins.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": [request]})
    answer = alice.call("POST", f"/api/imports/{given['id']}/write?spreadsheet_id={sheet}", {})
    assert (answer.status_code, "deleted" in answer.get_json()["detail"]) == (404, True)
    assert "Choose the file again" in answer.get_json()["detail"]


@pytest.mark.parametrize("change", ["insertDimension", "deleteDimension"])
def test_a_tab_whose_rows_a_person_moved_meanwhile_is_never_called_whole(
    house: House, alice: Caller, sheet: str, change: str
) -> None:
    given = uploaded(alice, sheet, a_large_csv(), "moved.csv")
    step(alice, sheet, given["id"])
    made = step(alice, sheet, given["id"])
    second_row = {"sheetId": made["sheet_id"], "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    house.standins.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": [{change: {"range": second_row}}]})
    path = f"/api/imports/{given['id']}"
    for _ in range(60):
        answer = alice.call("POST", f"{path}/write?spreadsheet_id={sheet}", {})
        if answer.status_code != 200 or answer.get_json()["state"] == "done":
            break
    assert (answer.status_code, "may be missing" in answer.text) == (409, True)
    assert alice.call("DELETE", f"{path}?spreadsheet_id={sheet}").status_code == 204
    assert tabs(house, sheet) == ["Companies"]


def test_a_repeated_upload_is_one_upload(alice: Caller, sheet: str) -> None:
    token = token_for(alice, sheet)
    first, again = send(alice, token, CSV), send(alice, token, CSV)
    assert (first.status_code, again.get_json()["id"]) == (201, first.get_json()["id"])
    other = send(alice, token, CSV + b"Elm,,\r\n")
    assert (other.status_code, "another file" in other.get_json()["detail"]) == (422, True)


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


def test_an_upload_that_nobody_carries_on_with_is_forgotten(make_house: MakeHouse, tmp_path: Path) -> None:
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


def test_what_does_not_fit_into_the_spreadsheet_is_told_before_a_tab_is_made(
    house: House, alice: Caller, sheet: str
) -> None:
    grown = {"sheetId": 0, "gridProperties": {"rowCount": 999_999, "columnCount": 10}}
    request = {
        "updateSheetProperties": {"properties": grown, "fields": "gridProperties(rowCount,columnCount)"}
    }
    house.standins.as_owner("POST", f"/{sheet}:batchUpdate", {"requests": [request]})
    given = uploaded(alice, sheet, CSV)
    answer = alice.call("POST", f"/api/imports/{given['id']}/write?spreadsheet_id={sheet}", {})
    assert (answer.status_code, "no room" in answer.get_json()["detail"]) == (409, True)
    assert tabs(house, sheet) == ["Companies"]


def test_a_row_too_large_for_a_document_is_named(alice: Caller, sheet: str) -> None:
    row = ",".join(["x" * 40_000] * 20)
    header = ",".join(["Company Name", *(f"c{n}" for n in range(19))])
    answer = upload(alice, sheet, f"{header}\n{row}\n".encode())
    assert (answer.status_code, "Row 2" in answer.get_json()["detail"]) == (422, True)


# ── the token ──────────────────────────────────────────────────────────────────────────────────────


def test_a_token_names_its_file_so_that_the_address_holds_nothing(alice: Caller, sheet: str) -> None:
    data = workbook(["Company Name"], ["Oak"], title="First")
    given = send(alice, token_for(alice, sheet, "März & Søn.xlsx", sheet="First"), data).get_json()
    assert (given["name"], given["sheet"]) == ("März & Søn.xlsx", "First")


def test_a_token_needs_the_grant_still_when_it_is_used(make_house: MakeHouse) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)
    token = token_for(alice, sheet)
    house.clock.passes(3_601)
    refused = send(alice, token, CSV)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "no_grant")


def test_a_token_ends(alice: Caller, sheet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    token, ahead = token_for(alice, sheet), time.time() + UPLOAD_S + 1
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: ahead)
    assert send(alice, token, CSV).status_code == 401


def test_a_token_sends_one_file_and_does_nothing_else(alice: Caller, house: House, sheet: str) -> None:
    page = house.somebody(token_for(alice, sheet))
    given = uploaded(alice, sheet, CSV)
    for method, path in (
        ("GET", f"/api/imports?spreadsheet_id={sheet}"),
        ("GET", f"/api/imports/{given['id']}?spreadsheet_id={sheet}"),
        ("GET", f"/api/watch?spreadsheet_id={sheet}"),
        ("GET", "/api/system"),
    ):
        assert page.call(method, path).status_code == 401, path
    assert (
        page.call("POST", f"/api/imports/{given['id']}/write?spreadsheet_id={sheet}", {}).status_code == 401
    )


@pytest.mark.parametrize("kind", ["id", "watch"])
def test_no_other_token_sends_a_file(alice: Caller, sheet: str, kind: str) -> None:
    token = alice.prove(sheet) if kind == "watch" else alice.token or ""
    assert send(alice, token, CSV).status_code == 401


def test_pages_of_scripts_may_send_files_and_read_refusals_and_others_may_not(
    alice: Caller, house: House, sheet: str
) -> None:
    def allowed(answer: Any) -> tuple[int, str | None]:
        return answer.status_code, answer.headers.get("Access-Control-Allow-Origin")

    nobody = house.somebody(None)
    asked = nobody.call("OPTIONS", "/api/imports", headers={"Origin": SCRIPT_PAGE})
    assert allowed(asked) == (204, SCRIPT_PAGE)
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert allowed(send(alice, token_for(alice, sheet), CSV, Origin=SCRIPT_PAGE)) == (201, SCRIPT_PAGE)
    assert allowed(send(alice, "old", CSV, Origin=SCRIPT_PAGE)) == (401, SCRIPT_PAGE)
    for foreign in FOREIGN:
        assert allowed(nobody.call("OPTIONS", "/api/imports", headers={"Origin": foreign}))[1] is None
        assert allowed(send(alice, token_for(alice, sheet), CSV, Origin=foreign))[1] is None


# ── carrying on, and results as the same kind of file ──────────────────────────────────────────────


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


SEMICOLONS = b"Company Name;Company Keywords;Company Short Description\nOak;tools;Shop\nFir;pipes;Pipes\n"


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (SEMICOLONS, "leads.csv", "csv"),
        (workbook([*HEADERS], ["Oak", "tools", "Shop"], ["Fir", "pipes", "Pipes"]), "leads.xlsx", "xlsx"),
    ],
)
def test_results_of_an_uploaded_tab_come_as_the_same_kind_of_file(
    make_house: MakeHouse, data: bytes, name: str, kind: str
) -> None:
    house = make_house()
    alice, sheet = house.sign_in("alice"), house.a_sheet()
    alice.prove(sheet)
    *_, last = written(alice, sheet, uploaded(alice, sheet, data, name)["id"])
    job = alice.queue(sheet, sheet_ids=[last["sheet_id"]])
    house.deliver(job["id"])
    assert alice.ask("GET", f"/api/jobs/{job['id']}")["uploaded_as"] == kind
    link = alice.ask("POST", f"/api/jobs/{job['id']}/downloads/{kind}")["url"]
    got = house.somebody(None).call("GET", link.removeprefix("http://127.0.0.1:8081"))
    if kind == "csv":
        header, first, *_ = got.get_data(as_text=True).splitlines()
        assert header.startswith("\ufeffRow;Company Name;Company Keywords;")
        assert first.startswith("2;Oak;tools;Shop;")
    else:
        rows = [*openpyxl.load_workbook(io.BytesIO(got.data)).active.iter_rows(values_only=True)]
        assert [row[1] for row in rows] == ["Company Name", "Oak", "Fir"]


def test_a_tab_that_was_not_uploaded_is_of_no_kind(alice: Caller, sheet: str) -> None:
    assert alice.ask("GET", f"/api/jobs/{alice.queue(sheet)['id']}")["uploaded_as"] is None
