"""Money is reserved before it is spent: what is reserved and spent together never passes the budget."""

from __future__ import annotations

#: Calls that one reservation is for: few enough to use a budget up, enough to be worth a commit.
BLOCK_CALLS = 400


def block(budget: int | None, spent: int, reserved: int, worst_call: int, calls: int = BLOCK_CALLS) -> int:
    """Micro-dollars to reserve more, for up to `calls` calls; 0 when not even one fits."""
    wanted = calls * worst_call
    if budget is None:
        return wanted
    left = budget - spent - reserved
    return (
        min(wanted, left - left % worst_call)
        if worst_call and left >= worst_call
        else (wanted if not worst_call else 0)
    )
