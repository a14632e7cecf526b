"""The processes behind a part of the stack, for tests that stop or kill them by their ids."""

from __future__ import annotations

from pathlib import Path


def children(parent: int) -> list[int]:
    """The process ids that a process has started, as Linux tells them."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
