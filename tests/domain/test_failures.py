"""Every class of failure has its sentence, and waits grow."""

from __future__ import annotations

import pytest

from backend.domain.failures import FAILURES, LONGEST_WAIT_S, may_try_again, sentence, wait_s


@pytest.mark.parametrize("error_class", FAILURES)
def test_a_class_has_a_sentence_and_a_limit(error_class: str) -> None:
    assert sentence(error_class).endswith(".")
    assert not may_try_again(error_class, FAILURES[error_class].tries)


def test_waits_double_up_to_the_longest_and_are_spread() -> None:
    assert [wait_s(n, None, 1.0) for n in (1, 2, 3)] == [1.0, 2.0, 4.0]
    assert wait_s(1, None, 0.0) == 0.5
    assert wait_s(20, None, 1.0) == LONGEST_WAIT_S


def test_what_the_other_side_asked_for_is_kept_within_reason() -> None:
    assert wait_s(1, 7.0, 0.25) == 7.25
    assert wait_s(1, 3_600.0, 0.0) == LONGEST_WAIT_S
