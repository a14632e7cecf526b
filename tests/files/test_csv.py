"""CSV files: how large, how fast, how they are told about, and where they stop."""

from __future__ import annotations

import csv
import io

import pytest

from backend.errors import Invalid, TooLarge
from backend.files.limits import Limits
from backend.files.reading import read_table

KNOWN = ("Company Name", "Website", "Description")


def rows_of(count: int, description: str = "Sells things") -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["Company Name", "Description", "Website"])
    for i in range(count):
        writer.writerow([f"Company {i}", description, f"https://www.company-{i}.example"])
    return file.getvalue().encode()


def test_a_hundred_thousand_rows_of_twenty_megabytes_are_read() -> None:
    data = rows_of(100_000, 'A "quoted" description, ' * 6)
    data += b"Last,,".ljust(20 * 1024 * 1024 - len(data), b"x")
    assert len(data) == Limits().bytes
    table = read_table(data, name="rows.csv", known_headers=KNOWN)
    assert len(table.rows) == 100_001
    assert table.rows[99_999][0] == "Company 99999"


def test_one_byte_more_than_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge, match="larger than 20 MB"):
        read_table(b"x" * (Limits().bytes + 1), name="rows.csv")


def test_cells_of_a_hundred_thousand_characters_are_kept_whole() -> None:
    long = "long text, " * 10_000
    data = f'Company Name,Description\nA Co,"{long}"\nB Co,short\n'.encode()
    table = read_table(data, name="rows.csv", known_headers=KNOWN)
    assert [row[1] for row in table.rows] == [long, "short"]


def test_progress_is_told_before_the_first_row_and_only_grows() -> None:
    heard: list[tuple[int, float]] = []
    read_table(
        rows_of(20_000), name="rows.csv", known_headers=KNOWN, on_progress=lambda *told: heard.append(told)
    )
    assert heard[0] == (0, 0.0)
    assert heard[-1] == (20_000, 1.0)
    assert len(heard) > 8
    assert heard == sorted(heard)
    assert any(0 < fraction < 1 for _, fraction in heard)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(rows=9), "more than 9 rows. Split it into several files of fewer rows."),
        (Limits(cells=20), "more than 20 cells. Split it into several files."),
        (Limits(columns=2), "has 3 columns; 2 is the most that a sheet holds."),
    ],
    ids=["rows", "cells", "columns"],
)
def test_limits_are_named(limits: Limits, sentence: str) -> None:
    with pytest.raises(TooLarge) as refusal:
        read_table(rows_of(10), name="rows.csv", known_headers=KNOWN, limits=limits)
    assert str(refusal.value).endswith(sentence)


def test_exactly_the_allowed_rows_are_read() -> None:
    assert (
        len(read_table(rows_of(10), name="rows.csv", known_headers=KNOWN, limits=Limits(rows=10)).rows) == 10
    )


def test_an_open_quotation_mark_is_found_after_many_rows() -> None:
    data = rows_of(5_000) + b'Open Co,"never closed\n' + rows_of(100)
    with pytest.raises(Invalid, match="opened in line 5002 "):
        read_table(data, name="rows.csv", known_headers=KNOWN)


def test_the_line_of_an_open_quotation_mark_counts_line_breaks_inside_earlier_cells() -> None:
    data = b'sep=,\nCompany Name,Description\nA Co,"one\n\ntwo"\nB Co,x,"open\n'
    with pytest.raises(Invalid, match="opened in line 6 "):
        read_table(data, name="rows.csv", known_headers=KNOWN)


def test_a_cell_that_swallowed_many_lines_is_pointed_at() -> None:
    swallowing = b'Company Name,Description\nA Co,"opened\n' + b"x\n" * 150 + b'closed"\nB Co,fine\n'
    table = read_table(swallowing, name="rows.csv", known_headers=KNOWN)
    assert table.notes == (
        "Row 2 runs over 152 lines from line 2: perhaps a quotation mark is missing there.",
    )


def test_rows_know_their_line_and_their_number() -> None:
    data = b'Title\n\nCompany Name,Description\nA Co,"one\ntwo"\nB Co,x\n'
    table = read_table(data, name="rows.csv", known_headers=KNOWN)
    assert [table.row_number(i) for i in range(2)] == [4, 5]
    assert list(table.lines) == [4, 6]


def test_hundreds_of_ragged_rows_are_told_in_a_few_sentences() -> None:
    data = b"Company Name,Website\n" + b"A Co,https://a.example,extra\n" * 500 + b"B Co\n" * 500
    table = read_table(data, name="rows.csv", known_headers=KNOWN)
    assert len(table.notes) == 22
    assert table.notes[20] == "480 more rows have more cells than the header."
    assert table.notes[21].endswith(", 520, 521, … have fewer cells than the header.")


def test_known_headers_choose_the_delimiter_against_the_majority() -> None:
    data = b"Company Name|Description\nA Co|one, two, three, four\nB Co|five, six, seven, eight\n"
    table = read_table(data, name="rows.csv", known_headers=KNOWN)
    assert table.headers == ("Company Name", "Description")
    assert table.rows[0][1] == "one, two, three, four"


def test_the_header_is_looked_for_in_twenty_rows_only() -> None:
    titles = b"Title,x\n" * 19
    found = read_table(titles + b"Company Name,Website\nA,b\n", name="rows.csv", known_headers=KNOWN)
    assert found.headers == ("Company Name", "Website")
    missed = read_table(titles + b"Title,x\nCompany Name,Website\n", name="rows.csv", known_headers=KNOWN)
    assert missed.headers == ("Title", "x")


def test_case_and_spacing_of_a_known_header_do_not_matter() -> None:
    table = read_table(b"Report\n COMPANY_name ,web\n1,2\n", name="rows.csv", known_headers=KNOWN)
    assert table.headers == (" COMPANY_name ", "web")


def test_a_tab_asked_for_in_a_text_file_is_not_a_reason_to_stop() -> None:
    assert read_table(rows_of(1), name="rows.csv", sheet="Leads", known_headers=KNOWN).sheet_name is None
