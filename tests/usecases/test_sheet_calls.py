"""Calls to Sheets start inside the quota, and writes only with enough of the lease left."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import closing
from typing import Any

import pytest

from backend.domain.lease import Lease, LeaseTimes
from backend.errors import TryLater
from backend.usecases.batch.last_moment import LastMoment
from backend.usecases.batch.sheet_calls import Kind, SheetCalls
from tests.fakes import FakeClock


def outcome(kind: Kind, lease_left_s: float) -> Any:
    clock, wake = FakeClock(), threading.Event()
    last_moment = LastMoment(clock, lambda: lease_left_s, LeaseTimes())
    with closing(SheetCalls(clock, Lease("job"), 1, wake, last_moment)) as calls:
        calls.start(kind, lambda: "made")
        assert wake.wait(5)
        ended = calls.ended()
        assert isinstance(ended, Future)
        return ended.result()


def test_a_worker_that_stood_still_past_its_lease_writes_nothing_any_more() -> None:
    """Not even columns or anchors: its successor may have added them."""
    assert outcome("writes", lease_left_s=20) == "made"
    with pytest.raises(TryLater, match="Too little of the lease is left"):
        outcome("writes", lease_left_s=-3)


def test_it_may_still_read() -> None:
    assert outcome("reads", lease_left_s=-3) == "made"
