"""USER_ENTERED: what typing a text gives, stored and shown. And what the render options make of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.sheets_api.cases import change, read, write
from tests.contracts.sheets_api.conftest import SheetsServer

#: What is typed, the value underneath (UNFORMATTED_VALUE), what is shown (FORMATTED_VALUE).
#: Source: developers.google.com/workspace/sheets/api/reference/rest/v4/ValueInputOption and …/guides/formats.
TYPED: list[tuple[str, Any, str]] = [
    ("hello", "hello", "hello"),
    ("12", 12, "12"),
    ("-12.50", -12.5, "-12.5"),
    ("+7", 7, "7"),
    (".5", 0.5, "0.5"),
    ("1,234", 1234, "1,234"),
    ("1,234.5", 1234.5, "1,234.50"),
    ("12,34", "12,34", "12,34"),
    ("$1,234.50", 1234.5, "$1,234.50"),
    ("25%", 0.25, "25%"),
    ("2.5%", 0.025, "2.50%"),
    ("1e3", 1000, "1.00E+03"),
    ("TRUE", True, "TRUE"),
    ("false", False, "FALSE"),
    ("'123", "123", "123"),
    ("'=1+1", "=1+1", "=1+1"),
    ("2026-01-15", 46037, "2026-01-15"),
    ("1/15/2026", 46037, "1/15/2026"),
    ("Jan 15, 2026", 46037, "Jan 15, 2026"),
    ("13:30", 0.5625, "13:30"),
    ("1:30 PM", 0.5625, "1:30 PM"),
    ("2026-01-15 13:30:00", 46037.5625, "2026-01-15 13:30:00"),
    ("13/45/2026", "13/45/2026", "13/45/2026"),
    ("n/a", "n/a", "n/a"),
    ("a=1", "a=1", "a=1"),
    ("=", "=", "="),
    ("-", "-", "-"),
    ("- a list", "- a list", "- a list"),
]


@pytest.mark.parametrize(("typed", "value", "shown"), TYPED, ids=lambda part: repr(part))
def test_typing(typed: str, value: Any, shown: str, server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    write("Tab!A1", [[typed]], option="USER_ENTERED")(sheets, book).execute()
    unformatted = read("Tab!A1", valueRenderOption="UNFORMATTED_VALUE")(sheets, book).execute()["values"][0][
        0
    ]
    assert unformatted == value
    assert type(unformatted) is type(value)
    assert read("Tab!A1")(sheets, book).execute()["values"] == [[shown]]


@pytest.mark.parametrize(
    ("typed", "formula"),
    [("=SUM(A1:A2)", "=SUM(A1:A2)"), ("+A1", "=+A1"), ("-A1", "=-A1"), ("=IMPORTXML(1)", "=IMPORTXML(1)")],
)
def test_typing_a_formula(typed: str, formula: str, server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    write("Tab!B1", [[typed]], option="USER_ENTERED")(sheets, book).execute()
    assert read("Tab!B1", valueRenderOption="FORMULA")(sheets, book).execute()["values"] == [[formula]]
    entered = sheets.get(
        spreadsheetId=book, ranges="Tab!B1", fields="sheets.data.rowData.values.userEnteredValue"
    ).execute()
    assert entered["sheets"][0]["data"][0]["rowData"][0]["values"] == [
        {"userEnteredValue": {"formulaValue": formula}}
    ]


def test_a_formula_shows_the_value_it_was_given(server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    write("Tab!A1", [["=B1*2", "x"]], option="USER_ENTERED")(sheets, book).execute()
    assert read("Tab!A1:B1")(sheets, book).execute()["values"] == [["", "x"]]
    answer = server.door("PUT", f"/workbooks/{book}/formula-values", json={"values": {"Tab!A1": 84}})
    assert answer.status_code == 200
    assert read("Tab!A1")(sheets, book).execute()["values"] == [["84"]]
    assert read("Tab!A1", valueRenderOption="FORMULA")(sheets, book).execute()["values"] == [["=B1*2"]]
    refused = server.door("PUT", f"/workbooks/{book}/formula-values", json={"values": {"Tab!B1": 84}})
    assert refused.status_code == 400


def test_a_date_is_a_serial_number_or_a_string_as_asked(server: SheetsServer, sheets: Any) -> None:
    # Source: …/reference/rest/v4/DateTimeRenderOption, whose default is SERIAL_NUMBER.
    book = server.book()
    write("Tab!A1", [["2026-01-15", "5"]], option="USER_ENTERED")(sheets, book).execute()
    options = {"valueRenderOption": "UNFORMATTED_VALUE"}
    assert read("Tab!A1:B1", **options)(sheets, book).execute()["values"] == [[46037, 5]]
    dated = read("Tab!A1:B1", **options, dateTimeRenderOption="FORMATTED_STRING")(sheets, book).execute()
    assert dated["values"] == [["2026-01-15", 5]]


def test_a_cell_keeps_its_format_when_its_value_changes(server: SheetsServer, sheets: Any) -> None:
    book = server.book()
    write("Tab!A1", [["2026-01-15"]], option="USER_ENTERED")(sheets, book).execute()
    write("Tab!A1", [[46038]])(sheets, book).execute()
    assert read("Tab!A1")(sheets, book).execute()["values"] == [["2026-01-16"]]
    sheets.values().clear(spreadsheetId=book, range="Tab!A1", body={}).execute()
    assert "values" not in read("Tab!A1")(sheets, book).execute()
    write("Tab!A1", [[46039]])(sheets, book).execute()
    assert read("Tab!A1")(sheets, book).execute()["values"] == [["2026-01-17"]]


#: Value, pattern, what is shown. Source: developers.google.com/workspace/sheets/api/guides/formats.
PATTERNS = [
    (12345.125, "NUMBER", "####.#", "12345.1"),
    (12.34, "NUMBER", "###.0##", "12.34"),
    (5.7, "NUMBER", "#,##0.00", "5.70"),
    (12345, "NUMBER", "00000000", "00012345"),
    (1234.5, "CURRENCY", '#,##0.00" €"', "1,234.50 €"),
    (-0.5, "PERCENT", "0%", "-50%"),
    (1.5, "NUMBER", "General", "1.5"),
    (1 / 3, "NUMBER", "General", "0.3333333333"),
    (43194.604167, "DATE", "yyyy-mm-dd", "2018-04-04"),
    (43194.604167, "DATE_TIME", "hh:mm:ss am/pm, ddd mmm dd yyyy", "02:30:00 pm, Wed Apr 04 2018"),
    (43194.604167, "DATE", "dddd, m/d/yy", "Wednesday, 4/4/18"),
    (43194.604167, "TIME", "h:mm", "14:30"),
]


@pytest.mark.parametrize(("value", "kind", "pattern", "shown"), PATTERNS)
def test_number_formats(
    value: float, kind: str, pattern: str, shown: str, server: SheetsServer, sheets: Any
) -> None:
    book = server.book()
    cell = {
        "userEnteredValue": {"numberValue": value},
        "userEnteredFormat": {"numberFormat": {"type": kind, "pattern": pattern}},
    }
    update = {"start": {"sheetId": 0}, "rows": [{"values": [cell]}], "fields": "*"}
    change({"updateCells": update})(sheets, book).execute()
    assert read("Tab!A1")(sheets, book).execute()["values"] == [[shown]]
