"""What has been spent today against the caps that are set: the figures by which calls are held back."""

from __future__ import annotations

from dataclasses import dataclass

from backend.ports import Clock, Documents, Person
from backend.usecases.batch.purse import Caps, Scope, days

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one cap; what is reserved for calls in flight counts as spent."""

    scope: Scope
    microusd: int
    cap_microusd: int


def spent_today(person: Person, caps: Caps, *, documents: Documents, clock: Clock) -> list[Spent]:
    """One entry for each cap that is set. Where none is, nothing is kept by the day."""
    kept = days(person.sub, caps, clock.now())
    found = documents.get_many([key for _, key, _ in kept])
    return [
        Spent(scope, document.data["spent_microusd"] if document else 0, cap)
        for (scope, _, cap), document in zip(kept, found, strict=True)
    ]


def next_day(now: float) -> float:
    """When the day of the caps ends, in UTC."""
    return (now // DAY_S + 1) * DAY_S
