"""Fingerprints, what is sent of a row, why a row is skipped, and how rows are packed into documents."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.recipes import CASE_A, CASE_B
from backend.domain.rows import (
    CHUNK_CHARS,
    CHUNK_ROWS,
    Row,
    chunks,
    fingerprint,
    inputs_of,
    normalised,
    why_skipped,
)

cells = st.lists(st.text(max_size=20), min_size=1, max_size=4)


@given(cells, cells)
def test_only_equal_cells_have_equal_fingerprints(one: list[str], other: list[str]) -> None:
    if any(one) and any(other):
        assert (fingerprint(one) == fingerprint(other)) == (one == other)


def test_moving_text_from_one_cell_to_the_next_changes_the_fingerprint() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


def test_blank_rows_have_no_fingerprint_for_they_cannot_be_told_apart() -> None:
    assert fingerprint(["", ""]) == ""


@given(st.text(max_size=300), st.integers(min_value=1, max_value=80))
def test_what_is_sent_is_never_longer_than_allowed(text: str, most: int) -> None:
    assert len(normalised(text, most)) <= most


def test_text_is_cut_at_a_word() -> None:
    assert normalised("one two three", 9) == "one two"
    assert normalised("onetwothree", 4) == "onet"


def test_rows_that_differ_in_spacing_alone_are_equal_to_the_model() -> None:
    one = inputs_of(CASE_A, {"company_name": " Acme  Ltd ", "company_keywords": "a,\nb"})
    assert one == {"company_name": "Acme Ltd", "company_keywords": "a, b"}


def test_why_a_row_is_skipped() -> None:
    assert why_skipped(CASE_A, {}) == "no inputs"
    assert why_skipped(CASE_A, {"company_keywords": "tools"}) == "no Company Name"
    assert why_skipped(CASE_A, {"company_name": "Acme"}) == "no Company Keywords or Company Short Description"
    assert why_skipped(CASE_A, {"company_name": "Acme", "company_keywords": "tools"}) is None


def test_a_row_without_a_website_is_a_failure_of_its_own_not_a_skip() -> None:
    assert why_skipped(CASE_B, {"company_name": "Acme"}) is None


@given(st.lists(st.integers(min_value=0, max_value=60_000), max_size=40))
def test_chunks_keep_every_row_in_order_and_fit_into_documents(sizes: list[int]) -> None:
    rows = [Row(i, i + 1, "f", {"company_name": "x" * size}) for i, size in enumerate(sizes)]
    packed = list(chunks(iter(rows)))
    assert [row for chunk in packed for row in chunk] == rows
    for chunk in packed:
        assert len(chunk) <= CHUNK_ROWS
        assert len(chunk) == 1 or sum(len(row.inputs["company_name"]) for row in chunk) <= CHUNK_CHARS
