"""Writing a table back: nothing of the input is lost, and a target is whole or as it was."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from backend.errors import Invalid
from backend.files.reading import read_table
from backend.files.table import Cell, Dialect, Kind
from backend.files.writing import check_target, write_table
from tests.files.tables import a_table

UGLY = Path(__file__).parent / "ugly"
KNOWN = ("Company Name", "Company Keywords", "Company Short Description", "Website", "Keywords", "Name")


def as_csv(table: Any, added: list[tuple[str, list[Cell]]]) -> str:
    file = io.BytesIO()
    write_table(file, table, added, kind="csv")
    return file.getvalue().decode()


def test_added_columns_come_after_the_last() -> None:
    table = a_table(["A Co", "a.example"], ["B Co", ""])
    assert as_csv(
        table, [("Category", ["Tools", None]), ("Status", ["✅ Complete", "⏭️ Skipped (no input)"])]
    ) == (
        "Company Name,Website,Category,Status\r\n"
        "A Co,a.example,Tools,✅ Complete\r\n"
        "B Co,,,⏭️ Skipped (no input)\r\n"
    )


def test_a_column_that_is_there_is_reused_where_it_stands() -> None:
    table = a_table(
        ["old", "A Co", "x"], ["kept", "B Co", "y"], headers=(" category ", "Company Name", "CATEGORY")
    )
    assert as_csv(table, [("Category", ["new", "newer"]), ("Status", ["ok", "ok"])]) == (
        " category ,Company Name,CATEGORY,Status\r\nnew,A Co,x,ok\r\nnewer,B Co,y,ok\r\n"
    ).replace(" category ,", '" category ",')


def test_cells_beyond_the_header_are_not_covered_by_added_columns() -> None:
    table = a_table(["A Co", "a.example", "extra", "more"], ["B Co", "b.example"])
    assert as_csv(table, [("Status", ["ok", "ok"])]) == (
        "Company Name,Website,,,Status\r\nA Co,a.example,extra,more,ok\r\nB Co,b.example,,,ok\r\n"
    )


def test_the_users_cells_stay_verbatim_and_added_ones_are_inert() -> None:
    table = a_table(["=1+1", "+49 30 1234"])
    assert as_csv(table, [("Category", ["=1+1"]), ("Count", [-5])]) == (
        "Company Name,Website,Category,Count\r\n=1+1,+49 30 1234,'=1+1,-5\r\n"
    )


def test_in_a_workbook_no_text_is_a_formula(tmp_path: Path) -> None:
    table = a_table(["=1+1", '=HYPERLINK("https://x.example")'])
    write_table(tmp_path / "out.xlsx", table, [("Category", ["@SUM(A1)"])])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    row = sheet[2]
    assert [cell.value for cell in row] == ["=1+1", '=HYPERLINK("https://x.example")', "'@SUM(A1)"]
    assert {cell.data_type for cell in row} == {"s"}


@pytest.mark.parametrize(
    "name", [p.name for p in sorted(UGLY.glob("*.*")) if p.suffix in (".csv", ".tsv", ".txt")]
)
def test_an_ugly_file_is_written_back_in_its_own_dialect(name: str) -> None:
    try:
        table = read_table(UGLY / name, name=name, known_headers=KNOWN)
    except Invalid:
        return  # what it must say is in its own test
    if table.kind == "xlsx":
        return
    file = io.BytesIO()
    assert write_table(file, table, [], kind="csv") == ()
    again = read_table(file.getvalue(), name=name, known_headers=KNOWN)
    assert (again.headers, again.rows, again.lead_rows) == (table.headers, table.rows, table.lead_rows)
    kept = ("delimiter", "encoding", "bom", "line_ending", "sep_line")
    assert [getattr(again.dialect, key) for key in kept] == [getattr(table.dialect, key) for key in kept]


def test_an_encoding_that_lacks_a_character_gives_way_to_utf_8() -> None:
    table = a_table(["Müller", "x"], dialect=Dialect(encoding="cp1252", delimiter=";"))
    file = io.BytesIO()
    assert write_table(file, table, [("Category", ["Öfen"])], kind="csv") == ()
    assert file.getvalue() == "Company Name;Website;Category\r\nMüller;x;Öfen\r\n".encode("cp1252")

    file = io.BytesIO()
    notes = write_table(file, table, [("Status", ["✅ Complete"])], kind="csv")
    assert file.getvalue() == "\ufeffCompany Name;Website;Status\r\nMüller;x;✅ Complete\r\n".encode()
    assert notes == (
        "The file was read as cp1252, which lacks some characters of the results (such as ✅): "
        "it is written as UTF-8 with a byte order mark.",
    )


def test_a_first_cell_that_looks_like_excels_hint_is_not_taken_for_it() -> None:
    table = a_table(["A Co", "x"], headers=("sep=;", "Company Name"))
    file = io.BytesIO()
    write_table(file, table, [], kind="csv")
    again = read_table(file.getvalue(), name="rows.csv", known_headers=KNOWN)
    assert (again.headers, again.dialect.sep_line) == (("sep=;", "Company Name"), False)


def test_where_every_cell_was_quoted_every_cell_is_quoted() -> None:
    table = read_table(UGLY / "everything-quoted.csv", name="rows.csv", known_headers=KNOWN)
    assert as_csv(table, [("Status", ["ok", None])]) == (
        '"Company Name","Website","Status"\n"A Co","https://a.example","ok"\n"B ""Best"" Co",,\n'
    )


def test_half_of_a_surrogate_pair_stops_nothing() -> None:
    table = a_table(["A Co", "x"])
    assert "Status\r\nA Co,x,half ?\r\n" in as_csv(table, [("Status", ["half \ud83d"])])
    file = io.BytesIO()
    write_table(file, table, [("Status", ["half \ud83d"])], kind="xlsx")
    assert read_table(file.getvalue(), name="out.xlsx").rows == [["A Co", "x", "half \ufffd"]]


def test_a_cell_too_long_for_a_workbook_is_cut_and_told(tmp_path: Path) -> None:
    table = a_table(["x" * 40_000, "fits"], ["y" * 32_767, "😀" * 20_000])
    assert check_target(tmp_path / "out.xlsx", table) == (
        "2 cells are longer than the 32,767 characters that XLSX holds; CSV would keep them whole.",
    )
    notes = write_table(tmp_path / "out.xlsx", table, [])
    assert notes == ("Cut to the 32,767 characters that an XLSX cell holds: A2, B3. CSV keeps them whole.",)
    rows = read_table(tmp_path / "out.xlsx", name="out.xlsx").rows
    assert rows == [["x" * 32_766 + "…", "fits"], ["y" * 32_767, "😀" * 16_383 + "…"]]
    assert check_target(tmp_path / "out.csv", table) == ()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_target_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path, kind: Kind) -> None:
    target = tmp_path / f"out.{kind.upper()}"
    target.write_text("old")
    write_table(target, a_table(["A Co", "x"]), [("Status", ["ok"])])
    assert read_table(target, name="out").kind == kind
    assert read_table(target, name="out").rows == [["A Co", "x", "ok"]]
    assert os.listdir(tmp_path) == [target.name]
    assert target.stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failure_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")

    class Unprintable(float):
        def __str__(self) -> str:
            raise RuntimeError("broken on the way")

    with pytest.raises(RuntimeError, match="broken on the way"):
        write_table(target, a_table(*[["A Co", "x"]] * 5_000, ["B Co", Unprintable(0.5)]), [])
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    link = tmp_path / "out.csv"
    link.symlink_to("/dev/full/out.csv")
    with pytest.raises(Invalid, match=r'out.csv" cannot be written: '):
        write_table(link, a_table(["A Co", "x"]), [])


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_table(tmp_path / "link.csv", a_table(["A Co", "x"]), [])
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "Company Name,Website\nA Co,x\n"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("out.pdf", '"out.pdf" should end in .csv or .xlsx, which says how to write it.'),
        ("out", '"out" should end in .csv or .xlsx, which says how to write it.'),
        ("folder.csv", "is a folder. Name the file to write, ending in .csv or .xlsx."),
        ("pipe.csv", "is not a regular file. Name a file to write, ending in .csv or .xlsx."),
        ("missing/out.csv", 'to write "out.csv" into. Create it first.'),
    ],
)
def test_a_target_is_looked_at_before_the_work(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(Invalid) as refusal:
        check_target(tmp_path / name, a_table(["A Co", "x"]))
    assert str(refusal.value).endswith(sentence)


def test_what_a_workbook_cannot_hold_is_refused_before_the_work(tmp_path: Path) -> None:
    wide = a_table(["x"], headers=tuple(f"h{i}" for i in range(16_384)))
    assert check_target(tmp_path / "out.xlsx", wide) == ()
    with pytest.raises(Invalid, match=r"16,385 columns; XLSX holds 1,048,576 by 16,384\. Write it as CSV\."):
        check_target(tmp_path / "out.xlsx", wide, more_columns=1)
    assert check_target(tmp_path / "out.csv", wide, more_columns=1) == ()


def test_a_column_with_too_few_values_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="Status has 1 values for 2 rows"):
        as_csv(a_table(["A", "x"], ["B", "y"]), [("Status", ["ok"])])


def test_a_workbook_as_csv_opens_in_excel_as_utf_8() -> None:
    file = io.BytesIO()
    table = a_table(["Müller", 3.0, True, None], headers=("Company Name", "n", "b", "x"), kind="xlsx")
    write_table(file, table, [], kind="csv")
    assert file.getvalue() == "\ufeffCompany Name,n,b,x\r\nMüller,3,TRUE,\r\n".encode()
