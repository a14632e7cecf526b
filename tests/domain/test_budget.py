"""What is reserved and spent together never passes a budget, whatever the order of events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from backend.domain.budget import BLOCK_CALLS, block

amounts = st.integers(0, 10**9)
worst_calls = st.integers(1, 10**6)


@given(amounts, amounts, amounts, worst_calls, st.integers(1, 1_000))
def test_a_block_fits_what_is_left_in_whole_calls(
    budget: int, spent: int, reserved: int, worst: int, calls: int
) -> None:
    size = block(budget, spent, reserved, worst, calls)
    assert 0 <= size <= calls * worst
    assert size % worst == 0
    assert size == 0 or spent + reserved + size <= budget
    left = budget - spent - reserved
    assert (size == 0) == (left < worst)


@given(amounts, worst_calls)
def test_without_a_budget_a_block_is_full(spent: int, worst: int) -> None:
    assert block(None, spent, 0, worst, BLOCK_CALLS) == BLOCK_CALLS * worst


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.sampled_from(["reserve", "settle", "die"]), st.integers(1, 5_000)), max_size=60),
)
def test_no_history_of_reservations_settlements_and_deaths_overspends(
    budget: int, history: list[tuple[str, int]]
) -> None:
    """A call costs at most what was reserved for it; a death turns what is reserved into spent."""
    spent = reserved = billed = 0
    for event, number in history:
        match event:
            case "reserve":
                reserved += block(budget, spent, reserved, number, 7)
            case "settle":
                taken = min(number, reserved)
                reserved -= taken
                spent += taken // 2
                billed += taken // 2
            case "die":
                billed += reserved  # at the worst, all of it was sent
                spent, reserved = spent + reserved, 0
        assert spent + reserved <= budget
        assert billed <= spent
