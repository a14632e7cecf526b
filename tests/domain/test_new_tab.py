"""Cells, blocks and titles of a table on its way into a new tab."""

from __future__ import annotations

import json
import re
import time
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.cells import CELL_LIMIT, CONTROL_STARTS, FORMULA_STARTS, utf16_length
from backend.domain.new_tab import BLOCK_BYTES, blocks, free_title, value
from backend.errors import Invalid

CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["=1", "+4", "-x"]),
)


@given(st.text(max_size=60))
def test_no_text_can_come_alive_as_more_than_a_number(text: str) -> None:
    found = value(text)
    if not isinstance(found, str):
        assert text == ""
    elif found[0] in FORMULA_STARTS:
        assert re.fullmatch(r"[+-][0-9 ().,/%-]+", found)
    else:
        assert found[0] not in CONTROL_STARTS
        assert found in (text, "'" + text)


@pytest.mark.parametrize(
    "text", ["+44 113 496 0000", "-5", "+1,234.50", "-12%", "+49 (30) 12345", "-2026-01-05"]
)
def test_numbers_and_telephone_numbers_stay_as_they_are(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize(
    "text", ["-2+3", "+1:3", "-A1", "+cmd|' /C calc'!A0", "-", "+", "-1E9", "=1", "@x", "\t1"]
)
def test_whatever_computes_or_refers_gets_an_apostrophe(text: str) -> None:
    assert value(text) == "'" + text


@given(CELLS)
def test_a_value_is_what_json_and_a_sheet_can_hold(cell: object) -> None:
    found = value(cell)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert not isinstance(found, int) or abs(found) <= 2**53
    assert not isinstance(found, str) or utf16_length(found) <= CELL_LIMIT


def test_a_long_cell_of_digits_is_judged_at_once() -> None:
    began = time.process_time()
    value("+" + "1" * 45_000 + "x")
    assert time.process_time() - began < 5, "a pattern that goes back over it takes minutes"


@given(st.lists(st.lists(CELLS, max_size=5), max_size=30))
def test_blocks_hold_every_row_in_order(rows: list[list[object]]) -> None:
    found = list(chain.from_iterable(blocks(rows)))
    assert len(found) == len(rows)
    for row, written in zip(rows, found, strict=True):
        padded = written + [None] * (len(row) - len(written))
        assert padded == [value(cell) for cell in row]


def test_no_block_is_larger_than_a_document_may_be() -> None:
    rows = [[f"{n}", "ü" * 20_000] for n in range(200)]
    found = list(blocks(rows))
    assert len(found) > 10
    assert all(len(json.dumps(block, ensure_ascii=False).encode()) <= BLOCK_BYTES + 2 for block in found)


def test_a_row_that_fits_into_no_block_is_named() -> None:
    with pytest.raises(Invalid, match="Row 3 "):
        list(blocks([["a"], ["b"], ["x" * 40_000] * 20]))


@given(st.text(max_size=200), st.lists(st.text(max_size=5), max_size=5))
def test_a_title_is_free_and_fits(wanted: str, taken: list[str]) -> None:
    for _ in range(4):
        title = free_title(wanted, taken)
        assert 0 < len(title) <= 100
        assert title.casefold() not in {each.casefold() for each in taken}
        taken = [*taken, title]


def test_a_title_differs_by_more_than_its_case() -> None:
    assert free_title("LEADS", ["leads", "Leads (2)"]) == "LEADS (3)"
    assert free_title(" \x00\n ", []) == "Imported"
