"""Estimates from lengths, and from bills once there are some."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.estimate import (
    BEGIN_AND_END_S,
    Bill,
    Range,
    answer_tokens,
    cost,
    duration,
    prompt_tokens,
    telling,
)
from backend.domain.money import Price
from backend.domain.recipes import CASE_A

PRICE = Price(50_000, 400_000)


def test_nothing_to_ask_costs_nothing() -> None:
    assert cost(CASE_A, PRICE, 0, 0, None) == Range(0, 0, 0)
    assert duration(0, 0, 100, None) == Range(0, 0, 0)


def test_bills_replace_the_guess_about_lengths() -> None:
    bill = Bill(calls=100, likely_in=50_000, tokens_in=100_000, tokens_out=30_000, ms=50_000)
    learned = telling([bill])
    assert learned == bill
    found = cost(CASE_A, PRICE, 10, 5_000, learned)
    assert found.mid == (10_000 * 50_000 + 3_000 * 400_000) // 1_000_000
    guessed = cost(CASE_A, PRICE, 10, 5_000, None)
    assert (found.high - found.low) / found.mid < (guessed.high - guessed.low) / guessed.mid


def test_a_few_calls_tell_nothing() -> None:
    assert telling([]) is None
    assert telling([Bill(calls=3, likely_in=900, tokens_in=900, tokens_out=90, ms=10)]) is None


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.integers(1, 5_000))
def test_the_middle_lies_between(calls: int, likely_in: int, in_flight: int) -> None:
    money, time = cost(CASE_A, PRICE, calls, likely_in, None), duration(calls, calls, in_flight, None)
    assert money.low <= money.mid <= money.high
    assert 0 < time.low <= time.mid <= time.high


def test_the_time_follows_from_the_calls_and_from_what_the_sheet_takes() -> None:
    a_second_a_call = Bill(calls=100, likely_in=1, ms=100_000)
    assert 29 <= duration(10_000, 10_000, 1_000, a_second_a_call).mid - BEGIN_AND_END_S <= 30
    assert 100 <= duration(1_000, 1_000, 10, a_second_a_call).mid - BEGIN_AND_END_S <= 101
    assert duration(0, 50_000, 1_000, None).mid - BEGIN_AND_END_S == 100, "all is known: it is only written"


def test_longer_rows_cost_more_and_a_prompt_is_never_free() -> None:
    short, long = prompt_tokens(CASE_A, "a"), prompt_tokens(CASE_A, "a" * 4_200)
    assert long - short in range(990, 1_010)
    assert short > 200
    assert 40 < answer_tokens(CASE_A) < 120
