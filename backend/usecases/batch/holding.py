"""The lease while this process holds it: every commit of a running job goes through here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from backend.domain.lease import Lease, LeaseTimes
from backend.errors import Conflict, RowmillError, TryLater
from backend.ports import Clock, Documents, Replace, Write
from backend.usecases.records import lease_from_data, lease_key, lease_to_data


class LeaseLost(RowmillError):
    """Another holder took over, or our time is up: stop at once, commit nothing more."""


def unchanged(lease: Lease) -> Lease:
    return lease


class Holding:
    """A claimed lease. Used by one thread; `lease` is what the store holds since the last commit."""

    def __init__(
        self, documents: Documents, clock: Clock, lease: Lease, version: str, times: LeaseTimes
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._times = times
        self._key = lease_key(lease.job_id)
        self.lease = lease
        self._version = version
        self._renewed = clock.monotonic()

    @property
    def seconds_left(self) -> float:
        """Until we must have stopped, by our own monotonic clock."""
        return self._renewed + self._times.lease_s - self._times.margin_s - self._clock.monotonic()

    def renew_if_due(self) -> None:
        if self._clock.monotonic() - self._renewed >= self._times.renew_s:
            self.commit([])

    def commit(self, writes: Sequence[Write], change: Callable[[Lease], Lease] = unchanged) -> list[str]:
        """Commits `writes` together with the changed lease; gives their new versions.

        Raises `LeaseLost` when the lease is not ours any more, and `Conflict` when it is but one of
        `writes` did not hold (then nothing was applied). Repeats while the store is busy, as long as the
        lease lasts; after an ambiguous timeout it looks whether its own commit number stands.
        """
        started = self._clock.monotonic()
        lease = replace(
            change(self.lease),
            expires_at=self._clock.now() + self._times.lease_s,
            commit_no=self.lease.commit_no + 1,
        )
        while True:
            if self.seconds_left <= 0:
                raise LeaseLost("The lease ran out before the commit.")
            try:
                version, *others = self._once(lease, writes)
            except TryLater as busy:
                self._clock.sleep(min(busy.delay_s, 1.0))
                continue
            self.lease, self._version, self._renewed = lease, version, started
            return others

    def _once(self, lease: Lease, writes: Sequence[Write]) -> list[str]:
        try:
            return self._documents.commit([Replace(self._key, self._version, lease_to_data(lease)), *writes])
        except Conflict:
            found = self._documents.get(self._key)
            if found is not None and found.version == self._version:
                raise
            if found is None or lease_from_data(found.data) != lease:
                raise LeaseLost("Another worker took over this job.") from None
            return [found.version, *[""] * len(writes)]  # our own, from a try that seemed to fail
