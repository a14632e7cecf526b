"""Downloads: inert in every program, streamed, and readable by others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import openpyxl
import pytest
import python_calamine

from backend.files.exporting import csv_download, xlsx_download
from backend.files.table import Cell, Dated, Dialect, Row

DANGEROUS = [
    '=IMPORTXML("https://x.example","//a")',
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    "\u200b=1",
    'a","=1',
    "a\r\n=1",
]


def test_no_cell_of_a_csv_download_starts_a_formula() -> None:
    text = b"".join(
        csv_download([["Company Name", "Category"], *[["A Co", cell] for cell in DANGEROUS]])
    ).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[0] for row in rows[1:]] == ["A Co"] * len(DANGEROUS)
    for cell, row in zip(DANGEROUS, rows[1:], strict=True):
        assert len(row) == 2
        assert row[1].replace("'", "") == cell
        assert row[1].strip(" \t\r\n\u200b")[0] not in "=+-@＝"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("reader", [",", ";", "\t", "|"])
def test_no_program_that_splits_elsewhere_finds_a_formula(delimiter: str, reader: str) -> None:
    """Excel goes by the separator of its country. What natural text holds stays as it is."""
    tricks = [f"Co{separator}{start}1+1{separator}x" for separator in ",;\t|\n" for start in "=+-@"]
    tricks += ['Co";=1+1;"', "Co;;=1", "Co\r\n=1+1\r\nx"]
    plain = ["Fast, -20% off; +49 30 123, a@b.example", "a-b;c=d,e+f", "x, =y"]
    rows = [["Company Name", "Category"], *[["A Co", cell] for cell in [*tricks, *plain]]]
    text = b"".join(csv_download(rows, like=Dialect(delimiter=delimiter))).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=reader):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@")], row
    again = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert [row[1] for row in again[-len(plain) :]] == plain


def test_no_cell_of_an_xlsx_download_is_a_formula() -> None:
    rows: list[Row] = [["Company Name", "Category"]]
    rows += [["A Co", cell] for cell in DANGEROUS]
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(xlsx_download(rows)))).active
    assert sheet is not None
    for cell, row in zip(DANGEROUS, sheet.iter_rows(min_row=2), strict=True):
        assert row[0].value == "A Co"
        assert row[1].data_type == "s"
        assert row[1].value in (cell, "'" + cell)
        assert str(row[1].value).strip(" \t\r\n\u200b")[0] not in "=+-@＝"


def test_numbers_dates_and_booleans_stay_what_they_are() -> None:
    row: Row = ["A Co", -5, 2.5, True, None, Dated("2026-03-01")]
    data = b"".join(xlsx_download([["a", "b", "c", "d", "e", "f"], row], tab="Results: all?"))
    workbook = python_calamine.load_workbook(io.BytesIO(data))
    assert workbook.sheet_names == ["Results  all"]
    found = workbook.get_sheet_by_index(0).to_python()[1]
    assert [str(value) for value in found] == ["A Co", "-5.0", "2.5", "True", "", "2026-03-01"]
    assert b"".join(csv_download([row])) == b"\xef\xbb\xbfA Co,-5,2.5,TRUE,,2026-03-01\r\n"


def test_sixty_thousand_characters_leave_their_neighbours_intact() -> None:
    rows: list[Row] = [["a", "b", "c"], ["left", "x" * 60_000, "right"]]
    data = b"".join(xlsx_download(rows))
    found = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert found[1] == ["left", "x" * 32_766 + "…", "right"]
    text = b"".join(csv_download(rows)).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text, newline="")))[1] == rows[1]


@pytest.mark.parametrize("download", [csv_download, xlsx_download])
def test_pieces_come_while_rows_are_still_being_made(download: object) -> None:
    assert callable(download)
    taken = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal taken
        for number in range(50_000):
            taken += 1
            # Different each time, so that it deflates badly and pieces come early.
            yield [f"{hash((number, 'a')):x}", f"{hash((number, 'b')):x}"]

    pieces = download(rows())
    first = next(pieces)
    assert 0 < taken < 25_000
    rest = list(pieces)
    assert max(len(piece) for piece in [first, *rest]) < 1_000_000
    assert taken == 50_000


def test_equal_rows_give_equal_files() -> None:
    rows: list[Row] = [["Company Name"], ["A Co"]]
    assert b"".join(xlsx_download(rows)) == b"".join(xlsx_download(rows))


def test_a_blank_cell_that_stands_alone_is_a_row_all_the_same() -> None:
    assert b"".join(csv_download([["a"], [""], ["✅"]])) == '\ufeffa\r\n""\r\n✅\r\n'.encode()
