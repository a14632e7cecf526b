"""The bundled sample: it is read without a question, and holds the dirt it is there to show."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import backend.local
from backend.domain.cells import is_blank
from backend.files.reading import read_table
from backend.files.table import Table

PATH = Path(backend.local.__file__).parent / "sample.csv"
NAME, KEYWORDS, DESCRIPTION, WEBSITE, DATE = range(5)


@pytest.fixture(scope="module")
def sample() -> Table:
    return read_table(PATH, name=PATH.name, known_headers=["Company Name", "Website"])


def test_it_has_the_columns_of_both_recipes_and_the_date(sample: Table) -> None:
    assert sample.headers == (
        "Company Name",
        "Company Keywords",
        "Company Short Description",
        "Website",
        "Instantly Date",
    )
    assert sample.notes == ()
    assert {len(row) for row in sample.rows} == {5}


def test_it_holds_about_forty_companies(sample: Table) -> None:
    names = {str(row[NAME]).strip() for row in sample.rows} - {""}
    assert 38 <= len(names) <= 45


def test_its_dirt_is_there(sample: Table) -> None:
    rows = [[str(cell) for cell in row] for row in sample.rows]
    assert any(all(map(is_blank, row)) for row in rows[1:-1]), "a blank row in the middle"
    assert any(is_blank(row[NAME]) and not is_blank(row[DESCRIPTION]) for row in rows), "a row without a name"
    assert any(
        not is_blank(row[NAME]) and is_blank(row[KEYWORDS]) and is_blank(row[DESCRIPTION]) for row in rows
    ), "a row with a name and nothing to judge by"
    assert [count for row, count in Counter(map(tuple, rows)).items() if row[NAME]].count(2) == 1, (
        "a duplicate"
    )
    assert any(row[NAME] != row[NAME].strip() for row in rows), "spaces around a name"
    assert any(cell.startswith("=") for row in rows for cell in row), "text that begins with ="
    assert max(len(row[DESCRIPTION]) for row in rows) >= 3_800, "a very long description"
    text = "".join(map("".join, rows))
    for letters, language in (("ُشركة", "Arabic"), ("会社", "Japanese"), ("äöüß", "German"), ("é’", "French")):
        assert any(letter in text for letter in letters), language
    assert any("\n" in cell for row in rows for cell in row), "a line break in a cell"


def test_some_rows_have_a_date_and_some_have_none(sample: Table) -> None:
    dates = Counter(str(row[DATE]) for row in sample.rows if not is_blank(row[NAME]))
    assert dates.pop("") >= 5
    assert len(dates) == 3
    assert min(dates.values()) >= 8
