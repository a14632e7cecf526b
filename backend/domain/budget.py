"""Money is reserved before it is spent: what is reserved and spent together never passes the budget."""

from __future__ import annotations

#: Calls that one reservation is for: few enough to use a budget up, enough to be worth a commit.
BLOCK_CALLS = 400


def block(budget: int | None, spent: int, reserved: int, worst_call: int, calls: int) -> int:
    """Micro-dollars to reserve more, for up to `calls` calls; 0 when not even one fits."""
    if budget is None or not worst_call:
        return calls * worst_call
    fits = max(0, budget - spent - reserved) // worst_call
    return min(calls, fits) * worst_call
