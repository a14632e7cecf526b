"""Repairs on their way out: as many as fit, looked at once more, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace

from backend.domain.selection import Layout
from backend.errors import TryLater
from backend.usecases.batch.intents import Fix
from backend.usecases.batch.looking import TabView
from backend.usecases.batch.seen import Seen
from backend.usecases.batch.sheet_calls import Call

#: Bytes of repairs in one announcement; a document holds a MiB.
ANNOUNCED_BYTES = 500_000


def that_fit(fixes: Iterable[Fix]) -> list[Fix]:
    """As many repairs as one announcement holds; the others are found again by the next search."""
    fit: list[Fix] = []
    left = ANNOUNCED_BYTES
    for fix in fixes:
        left -= 100 + len(json.dumps([*fix.cells.values(), *fix.held.values()], ensure_ascii=False).encode())
        if left < 0 and fit:
            break
        fit.append(fix)
    return fit


def confirmed(
    fixes: list[Fix], view: TabView, where: Layout, rows: Sequence[Seen]
) -> Generator[Call, None, list[Fix]]:
    """Looks at the cells once more right before they are put right: a search takes its time.

    Gives those that stand as the search saw them. Raises `TryLater` when columns have moved.
    """
    now, seen = yield from view.look({fix.place for fix in fixes})
    if now != where:
        raise TryLater("The sheet's columns moved while it was looked through.", delay_s=1)
    return [
        replace(fix, headers=now.headers, seen=seen[fix.place])
        for fix in fixes
        if fix.place in seen
        and seen[fix.place].fingerprint == rows[fix.place].fingerprint
        and _alike(seen[fix.place], rows[fix.place], {*fix.cells, *rows[fix.place].cells})
    ]


def _alike(one: Seen, other: Seen, columns: Iterable[int]) -> bool:
    return all(one.cell(column) == other.cell(column) for column in columns)
