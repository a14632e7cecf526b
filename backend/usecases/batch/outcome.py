"""How a batch ended, and what that makes of its job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from backend.domain import job as jobs
from backend.domain.job import Job
from backend.errors import Forbidden, Invalid, NotFound, PauseJob
from backend.usecases.batch.frozen import NoColumns


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a batch ended: "completed", "stopped" (by a person), "paused", "failed", "later" or "more"."""

    kind: str
    reason: str | None = None
    #: What is told of it; the reason's own sentence unless it says more.
    sentence: str | None = None
    delay_s: float = 0.0
    #: The job's budget that is used up.
    budget_microusd: int | None = None
    #: For the log: its traceback says where the job met what stopped it.
    cause: Exception | None = None

    @property
    def why(self) -> str | None:
        return self.sentence or jobs.REASONS.get(self.reason or "")


#: Sheets is out of reach: the place goes to another job for a while.
SHEET_BUSY = Outcome("later", "sheet_busy", delay_s=60.0)

#: What no repeat would mend.
Final = PauseJob | Forbidden | NotFound | NoColumns | Invalid


def ended_by(error: Final) -> Outcome:
    """How a batch ends that meets this."""
    match error:
        case PauseJob():
            return Outcome("paused", error.reason, error.message, cause=error)
        case Forbidden():
            reason = "protected" if error.code == "protected" else "not_shared"
            return Outcome("paused", reason, error.message, cause=error)
        case NotFound():
            return Outcome("failed", "sheet_gone", error.message, cause=error)
        case NoColumns():
            return Outcome("failed", "no_columns", error.message, cause=error)
        case Invalid():
            return Outcome("failed", "sheet_refused", error.message, cause=error)


def change(outcome: Outcome, now: float, trace_id: str | None) -> Callable[[Job], Job]:
    """The job's move at the end of a batch that nothing follows.

    It is asked of the job as it stands in the last commit: a wish to stop that came meanwhile goes before a
    wait or a pause, and after an end.
    """
    match outcome.kind:
        case "completed":
            return partial(jobs.complete, now=now)
        case "failed":
            reason = outcome.reason or "sheet_gone"
            return partial(jobs.fail, reason=reason, sentence=outcome.why or "", now=now, trace_id=trace_id)
        case "paused":
            return partial(_pause_itself, outcome=outcome, now=now)
        case "later":
            reason, delay_s = outcome.reason or jobs.IN_LINE, outcome.delay_s
            return partial(_later, reason=reason, now=now, delay_s=delay_s)
        case _:
            return partial(_pause, reason="asked", sentence=None, now=now)


def _pause(job: Job, reason: str, sentence: str | None, now: float) -> Job:
    return jobs.cancel(job, now) if job.stopping == "cancel" else jobs.pause(job, reason, sentence)


def _pause_itself(job: Job, outcome: Outcome, now: float) -> Job:
    used_up = outcome.budget_microusd
    if used_up is not None and not job.stopping and (job.budget_microusd or 0) > used_up:
        return jobs.back_in_line(job, jobs.IN_LINE, now)  # raised while the last results were being written
    return _pause(job, outcome.reason or "asked", outcome.sentence, now)


def _later(job: Job, reason: str, now: float, delay_s: float) -> Job:
    return _pause(job, "asked", None, now) if job.stopping else jobs.back_in_line(job, reason, now + delay_s)
