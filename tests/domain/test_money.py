"""Tokens and micro-dollars: whole units, never too little."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.money import Price, cost_microusd, likely_tokens, most_tokens, price_of

NANO = Price(50_000, 400_000)


def test_a_call_costs_what_the_price_list_says() -> None:
    assert cost_microusd(NANO, 1_000_000, 1_000_000) == 450_000


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_costs_are_rounded_up(tokens_in: int, tokens_out: int) -> None:
    exact = (tokens_in * 50_000 + tokens_out * 400_000) / 1_000_000
    assert exact <= cost_microusd(NANO, tokens_in, tokens_out) < exact + 1


@given(st.text(max_size=200))
def test_the_upper_bound_is_never_below_the_likely_count(text: str) -> None:
    assert most_tokens(text) + 1 >= likely_tokens(text) * 0.6
    assert most_tokens(text) >= len(text) * 2 / 5


def test_cjk_text_has_more_tokens_a_character() -> None:
    assert most_tokens("会社" * 50) > most_tokens("ab" * 50)
    assert likely_tokens("会社" * 50) == 100


def test_a_dated_model_has_the_price_of_its_family() -> None:
    prices = {"gpt-5": Price(3, 3), "gpt-5-nano": NANO}
    assert price_of("gpt-5-nano-2026-01-01", prices) == NANO
    assert price_of("gpt-5-nanotube", prices) is None
    assert price_of("other", prices) is None
