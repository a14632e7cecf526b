"""Ugly files, and beside each the table or the sentence that it must give: `<file>.json` is a test case."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from backend.errors import Rejected
from backend.files.reading import read_table
from backend.files.table import Dialect, Table

UGLY = Path(__file__).parent / "ugly"
KNOWN = (
    *("Company Name", "Company Keywords", "Company Short Description", "Website", "Instantly Date"),
    *("Name", "Keywords", "Description", "URL"),
)
CASES = sorted(path.with_suffix("") for path in UGLY.glob("*.json"))


def as_expected(table: Table, keys: set[str]) -> dict[str, Any]:
    found = {key: getattr(table, key) for key in keys}
    for key in keys & {"headers", "lines", "notes"}:
        found[key] = list(found[key])
    if "dialect" in keys:
        found["dialect"] = asdict(table.dialect)
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_an_ugly_file_gives_its_table_or_its_sentence(path: Path) -> None:
    expected = json.loads(path.with_name(path.name + ".json").read_text("utf-8"))
    if "refused" in expected:
        with pytest.raises(Rejected) as refusal:
            read_table(path, name=path.name, known_headers=KNOWN)
        assert str(refusal.value) == expected["refused"]
        return

    table = read_table(path, name=path.name, known_headers=KNOWN)

    if "dialect" in expected:
        expected["dialect"] = asdict(Dialect()) | expected["dialect"]
    assert as_expected(table, set(expected)) == expected
    assert [type(cell) for row in table.rows for cell in row if not isinstance(cell, str)] == [
        type(cell) for row in expected["rows"] for cell in row if not isinstance(cell, str)
    ]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_bytes_and_open_files_are_read_as_paths_are(path: Path) -> None:
    def outcome(source: Any) -> Any:
        try:
            return read_table(source, name=path.name, known_headers=KNOWN).rows
        except Rejected as refusal:
            return str(refusal)

    from_path = outcome(path)
    assert outcome(path.read_bytes()) == from_path
    with path.open("rb") as file:
        assert outcome(file) == from_path


def test_every_ugly_file_says_what_it_must_give() -> None:
    files = {path.name for path in UGLY.iterdir() if path.suffix != ".json" and path.name != ".gitattributes"}
    assert files == {path.name for path in CASES}
    assert len(files) > 60
