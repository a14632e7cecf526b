"""Which column serves what: exact names first, then aliases; and what is said when one is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.headers import known_headers, letter, recognise, suggest
from backend.domain.recipes import CASE_A, CASE_B, RECIPES

FULL = ["Company Name", "Company Keywords", "Company Short Description", "Website"]


def test_the_plain_headers_are_recognised() -> None:
    columns = recognise(CASE_A, FULL)
    assert columns.inputs == {"company_name": 0, "company_keywords": 1, "company_short_description": 2}
    assert columns.outputs == {}
    assert columns.problem is None


@pytest.mark.parametrize("header", ["company name", "COMPANY  NAME", " Company_Name ", "company-name"])
def test_case_and_spacing_do_not_matter(header: str) -> None:
    assert recognise(CASE_A, [header, "Tags"]).inputs["company_name"] == 0


def test_an_exact_name_wins_over_an_alias_that_stands_before_it() -> None:
    columns = recognise(CASE_A, ["Name", "Description", "Company Name", "Company Short Description"])
    assert columns.inputs["company_name"] == 2
    assert columns.inputs["company_short_description"] == 3


def test_a_column_serves_one_input_only() -> None:
    columns = recognise(CASE_B, ["Company", "Company Website", "URL"])
    assert columns.inputs == {"company_name": 0, "website": 1}


def test_an_output_column_never_serves_as_an_input() -> None:
    columns = recognise(CASE_A, ["Brand Name", "Company Name", "Category", "Keywords", "status"])
    assert columns.outputs == {"brand_name": 0, "category": 2, "status": 4}
    assert columns.inputs == {"company_name": 1, "company_keywords": 3}


def test_of_equal_headers_the_leftmost_serves() -> None:
    assert recognise(CASE_A, ["Keywords", "Company Name", "Keywords"]).inputs["company_keywords"] == 0


def test_what_a_person_chose_goes_before_what_is_recognised() -> None:
    columns = recognise(CASE_A, [*FULL, "What they do"], {"company_short_description": "what they do"})
    assert columns.inputs["company_short_description"] == 4


def test_an_input_that_a_person_left_out_is_not_recognised_again() -> None:
    columns = recognise(CASE_A, FULL, {"company_keywords": ""})
    assert columns.inputs == {"company_name": 0, "company_short_description": 2}
    assert columns.problem is None


def test_a_required_input_cannot_be_left_out() -> None:
    assert recognise(CASE_A, FULL, {"company_name": ""}).problem is not None


def test_a_chosen_header_that_is_not_there_is_named() -> None:
    problem = recognise(CASE_A, FULL, {"company_keywords": "Nope"}).problem
    assert problem is not None
    assert '"Nope"' in problem


def test_a_missing_required_column_names_what_was_found_and_what_is_recognised() -> None:
    columns = recognise(CASE_A, ["Firma", "Tags"])
    assert columns.missing == ("company_name",)
    assert columns.problem is not None
    for part in ('"Company Name"', '"Firma"', '"Tags"', '"Organization"'):
        assert part in columns.problem


def test_one_of_keywords_and_description_is_enough_and_none_is_not() -> None:
    assert recognise(CASE_A, ["Company Name", "Tags"]).problem is None
    problem = recognise(CASE_A, ["Company Name", "City"]).problem
    assert problem is not None
    assert "Company Keywords" in problem
    assert "Company Short Description" in problem


def test_an_empty_header_row_is_told() -> None:
    problem = recognise(CASE_A, ["", "  "]).problem
    assert problem is not None
    assert "no headers" in problem


def test_the_recipe_is_suggested_by_what_is_there() -> None:
    assert suggest(FULL) == "case_a"
    assert suggest(["Company Name", "Website"]) == "case_b"
    assert suggest(["City"]) is None


@given(st.lists(st.sampled_from([*sorted(known_headers()), "City", "", "Status", "Category"]), max_size=12))
def test_no_column_is_ever_used_twice(headers: list[str]) -> None:
    for recipe in RECIPES.values():
        columns = recognise(recipe, headers)
        used = [*columns.inputs.values(), *columns.outputs.values()]
        assert len(used) == len(set(used))


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_letters_of_a_sheet(column: int, name: str) -> None:
    assert letter(column) == name
