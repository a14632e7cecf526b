"""Leases: who may take over, when, and what deaths do to the rows in flight."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.domain.lease import (
    Lease,
    LeaseTimes,
    claim,
    committed,
    live,
    lost,
    poisoned,
    release,
    silent,
)

TIMES = LeaseTimes()
NOW = 1_000_000.0
SWEEP_EVERY_S = 60
#: What is promised of any crash.
PROMISED_S = 90


def a_held_lease(**changes: object) -> Lease:
    """Renewed just now."""
    lease = Lease("j", holder="one", expires_at=NOW + TIMES.lease_s, enqueued_at=NOW)
    return replace(lease, **changes)  # type: ignore[arg-type]


def test_the_times_are_those_of_the_design() -> None:
    assert (TIMES.lease_s, TIMES.renew_s, TIMES.margin_s, TIMES.write_s) == (30, 10, 10, 10)


@pytest.mark.parametrize("lease_s", [2, 30, 60])
def test_a_holder_always_stops_before_another_may_start(lease_s: float) -> None:
    times = LeaseTimes(lease_s)
    stops = times.lease_s - times.margin_s
    assert stops + times.write_s <= times.lease_s  # a write sent at the last moment has ended with the lease
    assert stops > times.renew_s
    lease = a_held_lease(expires_at=NOW + times.lease_s)
    assert live(lease, NOW + times.lease_s + times.margin_s - 0.1, times)
    assert not live(lease, NOW + times.lease_s + times.margin_s, times)


@pytest.mark.parametrize("swept_at", range(0, SWEEP_EVERY_S, 5))
def test_whenever_the_sweep_comes_a_dead_holder_is_followed_in_time(swept_at: int) -> None:
    """It died right after a renewal. Sweeps come at `swept_at` and every minute after it."""
    lease = a_held_lease()
    followed = None
    for sweep in range(swept_at, 300, SWEEP_EVERY_S):
        if lost(lease, NOW + sweep, TIMES):
            followed = sweep
        elif silent(lease, NOW + sweep, TIMES):
            followed = int(TIMES.lease_s + TIMES.margin_s)  # the delivery that this sweep orders
        if followed is not None:
            break
    assert followed is not None
    assert followed <= PROMISED_S


@pytest.mark.parametrize("swept_at", range(0, SWEEP_EVERY_S, 5))
def test_whenever_the_sweep_comes_a_lost_enqueue_is_repeated_in_time(swept_at: int) -> None:
    lease = Lease("j", enqueued_at=NOW)
    sweeps = range(swept_at, 300, SWEEP_EVERY_S)
    assert next(sweep for sweep in sweeps if lost(lease, NOW + sweep, TIMES)) <= PROMISED_S


def test_a_holder_that_renews_is_neither_lost_nor_silent() -> None:
    for since_renewal in (0.0, TIMES.renew_s, TIMES.renew_s + 4):
        lease = a_held_lease(expires_at=NOW + TIMES.lease_s - since_renewal, enqueued_at=NOW - 3600)
        assert not lost(lease, NOW, TIMES)
        assert not silent(lease, NOW, TIMES)


def test_a_clock_that_was_put_back_an_hour_stops_nobody_for_an_hour() -> None:
    lease = a_held_lease()
    assert lost(lease, NOW - 3600, TIMES)
    assert lost(Lease("j", enqueued_at=NOW), NOW - 3600, TIMES)


def dies(lease: Lease, most: int = 40) -> Lease:
    """The holder is dead, and the next one claims."""
    return claim(lease, "next", NOW, most, TIMES)


def test_every_claim_has_a_higher_fence() -> None:
    lease = claim(Lease("j"), "one", NOW, 40, TIMES)
    assert dies(lease).fence == lease.fence + 1 == 2


def test_what_a_dead_holder_had_reserved_counts_as_spent() -> None:
    lease = dies(a_held_lease(reserved_microusd=70, spent_microusd=30))
    assert (lease.spent_microusd, lease.reserved_microusd) == (100, 0)


def test_after_two_deaths_the_rows_in_flight_are_halved_at_each_claim() -> None:
    lease = claim(Lease("j"), "one", NOW, 40, TIMES)
    windows = []
    for _ in range(8):
        lease = dies(lease)
        windows.append(lease.window)
    assert windows == [None, 20, 10, 5, 2, 1, 1, 1]


def test_a_row_alone_takes_the_blame_at_the_third_death_and_not_before() -> None:
    lease = replace(committed(a_held_lease(), 40), alone=7)
    for _ in range(2):
        lease = dies(lease)
        assert (poisoned(lease), lease.window) == (None, 1)
    assert poisoned(dies(lease)) == 7


def test_deaths_with_company_blame_nobody() -> None:
    lease = claim(Lease("j"), "one", NOW, 40, TIMES)
    for _ in range(20):
        lease = dies(lease)
        assert poisoned(lease) is None


def test_a_committed_result_forgets_the_deaths_and_opens_the_window_again() -> None:
    lease = replace(a_held_lease(), deaths=5, window=1, alone=3)
    windows = []
    for _ in range(6):
        lease = committed(lease, 16)
        windows.append(lease.window)
    assert (lease.deaths, lease.alone) == (0, None)
    assert windows == [2, 4, 8, None, None, None]


def test_a_released_lease_is_nobodys_death() -> None:
    lease = claim(release(a_held_lease(deaths=2)), "next", NOW, 40, TIMES)
    assert lease.deaths == 0
