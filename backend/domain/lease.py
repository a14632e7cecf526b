"""One lease per job: who may commit for it, and the counters that every commit carries.

The lease is a document of its own that every commit of a running job replaces, so a version that is not
the newest can commit nothing: the version is the fence's teeth, `fence` is its name in logs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

#: Deaths after which the rows in flight are halved at each claim.
DEATHS_BEFORE_HALVING = 2


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Every time of the lease follows from its length, so that none can outgrow another.

    With a sweep a minute the longest silence after a crash is `lost_after_s` or 1.5 × `renew_s`, and 60 s:
    under the 90 s that are promised.
    """

    #: A lease lasts so long after its last renewal.
    lease_s: float = 30.0

    @property
    def renew_s(self) -> float:
        """The holder renews it so often."""
        return self.lease_s / 3

    @property
    def margin_s(self) -> float:
        """The holder stops so long before the end by its own clock; a takeover waits so long past it."""
        return self.lease_s / 3

    @property
    def write_s(self) -> float:
        """A write to the sheet takes at most so long, and is sent only with more of the lease left."""
        return self.lease_s / 3

    @property
    def lost_after_s(self) -> float:
        """A batch that was enqueued and not claimed for so long is enqueued again by the sweep."""
        return self.lease_s * 5 / 6


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
    #: Holders that died since the last commit of a result, counted by those who took over.
    deaths: int = 0
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


def live(lease: Lease, now: float, times: LeaseTimes) -> bool:
    """Whether somebody may still be working under it: a takeover must wait.

    An end further ahead than two leases was set by a clock that has been put back since: waiting for it
    would stop the job for as long as the clock jumped, and the fence keeps the store right without waiting.
    """
    if lease.holder is None or lease.expires_at > now + 2 * times.lease_s:
        return False
    return now < lease.expires_at + times.margin_s


def lost(lease: Lease, now: float, times: LeaseTimes) -> bool:
    """Whether nobody works and no delivery is to be expected any more."""
    put_back = lease.enqueued_at > now + times.lost_after_s
    return not live(lease, now, times) and (put_back or now >= lease.enqueued_at + times.lost_after_s)


def silent(lease: Lease, now: float, times: LeaseTimes) -> bool:
    """Whether the holder of a live lease has missed a renewal: it may be dead, and is awaited still."""
    return live(lease, now, times) and lease.expires_at - now < times.lease_s - 1.5 * times.renew_s


def claim(lease: Lease, holder: str, now: float, most_in_flight: int, times: LeaseTimes) -> Lease:
    """Takes a free or dead lease: a new fence, and fewer rows in flight after deaths."""
    died = lease.holder is not None
    deaths = lease.deaths + 1 if died else 0
    return replace(
        lease,
        fence=lease.fence + 1,
        holder=holder,
        expires_at=now + times.lease_s,
        deaths=deaths,
        window=_window(lease, deaths, most_in_flight),
        alone=lease.alone if died else None,
        spent_microusd=lease.spent_microusd + lease.reserved_microusd,
        reserved_microusd=0,
        in_flight=0,
    )


def _window(lease: Lease, deaths: int, most_in_flight: int) -> int | None:
    if deaths and lease.alone is not None:
        return 1  # the row that was alone stays alone, until it is answered or takes the blame
    if deaths < DEATHS_BEFORE_HALVING:
        return lease.window
    return max(1, (lease.window or most_in_flight) // 2)


def poisoned(lease: Lease) -> int | None:
    """The row that fails as `poison`: alone in flight when a holder died for the third time."""
    return lease.alone if lease.deaths > DEATHS_BEFORE_HALVING else None


def committed(lease: Lease, most_in_flight: int) -> Lease:
    """After results were committed: the deaths are forgotten, and the window opens step by step."""
    window = lease.window * 2 if lease.window is not None else None
    if window is not None and window >= most_in_flight:
        window = None
    return replace(lease, deaths=0, window=window, alone=None)


def release(lease: Lease) -> Lease:
    return replace(lease, holder=None, in_flight=0, deaths=0)
