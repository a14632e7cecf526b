"""Files on their way into a new tab, and results as the same kind of file."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import openpyxl
import pytest
import requests

from backend.domain.cells import FORMULA_STARTS
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import HEADERS, Caller, House
from tests.entrypoints.uploads import (
    CSV,
    a_large_csv,
    shown,
    step,
    tabs,
    uploaded,
    workbook,
    written,
)


@pytest.fixture(scope="module")
def house(make_house: MakeHouse) -> House:
    return make_house(requests_per_minute=10_000)


@pytest.fixture
def sheet(house: House, alice: Caller) -> str:
    identifier = house.a_sheet()
    alice.prove(identifier)
    return identifier


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
