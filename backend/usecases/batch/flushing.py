"""When results go into the sheet, and what becomes of a batch whose sheet cannot be reached."""

from __future__ import annotations

from collections.abc import Callable

from backend.errors import Forbidden, Invalid, NotFound, TryLater
from backend.ports import Clock
from backend.usecases.batch.intents import Note
from backend.usecases.batch.looking import ColumnsGone
from backend.usecases.batch.outcome import Outcome, ended_by
from backend.usecases.batch.placing import Placer
from backend.usecases.batch.sheet_calls import SheetCalls, flush_every_s
from backend.usecases.batch.stepping import Stepper

#: The first results are written so soon, so that people see it work.
FIRST_FLUSH_S = 2.5
#: A header that stays away for so long needs a person.
HEADER_GONE_S = 60.0
#: Sheets out of reach for so long: the batch ends.
SHEET_BUSY_S = 150.0
#: Between two tries while Sheets is out of reach, at most.
LONGEST_PAUSE_S = 20.0


class Flushing:
    """One flush after the other, none of which ever waits. Used by the control thread alone."""

    def __init__(
        self,
        placer: Placer,
        calls: SheetCalls,
        clock: Clock,
        places: int,
        on_note: Callable[[Note], None],
    ) -> None:
        self._placer, self._clock, self._every_s = placer, clock, flush_every_s(places)
        self._on_note = on_note
        self._stepper = Stepper(calls, self._told)
        self._next_flush = clock.monotonic() + FIRST_FLUSH_S
        self._trouble_since: float | None = None
        self._header_gone_since: float | None = None
        #: Why nothing can be written any more, as the end of the batch.
        self.blocked: Outcome | None = None

    @property
    def busy(self) -> bool:
        return self._stepper.busy

    @property
    def out_of_reach(self) -> bool:
        """Whether Sheets has been so for longer than a batch shall hold its place for."""
        since = self._trouble_since
        return since is not None and self._clock.monotonic() - since > SHEET_BUSY_S

    def step(self, *, last: bool) -> None:
        """Goes on as far as it can. `last`: nothing more will come, so a flush need not wait for company."""
        now = self._clock.monotonic()
        try:
            if self._stepper.busy:
                self._stepper.step()
            elif self._is_due(now, last):
                self._next_flush = now + self._every_s
                self._stepper.start(self._placer.flush())
        except ColumnsGone as gone:
            self._header_gone_since = self._header_gone_since or now
            if now - self._header_gone_since > HEADER_GONE_S:
                self.blocked = Outcome("paused", "column_gone", gone.message, cause=gone)
            self._next_flush = now + gone.delay_s
        except (Forbidden, NotFound, Invalid) as error:
            self.blocked = ended_by(error)
        except TryLater as later:
            self._trouble_since = self._trouble_since or now
            waited = now - self._trouble_since
            self._next_flush = now + max(later.delay_s, min(LONGEST_PAUSE_S, 1 + waited / 2))
        else:
            if not self._stepper.busy:
                self._header_gone_since = None
            if self._placer.empty:
                self._trouble_since = None

    def _is_due(self, now: float, last: bool) -> bool:
        urgent = last and self._trouble_since is None  # the quota still holds
        return self._placer.can_progress and (urgent or now >= self._next_flush)

    def _told(self, note: Note) -> None:
        self._on_note(note)
        self._trouble_since = None
