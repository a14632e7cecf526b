"""The text that goes to the model: nothing invisible in it, its parts named, never longer than asked."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.page import (
    Reading,
    clean_text,
    compose,
    says_little,
    says_nothing,
    trim,
    without_invisible,
)


def test_what_no_reader_sees_is_removed() -> None:
    assert clean_text("a\u200bb\u202ec\x00d\ufe0fe\U000e0041f\u2066g") == "abcdefg"


def test_letters_of_every_script_stay() -> None:
    text = "Grüße, Ελλάδα, Привет, 日本語, العربية, עברית, हिन्दी, ไทย, 한국어, 🙂"
    assert clean_text(text) == text


def test_blanks_become_one_and_empty_lines_go() -> None:
    assert clean_text(" a \t\u00a0 b \r\n\u2028 \n\n c ") == "a b\nc"


@given(st.text(alphabet=st.characters(codec=None)))
def test_clean_text_is_visible_and_stays_as_it_is(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert not [sign for sign in cleaned if sign != "\n" and unicodedata.category(sign) in ("Cc", "Cs", "Co")]
    assert not set(cleaned) & set("\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\u2060")


def test_invisible_signs_go_and_line_ends_stay() -> None:
    assert without_invisible("a\u200b\nb") == "a\nb"


def test_text_is_cut_between_words() -> None:
    assert trim("cold stores in Bergen", 15) == "cold stores in"
    assert trim("cold stores", 11) == "cold stores"
    assert trim("cold stores in", 11) == "cold stores"


def test_text_without_spaces_is_cut_between_characters() -> None:
    assert trim("精密プラスチック金型の設計", 5) == "精密プラス"


@given(st.text(max_size=200), st.integers(min_value=1, max_value=100))
def test_a_cut_text_is_a_beginning_and_short_enough(text: str, limit: int) -> None:
    cut = trim(text, limit)
    assert len(cut) <= limit
    assert text.startswith(cut)


def test_parts_are_named_and_nothing_is_said_twice() -> None:
    home = Reading(
        title="Fjordline | Cold stores",
        site_name="Fjordline",
        description="Cold stores in Bergen.",
        open_graph="Fjordline – Cold stores in Bergen.",
        headings=("Frozen", "Chilled", "Frozen"),
        body="Frozen\nOn the quay.\nOn the quay.",
    )
    assert compose(home, None, 500) == (
        "Title: Fjordline | Cold stores\n"
        "Description: Cold stores in Bergen.\n"
        "Headings: Frozen | Chilled\n"
        "Text: On the quay."
    )


def test_a_further_page_comes_last() -> None:
    text = compose(
        Reading(title="Home", body="Welcome"), Reading(title="About", body="About\nSince 1928."), 500
    )
    assert text == "Title: Home\nText: Welcome\nFurther page: Since 1928."


@given(st.text(max_size=2000), st.integers(min_value=10, max_value=300))
def test_the_text_is_never_longer_than_asked(body: str, limit: int) -> None:
    home = Reading(title=body, description=body, organisation=body, headings=(body,), body=clean_text(body))
    assert len(compose(home, home, limit)) <= limit


def test_a_page_that_says_nothing_is_told_from_one_that_says_little() -> None:
    assert says_nothing(Reading(title="Home", body="…!"))
    assert not says_nothing(Reading(description="Payout reconciliation for sellers"))
    assert says_little(Reading(title="A long title", body="Welcome"))
    assert not says_little(Reading(body="word " * 200))
