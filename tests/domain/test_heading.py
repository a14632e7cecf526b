"""A header that our text overwrote: which row it was, and what stood there."""

from __future__ import annotations

from backend.domain.heading import overwritten

HEADERS = ("Name", "Keywords", "Notes", "Category", "Status")
OURS = {"Bakeries": "Category", "✅ Complete": "Status"}
INPUTS = ("Name", "Keywords")


def test_what_is_missing_belongs_where_our_text_stands_in_its_order() -> None:
    top = [["a title", "", ""], ["Name", "Keywords", "Notes", "Bakeries", "✅ Complete"]]
    assert overwritten(top, HEADERS, INPUTS, OURS) == (1, {3: "Category", 4: "Status"})


def test_a_column_that_moved_meanwhile_gets_its_own_header_back() -> None:
    top = [["Name", "Keywords", "", "Bakeries", "✅ Complete", "Status"]]
    assert overwritten(top, HEADERS, INPUTS, OURS) == (0, {3: "Notes", 4: "Category"})


def test_after_a_takeover_the_texts_tell_whose_headers_they_hit() -> None:
    top = [["Name", "Keywords", "Notes", "Bakeries", "✅ Complete"]]
    assert overwritten(top, (), INPUTS, OURS) == (0, {3: "Category", 4: "Status"})


def test_after_a_takeover_nothing_is_guessed_when_an_input_was_hit() -> None:
    assert overwritten([["Name", "Bakeries", "✅ Complete", "Status"]], (), INPUTS, OURS) is None


def test_a_row_of_data_with_our_answer_is_no_header() -> None:
    top = [[*HEADERS], ["Acme", "bread", "a note", "Bakeries", "✅ Complete"]]
    assert overwritten(top, HEADERS, INPUTS, OURS) is None
    assert overwritten(top, (), INPUTS, OURS) is None


def test_a_header_that_a_person_renames_at_the_same_time_is_left_to_them() -> None:
    top = [["Name", "Tags", "Notes", "Bakeries", "✅ Complete"]]
    assert overwritten(top, HEADERS, INPUTS, OURS) is None


def test_headers_that_a_repair_emptied_come_back() -> None:
    top = [["a title", "", "", "", ""], ["Name", "Keywords", "Notes", "", ""]]
    assert overwritten(top, HEADERS, INPUTS, {}, {3, 4}) == (1, {3: "Category", 4: "Status"})
    assert overwritten([["Name", "Keywords", "Notes", "", ""]], HEADERS, INPUTS, {}, {3}) is None
