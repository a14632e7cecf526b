"""A job and the moves it may make. A job's status changes only through the functions of this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from backend.errors import NotAllowed


class Status(StrEnum):
    """Where a job stands; PENDING also covers scheduled, waiting for another, and in line."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})

#: The reason of a job that waits for nothing but a place.
IN_LINE = "in_line"
#: Reasons of jobs that wait for their `run_at`; the sweep puts them in line.
TIMED = ("scheduled", "rate_limited", "sheet_busy")
#: The reason of a job whose documents are being removed.
REMOVED = "removed"
#: Why a job is not running, for PENDING, PAUSED and FAILED: a code and its sentence.
REASONS: dict[str, str] = {
    IN_LINE: "In line: it starts by itself when a place is free.",
    "scheduled": "Scheduled: it starts by itself at its time.",
    "depends": "Waiting for another job to complete.",
    "rate_limited": "The model's rate limit was reached; it goes on by itself.",
    "sheet_busy": "Google Sheets was busy; it goes on by itself.",
    "asked": "Paused on request.",
    "key_refused": "The model's key was refused. Set a valid key, then resume.",
    "quota_gone": "The model account has no credit left. Top it up, then resume.",
    "model_unknown": "The model is not available to this key. Choose another one, then resume.",
    "budget_reached": "The budget is reached: less is left than one more call may cost. Raise it to go on.",
    "no_price": "There is no price for the model, so the budget cannot be kept. Set one, then resume.",
    "day_budget_reached": "Today's spending limit is used up. Resume tomorrow, or raise the limit.",
    "not_shared": "The spreadsheet is no longer shared with us. Share it again, then resume.",
    "sheet_gone": "The sheet or the spreadsheet was deleted.",
    "sheet_refused": "Google Sheets refused what was asked of the sheet.",
    "protected": "A protected range covers an output column. Change the protection, then resume.",
    "column_gone": "A column that the run reads is not in the sheet any more. Put it back, then resume.",
    "dependency_failed": "A job that this one waited for did not complete.",
    "no_columns": "The sheet's columns were not recognised.",
    REMOVED: "It is being deleted.",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Only rows whose cell in `column` (a header) shows `value`."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Job:
    """One run over one tab, as stored. Counts, cost and lease are documents of their own."""

    id: str
    spreadsheet_id: str
    spreadsheet_title: str
    sheet_id: int
    sheet_name: str
    recipe: str
    recipe_version: int
    model: str
    provider: str
    created_by: str  # the creator's `sub`
    email: str
    created_at: float
    kind: str = "background"  # background | live | undo
    columns: Mapping[str, str] = field(default_factory=dict)
    mode: str = "only_empty"
    filter: Filter | None = None
    start_row: int = 2
    max_rows: int | None = None
    fresh: bool = False
    fallback: bool = True
    priority: str = "normal"
    status: Status = Status.PENDING
    reason: str | None = IN_LINE
    #: "pause" or "cancel" while the holder of the lease is asked to stop.
    stopping: str | None = None
    #: Not before this time (scheduled, or sent back in line).
    run_at: float | None = None
    depends_on: tuple[str, ...] = ()
    attempt: int = 1
    #: The class of failure that this attempt repeats; None repeats everything failed or left.
    retry_class: str | None = None
    #: Rows accepted at the freeze; None before it.
    total: int | None = None
    #: Which freeze counts: rows of an unfinished one are never read.
    freeze: str | None = None
    #: Numbers of result and write documents of earlier attempts, in order.
    attempts: tuple[tuple[int, int], ...] = ()
    budget_microusd: int | None = None
    api_key_hash: str | None = None
    #: Of an undo: the job that it takes back; of a job that was taken back whole: the undo that did it.
    undoes: str | None = None
    undone_by: str | None = None
    schedule: str | None = None
    started_at: float | None = None
    #: Since when it has run without a break, and how many rows had ended by then: for rows a minute.
    running_since: float | None = None
    rows_before: int = 0
    ended_at: float | None = None
    error_class: str | None = None
    error: str | None = None
    trace_id: str | None = None

    @property
    def place(self) -> str:
        """What at most one job may run on."""
        return f"{self.spreadsheet_id}:{self.sheet_id}"

    @property
    def ended(self) -> bool:
        return self.status in ENDED


def start(job: Job, now: float, rows_before: int) -> Job:
    """Takes a free place; `rows_before` have ended in earlier runs."""
    _expect(job, "start", Status.PENDING)
    return replace(
        job,
        status=Status.RUNNING,
        reason=None,
        run_at=None,
        started_at=job.started_at or now,
        running_since=now,
        rows_before=rows_before,
    )


def ask_to_stop(job: Job, how: str) -> Job:
    """A running job is asked to pause or cancel; a pause never replaces a cancel."""
    _expect(job, how, Status.RUNNING)
    if job.stopping == "cancel":
        return job
    return replace(job, stopping=how)


def pause(job: Job, reason: str, sentence: str | None = None) -> Job:
    """`sentence` says more of this pause than the reason's own, such as which model was refused."""
    _expect(job, "pause", Status.PENDING, Status.RUNNING)
    return replace(job, status=Status.PAUSED, reason=reason, stopping=None, error=sentence)


def why(job: Job) -> str | None:
    """What a person reads of the reason."""
    if job.reason is None:
        return None
    return (job.error if job.status is Status.PAUSED else None) or REASONS[job.reason]


def resume(job: Job, now: float) -> Job:
    _expect(job, "resume", Status.PAUSED)
    return replace(job, status=Status.PENDING, reason=_waits_for(job, now), error=None, error_class=None)


def _waits_for(job: Job, now: float) -> str:
    """A follower that never started still has its dependencies to wait for; the sweep releases it."""
    if job.depends_on and job.started_at is None:
        return "depends"
    return "scheduled" if job.run_at is not None and job.run_at > now else IN_LINE


def back_in_line(job: Job, reason: str, run_at: float) -> Job:
    """Gives the place to another until `run_at`."""
    _expect(job, "wait", Status.RUNNING)
    return replace(job, status=Status.PENDING, reason=reason, run_at=run_at)


def complete(job: Job, now: float) -> Job:
    _expect(job, "complete", Status.RUNNING)
    return replace(job, status=Status.COMPLETED, reason=None, stopping=None, ended_at=now)


def fail(job: Job, reason: str, sentence: str, now: float, trace_id: str | None = None) -> Job:
    _expect(job, "fail", Status.PENDING, Status.RUNNING)
    return replace(
        job,
        status=Status.FAILED,
        reason=reason,
        stopping=None,
        ended_at=now,
        error_class=reason,
        error=sentence,
        trace_id=trace_id,
    )


def cancel(job: Job, now: float) -> Job:
    _expect(job, "cancel", Status.PENDING, Status.RUNNING, Status.PAUSED)
    return replace(job, status=Status.CANCELLED, reason=None, stopping=None, ended_at=now)


def retry(job: Job, error_class: str | None, now: float) -> Job:
    """A next attempt over the rows that failed or were left."""
    _expect(job, "retry", Status.COMPLETED, Status.FAILED, Status.CANCELLED)
    if job.kind == "undo":
        raise NotAllowed("An undo cannot be retried; undo the job again.")
    if job.reason == REMOVED:
        raise NotAllowed("This job is being deleted.")
    return replace(
        job,
        status=Status.PENDING,
        reason=_waits_for(job, now),
        attempt=job.attempt + 1,
        retry_class=error_class,
        undone_by=None,
        ended_at=None,
        error=None,
        error_class=None,
        trace_id=None,
    )


def undone(job: Job, undo: Job) -> Job:
    """What a completed undo leaves on the job that it took back, unless that one has gone on since."""
    return replace(job, undone_by=undo.id) if job.ended else job


def remove(job: Job) -> Job:
    """Before the first of its documents goes: nobody may set a job going again whose rows are gone."""
    _expect(job, "be deleted", Status.PAUSED, Status.COMPLETED, Status.FAILED, Status.CANCELLED)
    status = Status.CANCELLED if job.status is Status.PAUSED else job.status
    return replace(job, status=status, reason=REMOVED, stopping=None)


def moves(job: Job, *, failed_or_left: int, yours: bool) -> list[str]:
    """What may be done with the job now, for the buttons; the functions above decide again."""
    if job.stopping:
        return ["cancel"] if job.stopping == "pause" else []
    own_key = job.api_key_hash is not None and not yours
    match job.status:
        case Status.PENDING:
            return ["pause", "cancel"]
        case Status.RUNNING:
            return ["pause", "cancel"]
        case Status.PAUSED:
            return ["cancel", "delete"] if own_key else ["resume", "cancel", "delete"]
    if job.reason == REMOVED:
        return ["delete"]
    undo = ["undo"] if job.kind != "undo" and job.total and job.undone_by is None else []
    retried = (
        ["retry"] if job.kind != "undo" and not own_key and (failed_or_left or job.total is None) else []
    )
    return [*retried, *undo, "delete"]


def _expect(job: Job, move: str, *allowed: Status) -> None:
    if job.status not in allowed:
        either = " or ".join(status.lower() for status in allowed)
        raise NotAllowed(f"This job is {job.status.lower()}; only a job that is {either} can {move}.")
