"""One lease per job: who may commit for it, and the counters that every commit carries.

The lease is a document of its own that every commit of a running job replaces, so a version that is not
the newest can commit nothing: the version is the fence's teeth, `fence` is its name in logs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

#: A lease lasts so long after its last renewal; renewed at most every RENEW_S.
LEASE_S = 30.0
RENEW_S = 10.0
#: The holder stops so long before the end by its own clock; a takeover waits so long past it.
MARGIN_S = 10.0
#: A batch that was enqueued and not claimed for so long is enqueued again by the sweep.
LOST_AFTER_S = 40.0
#: Deaths after which the rows in flight are halved at each claim.
DEATHS_BEFORE_HALVING = 2


@dataclass(frozen=True, slots=True)
class Lease:
    """The running state of a job. Numbers `next_*` count documents of the current attempt."""

    job_id: str
    fence: int = 0
    #: Who holds it; None when free.
    holder: str | None = None
    expires_at: float = 0.0
    #: Raised before each enqueue; a task with a smaller number is old.
    enqueue_no: int = 0
    enqueued_at: float = 0.0
    #: Claims since the last commit of a result: deaths, once a takeover counts them.
    claims: int = 0
    #: At most so many rows in flight (None: no limit of this kind); see `after_death`.
    window: int | None = None
    #: The row that was in flight alone at the last claim.
    alone: int | None = None
    #: Attempt that the numbers below belong to.
    attempt: int = 0
    next_result: int = 0
    next_write: int = 0
    #: Reserved for calls and not settled yet, in micro-dollars; spent if the holder dies.
    reserved_microusd: int = 0
    #: What the job has spent, reservations of the dead included.
    spent_microusd: int = 0
    in_flight: int = 0
    #: Counts the commits of this lease: tells after an ambiguous timeout whether it was applied.
    commit_no: int = 0
    #: When Sheets was read and written within the last minute (Unix seconds), for its quota.
    reads: tuple[float, ...] = ()
    writes: tuple[float, ...] = ()


def live(lease: Lease, now: float) -> bool:
    """Whether somebody may still be working under it: a takeover must wait."""
    return lease.holder is not None and now < lease.expires_at + MARGIN_S


def lost(lease: Lease, now: float) -> bool:
    """Whether nobody works and no delivery is to be expected any more."""
    return not live(lease, now) and now >= lease.enqueued_at + LOST_AFTER_S


def claim(lease: Lease, holder: str, now: float, most_in_flight: int) -> Lease:
    """Takes a free or dead lease: a new fence, and fewer rows in flight after deaths."""
    died = lease.holder is not None
    claims = lease.claims + 1 if died else 1
    return replace(
        lease,
        fence=lease.fence + 1,
        holder=holder,
        expires_at=now + LEASE_S,
        claims=claims,
        window=_window(lease, claims, died, most_in_flight),
        alone=lease.alone if died else None,
        spent_microusd=lease.spent_microusd + lease.reserved_microusd,
        reserved_microusd=0,
        in_flight=0,
    )


def _window(lease: Lease, claims: int, died: bool, most_in_flight: int) -> int | None:
    if not died or claims <= DEATHS_BEFORE_HALVING:
        return lease.window
    return max(1, (lease.window or most_in_flight) // 2)


def poisoned(lease: Lease) -> int | None:
    """The row that fails as `poison`: alone in flight when the holder died for the third time or later."""
    if lease.claims > DEATHS_BEFORE_HALVING and lease.alone is not None:
        return lease.alone
    return None


def committed(lease: Lease, most_in_flight: int) -> Lease:
    """After results were committed: the deaths are forgotten, and the window opens step by step."""
    window = lease.window * 2 if lease.window is not None else None
    if window is not None and window >= most_in_flight:
        window = None
    return replace(lease, claims=0, window=window, alone=None)


def release(lease: Lease) -> Lease:
    return replace(lease, holder=None, in_flight=0, claims=0)
