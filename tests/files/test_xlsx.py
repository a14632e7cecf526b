"""Workbooks: their tabs, their dates, and what other readers make of the same file."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine

from backend.errors import Invalid, TooLarge
from backend.files.limits import Limits
from backend.files.reading import read_table
from backend.files.table import Dated
from backend.files.xlsx_values import DateForm, date_form

UGLY = Path(__file__).parent / "ugly"
KNOWN = ("Company Name", "Website")


def a_workbook(*tabs: tuple[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> bytes:
    workbook = openpyxl.Workbook()
    del workbook["Sheet"]
    for name, rows in tabs:
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


LEADS = [["Company Name", "Website"], ["A Co", "https://a.example"]]
NOTES = [["Please read"], ["this first"]]


def test_a_tab_is_read_by_its_name() -> None:
    data = a_workbook(("Leads", LEADS), ("More", [["Company Name"], ["Z Co"]]))
    assert read_table(data, name="w.xlsx", sheet="More", known_headers=KNOWN).rows == [["Z Co"]]
    assert read_table(data, name="w.xlsx", sheet=" more ", known_headers=KNOWN).sheet_name == "More"


def test_an_unknown_tab_is_answered_with_the_names_of_all() -> None:
    data = a_workbook(("Leads", LEADS), ("Old", LEADS), hidden=("Old",))
    with pytest.raises(Invalid) as refusal:
        read_table(data, name="w.xlsx", sheet="Sheet1", known_headers=KNOWN)
    assert str(refusal.value) == '"w.xlsx" has no tab "Sheet1". Its tabs: "Leads", "Old" (hidden).'


def test_without_a_name_the_first_visible_tab_with_a_known_header_is_read() -> None:
    data = a_workbook(("Old", LEADS), ("Notes", NOTES), ("Leads", LEADS), ("More", LEADS), hidden=("Old",))
    table = read_table(data, name="w.xlsx", known_headers=KNOWN)
    assert table.sheet_name == "Leads"
    assert table.sheet_names == ("Old", "Notes", "Leads", "More")


def test_without_a_known_header_anywhere_the_first_visible_tab_that_holds_something_is_read() -> None:
    data = a_workbook(("Blank", []), ("Notes", NOTES), ("Other", [["x"]]))
    assert read_table(data, name="w.xlsx", known_headers=KNOWN).sheet_name == "Notes"


def test_a_hidden_tab_is_read_when_nothing_else_holds_anything_or_by_its_name() -> None:
    data = a_workbook(("Blank", []), ("Old", LEADS), hidden=("Old",))
    assert read_table(data, name="w.xlsx", known_headers=KNOWN).sheet_name == "Old"
    both = a_workbook(("Leads", LEADS), ("Old", [["Company Name"], ["Hidden"]]), hidden=("Old",))
    assert read_table(both, name="w.xlsx", sheet="Old", known_headers=KNOWN).rows == [["Hidden"]]


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("General", None),
        ("0.00", None),
        ("#,##0.00 [$€-407]", None),
        ('0.0 "days"', None),
        ("[Red]0;[Blue]-0", None),
        (r"0\d", None),
        ("0.00E+00", None),
        ("@", None),
        ("yyyy-mm-dd", "date"),
        ("d/m/yy", "date"),
        ("[$-409]mmmm d, yyyy;@", "date"),
        ('yyyy"年"m"月"d"日"', "date"),
        ("mmm", "date"),
        ("dd.mm.yyyy hh:mm", "datetime"),
        ("m/d/yy h:mm AM/PM", "datetime"),
        ("h:mm:ss", "time"),
        ("mm:ss.0", "time"),
        ("[h]:mm:ss", "duration"),
        ("[mm]:ss", "duration"),
    ],
)
def test_which_number_formats_mean_dates(code: str, form: DateForm | None) -> None:
    assert date_form(code) == form


def test_dates_are_iso_text_whatever_their_format() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["Company Name", "Instantly Date"])
    day = dt.datetime(2026, 3, 1)
    for value, code in [
        (day, "dd.mm.yyyy"),
        (day, '[$-411]ggge"年"m"月"d"日"'),
        (day, "mmmm yyyy"),
        (dt.datetime(2026, 3, 1, 8, 5), "yyyy-mm-dd"),
        (59, "yyyy-mm-dd"),
        (61, "yyyy-mm-dd"),
        (46_082, "0"),
        (-1, "yyyy-mm-dd"),
        (10**9, "yyyy-mm-dd"),
    ]:
        sheet.append(["A Co", value])
        sheet.cell(sheet.max_row, 2).number_format = code
    file = io.BytesIO()
    workbook.save(file)
    dates = [row[1] for row in read_table(file.getvalue(), name="w.xlsx", known_headers=KNOWN).rows]
    assert dates[:4] == ["2026-03-01", "2026-03-01", "2026-03-01", "2026-03-01 08:05:00"]
    # Serial 60 is the 29 February 1900 that Excel believes in.
    assert dates[4:6] == ["1900-02-28", "1900-03-01"]
    assert dates[6:] == [46_082, -1, 10**9]
    assert [isinstance(date, Dated) for date in dates] == [True] * 6 + [False] * 3


def test_compiled_readers_find_the_same_values() -> None:
    rows: list[list[Any]] = [["Company Name", "n", "x", "b", "d"]]
    rows += [
        [f"Co {i} & <sons>", i, i / 7, i % 2 == 0, dt.date(1950, 1, 1) + dt.timedelta(days=97 * i)]
        for i in range(300)
    ]
    data = a_workbook(("T", rows))
    ours = read_table(data, name="w.xlsx", known_headers=KNOWN).rows
    theirs = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1:]
    for mine, row in zip(ours, theirs, strict=True):
        assert mine == [*row[:4], row[4].isoformat()]
        assert type(mine[1]) is int


def test_a_hundred_thousand_rows_are_read_with_progress() -> None:
    row = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c><v>2.5</v></c><c t="str"><v>x</v></c></row>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(io.BytesIO(a_workbook(("T", LEADS)))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/sharedStrings.xml"] = (
        f'<sst xmlns="{main}"><si><t>A Co</t></si><si><t>b</t></si></sst>'.encode()
    )
    sheet = f'<worksheet xmlns="{main}"><sheetData>{row * 100_000}</sheetData></worksheet>'
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    heard: list[tuple[int, float]] = []
    table = read_table(file.getvalue(), name="w.xlsx", on_progress=lambda *told: heard.append(told))
    assert len(table.rows) == 99_999
    assert heard[0] == (0, 0.0)
    assert heard[-1] == (99_999, 1.0)
    assert heard == sorted(heard)
    assert len(heard) > 10


def test_rows_beyond_the_limit_are_refused() -> None:
    data = a_workbook(("T", [["Company Name"], *[["A Co"]] * 20]))
    assert len(read_table(data, name="w.xlsx", limits=Limits(rows=20)).rows) == 20
    with pytest.raises(TooLarge, match="more than 19 rows"):
        read_table(data, name="w.xlsx", limits=Limits(rows=19))


def test_a_workbook_that_is_not_where_it_usually_is_is_found_by_its_relations() -> None:
    with zipfile.ZipFile(UGLY / "workbook-named.csv") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook2.xml"] = parts.pop("xl/workbook.xml")
    parts["xl/_rels/workbook2.xml.rels"] = parts.pop("xl/_rels/workbook.xml.rels")
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"xl/workbook.xml", b"/xl/workbook2.xml")
    parts["xl\\worksheets\\Sheet1.xml"] = parts.pop("xl/worksheets/sheet1.xml")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    assert read_table(file.getvalue(), name="w.xlsx", known_headers=KNOWN).rows == [["A Co"]]
