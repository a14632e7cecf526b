"""What was read is what is written, and what was written is what is read: in each kind and across."""

from __future__ import annotations

import io

import openpyxl
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.cells import as_text, inert, is_blank
from backend.files.reading import read_table
from backend.files.table import Cell, Dated, Kind, Row, Table
from backend.files.writing import write_table
from tests.files.tables import a_table, csv_tables, texts, xlsx_tables


def written(table: Table, kind: Kind, added: list[tuple[str, list[Cell]]] | None = None) -> bytes:
    file = io.BytesIO()
    assert write_table(file, table, added or [], kind=kind) == ()
    return file.getvalue()


def reread(data: bytes, like: Table) -> Table:
    return read_table(data, name=like.name, known_headers=like.headers)


def body(table: Table) -> list[Row]:
    """All rows below the header, without the blanks that a file's last rows may or may not keep."""
    rows = [*table.rows, *table.tail_rows]
    while rows and all(map(is_blank, rows[-1])):
        rows.pop()
    return [without_trailing_blanks(row) for row in rows]


def without_trailing_blanks(row: Row) -> Row:
    end = len(row)
    while end and row[end - 1] in ("", None):
        end -= 1
    return row[:end]


def as_texts(rows: list[Row]) -> list[Row]:
    return [without_trailing_blanks([as_text(cell) for cell in row]) for row in rows]


@given(csv_tables())
def test_csv_to_csv(table: Table) -> None:
    again = reread(written(table, "csv"), table)
    assert again.headers == table.headers
    assert body(again) == body(table)


@given(xlsx_tables())
def test_xlsx_to_xlsx(table: Table) -> None:
    again = reread(written(table, "xlsx"), table)
    assert again.headers == table.headers
    assert body(again) == body(table)
    kinds = [[type(cell) for cell in row] for row in body(again)]
    assert kinds == [[type(cell) for cell in row] for row in body(table)]


@given(csv_tables())
def test_csv_to_xlsx_to_csv(table: Table) -> None:
    workbook = reread(written(table, "xlsx"), table)
    again = reread(written(workbook, "csv"), table)
    assert again.headers == table.headers
    assert as_texts(body(again)) == as_texts(body(table))


@given(xlsx_tables())
def test_xlsx_to_csv_to_xlsx(table: Table) -> None:
    text = reread(written(table, "csv"), table)
    again = reread(written(text, "xlsx"), table)
    assert as_texts(body(again)) == as_texts(body(table))


@given(csv_tables(), st.data())
def test_added_columns_stand_beside_what_was_there(table: Table, data: st.DataObject) -> None:
    values = data.draw(st.lists(texts, min_size=len(table.rows), max_size=len(table.rows)))
    again = reread(written(table, "csv", [("Zz Added", list(values))]), table)
    assert again.headers == (*table.headers, *[""] * (table.width - len(table.headers)), "Zz Added")
    rows = [*again.rows, *again.tail_rows][: len(table.rows)]
    for before, after, value in zip(table.rows, rows, values, strict=False):
        assert without_trailing_blanks(after[: table.width]) == without_trailing_blanks(before)
        assert after[table.width] == inert(value)


@given(xlsx_tables())
def test_openpyxl_reads_what_we_write(table: Table) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written(table, "xlsx"))).active
    assert sheet is not None
    for number, row in enumerate(table.rows, 2):
        for column, value in enumerate(row, 1):
            found = sheet.cell(number, column)
            assert found.data_type != "f"
            if isinstance(value, bool | int | float):
                assert found.value == value
            elif isinstance(value, Dated):
                assert found.is_date


@given(xlsx_tables())
def test_calamine_reads_in_our_files_what_we_read(table: Table) -> None:
    data = written(table, "xlsx")
    theirs = (
        python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    )
    for ours, row in zip(reread(data, table).rows, theirs[1:], strict=False):
        for mine, cell in zip(ours, row, strict=False):
            if mine is not None and not isinstance(mine, Dated):
                assert cell == mine


def test_rows_above_the_header_and_blank_rows_below_come_back_in_place() -> None:
    table = a_table(
        ["A Co", "https://a.example"],
        ["", ""],
        ["B Co", ""],
        lead_rows=[["Leads", ""], [], ["March"]],
        tail_rows=[["", ""], []],
    )
    again = read_table(written(table, "csv"), name="rows.csv", known_headers=["Company Name", "Website"])
    assert (again.lead_rows, again.headers, again.rows) == (table.lead_rows, table.headers, table.rows)
    assert len(again.tail_rows) == 2
    workbook = read_table(written(table, "xlsx"), name="rows.xlsx", known_headers=["Company Name", "Website"])
    assert [workbook.row_number(i) for i in range(3)] == [5, 6, 7]
    assert workbook.rows[2] == ["B Co", None]
