"""What lives as long as the worker process, and what an operator may set for its batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

from backend.domain.lease import LeaseTimes
from backend.domain.money import Price
from backend.domain.pace import FIRST_IN_FLIGHT, Pace
from backend.usecases.batch.asking import Runner, SharedCalls
from backend.usecases.batch.purse import Caps
from backend.usecases.record_stats import Meter


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Limits of a batch; the settings table of the README explains each."""

    #: Model calls in flight, per key and model.
    in_flight: int
    #: A batch that has run so long goes on in a next task.
    batch_s: float
    #: Running places together, live ones included: they share the Sheets quota.
    places: int
    model_timeout_s: float
    #: Rows that one job accepts.
    most_rows: int
    keep_answers_s: float
    keep_pages_s: float
    prices: Mapping[str, Price]
    caps: Caps
    #: Pages come from stand-in websites: never mistaken for real ones later.
    standin_web: bool
    #: Domains of e-mail addresses whose users share answers; others keep theirs to themselves.
    shared_domains: frozenset[str] = frozenset()
    lease: LeaseTimes = field(default_factory=LeaseTimes)


@dataclass(slots=True)
class Process:
    """Shared by all batches of one process."""

    runner: Runner
    page_threads: Executor
    shared: SharedCalls = field(default_factory=SharedCalls)
    #: Set when the process is asked to end: every batch gives its job back within seconds.
    ending: threading.Event = field(default_factory=threading.Event)
    meter: Meter = field(default_factory=Meter)
    _paces: dict[tuple[str, str], Pace] = field(default_factory=dict)

    def pace(self, key_hash: str, model: str, most: int, last_level: Callable[[], float | None]) -> Pace:
        """The pace towards a key and model: where the last batch left it, here or in another process."""
        found = self._paces.get((key_hash, model))
        if found is None:
            found = self._paces.setdefault((key_hash, model), Pace(most, last_level() or FIRST_IN_FLIGHT))
        return found
