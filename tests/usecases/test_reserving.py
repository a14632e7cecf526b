"""Money is reserved within the commits that are made anyway, as long as no day's budget has to be asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend.domain.money import Price
from backend.ports import Documents, Replace, Write
from backend.usecases.batch.purse import Caps
from tests.usecases.world import World

ROWS = 1_000


class Counted:
    """A store that counts commits that do nothing but reserve, and those that reserve beside results."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._reserved = 0
        self.reservations = self.with_results = 0
        self.most_reserved = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        versions = self._documents.commit(writes)
        lease = next((w for w in writes if isinstance(w, Replace) and w.key.collection == "leases"), None)
        if lease is not None:
            reserved = lease.data.get("reserved_microusd", 0)
            others = {write.key.collection for write in writes} - {"leases", "spending"}
            more = reserved > self._reserved
            self.reservations += more and not others
            self.with_results += more and "results" in others
            self._reserved = reserved
            self.most_reserved = max(self.most_reserved, reserved)
        return versions


def run(world: World, **settings: Any) -> Counted:
    world.settings = replace(
        world.settings, prices={"a-model": Price(1_000_000, 1_000_000)}, in_flight=300, **settings
    )
    world.model.on_call = lambda _: time.sleep(0.001)  # so that a commit comes while money is left
    store = world.documents = Counted(world.documents)  # type: ignore[assignment]
    world.has_rows(1, *(f"Firm {n}" for n in range(ROWS)))
    world.create(1)
    world.run_until_quiet()
    assert world.counts(world.jobs()[0].id)["done"] == ROWS
    assert store._reserved == 0, "what was not spent is free again"
    return store


def test_a_reservation_goes_with_the_results(world: World) -> None:
    store = run(world)
    assert store.most_reserved > 0
    assert store.with_results > 0


def test_a_days_budget_is_asked_each_time(world: World) -> None:
    store = run(world, caps=Caps(user_day_microusd=10**12))
    assert store.with_results == 0
    assert store.reservations > 1
