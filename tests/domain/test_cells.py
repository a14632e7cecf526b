"""What a cell is, and what a spreadsheet could make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.cells import CELL_LIMIT, as_text, capped, inert, is_blank, utf16_length


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=IMPORTXML("https://x.example","//a")',
        "+1",
        "-1+2",
        "-",
        "@SUM(A1)",
        "\t=1",
        "\tplain",
        "\r=1",
        "\n=1",
        "\0=1",
        " =1",
        "\u00a0=1",
        "\u2003+1",
        "\u3000@x",
        "\u200b=1",
        "\ufeff=1",
        "\u200e \u2060-1",
        "\u202f\u00ad=1",
        "＝1",
        "＋1",
        "－1",
        "＠SUM",
        "\u3000＝1",
        "﹦1",
        "﹣1",
    ],
)
def test_what_could_start_a_formula_gets_an_apostrophe(text: str) -> None:
    assert inert(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        " two words ",
        "a=b",
        "1+1",
        "'=1",
        "“=1”",
        "✅ Complete",
        "❌ Error: =",
        "−5 °C",
        "…",
        "   ",
        "日本",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_guarding_twice_is_guarding_once(text: str) -> None:
    assert inert(inert(text)) == inert(text)


@given(st.text())
def test_guarding_only_ever_adds_the_apostrophe(text: str) -> None:
    assert inert(text) in (text, "'" + text)
    stripped = inert(text).strip()
    assert not stripped or stripped[0] not in "=+-@＝＋－＠"


def test_a_cell_within_the_limit_is_not_cut() -> None:
    assert capped("x" * CELL_LIMIT) == "x" * CELL_LIMIT


def test_a_cell_over_the_limit_ends_in_an_ellipsis() -> None:
    assert capped("x" * 60_000) == "x" * (CELL_LIMIT - 1) + "…"


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("abcdef", 5, "abcd…"),
        ("😀😀😀", 6, "😀😀😀"),
        ("😀😀😀", 5, "😀😀…"),
        ("a😀b", 3, "a…"),
        ("éééé", 3, "éé…"),
    ],
)
def test_length_is_counted_as_spreadsheets_count_it(text: str, limit: int, cut: str) -> None:
    assert capped(text, limit) == cut


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 40))
def test_a_capped_text_fits_and_starts_as_the_text_does(text: str, limit: int) -> None:
    cut = capped(text, limit)
    assert utf16_length(cut) <= limit
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


@pytest.mark.parametrize(
    "value", [None, "", " ", "\t\n", "\u00a0", "\u3000", "\u200b", "\ufeff \u200d", "\u2800", "\0"]
)
def test_what_nobody_sees_is_blank(value: object) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", ["x", " x ", "\u200bx", "0", 0, 0.0, False, "-", "."])
def test_what_somebody_sees_is_not_blank(value: object) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (" as it is ", " as it is "),
        (True, "TRUE"),
        (False, "FALSE"),
        (3, "3"),
        (3.0, "3"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (1e15, "1000000000000000"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (2**60, "1152921504606846976"),
    ],
)
def test_a_value_as_text(value: object, text: str) -> None:
    assert as_text(value) == text
