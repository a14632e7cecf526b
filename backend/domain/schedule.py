"""A run that repeats: when it is due, whether this occurrence becomes a job, and how the last ones went."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from backend.domain.job import Job, Status
from backend.errors import NotAllowed

State = Literal["active", "paused", "stopped"]

#: Occurrences that are remembered.
RUNS_KEPT = 10

UNPROVED = (
    "Stopped: its creator has not proved for 30 days that they may edit this spreadsheet. "
    "They open the sidebar there, then resume it."
)
OVER = "Stopped: its expression names no further time."


@dataclass(frozen=True, slots=True)
class Run:
    """One occurrence as it went: a job, or a sentence why there was none. `at` is its due time."""

    at: float
    sentence: str
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """`template` is the job as it was planned when the schedule was made; each occurrence is a copy of it."""

    id: str
    template: Job
    cron: str
    zone: str
    created_at: float
    #: Unix seconds; None when it does not run any more.
    next_at: float | None
    state: State = "active"
    #: Why it is paused or stopped.
    sentence: str | None = None
    #: Newest first.
    runs: tuple[Run, ...] = ()

    @property
    def last_job_id(self) -> str | None:
        return next((run.job_id for run in self.runs if run.job_id is not None), None)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a due occurrence, and the sentence that says so."""

    kind: Literal["start", "skip", "stop"]
    sentence: str


def decide(last: Job | None, *, vouched: bool) -> Decision:
    """`last` is the newest job that the schedule made, or None when there is none (any more)."""
    if not vouched:
        return Decision("stop", UNPROVED)
    if last is not None and last.status is Status.FAILED and last.reason == "sheet_gone":
        return Decision("stop", "Stopped: the sheet or the spreadsheet was deleted.")
    if last is not None and not last.ended:
        return Decision("skip", f"Skipped: the last run was still {_going(last)}.")
    return Decision("start", "Started.")


def _going(job: Job) -> str:
    match job.status:
        case Status.PAUSED:
            return "paused"
        case Status.PENDING:
            return "in line"
    return "going"


def job_id(schedule_id: str, occurrence: float) -> str:
    """The same for whoever makes the job: two sweeps make one."""
    return hashlib.sha256(f"{schedule_id}|{round(occurrence)}".encode()).hexdigest()[:20]


def moved_on(schedule: Schedule, decision: Decision, next_at: float | None) -> Schedule:
    """After its due occurrence. `next_at` lies ahead of now: what a downtime missed is not made up for."""
    if schedule.next_at is None:
        raise NotAllowed("This schedule is not due.")
    started = decision.kind == "start"
    run = Run(schedule.next_at, decision.sentence, job_id(schedule.id, schedule.next_at) if started else None)
    moved = replace(schedule, runs=(run, *schedule.runs)[:RUNS_KEPT], next_at=next_at)
    if decision.kind == "stop":
        return replace(moved, state="stopped", sentence=decision.sentence, next_at=None)
    return moved if next_at is not None else replace(moved, state="stopped", sentence=OVER)


def occurrence(
    schedule: Schedule,
    now: float,
    *,
    model: str,
    provider: str,
    recipe_version: int,
    api_key_hash: str | None,
) -> Job:
    """The job of the occurrence that is due: with the model, the recipe and the key as they are today."""
    if schedule.next_at is None:
        raise NotAllowed("This schedule is not due.")
    return replace(
        schedule.template,
        id=job_id(schedule.id, schedule.next_at),
        created_at=now,
        schedule=schedule.id,
        model=model,
        provider=provider,
        recipe_version=recipe_version,
        api_key_hash=api_key_hash,
    )


def pause(schedule: Schedule) -> Schedule:
    if schedule.state == "stopped":
        raise NotAllowed("This schedule has stopped. Resume or remove it.")
    return replace(schedule, state="paused", sentence="Paused on request.", next_at=None)


def resume(schedule: Schedule, next_at: float) -> Schedule:
    """Goes on with the next time ahead; what it missed is not made up for."""
    if schedule.state == "active":
        return schedule
    return replace(schedule, state="active", sentence=None, next_at=next_at)
