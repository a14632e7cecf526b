"""What people do with jobs: pause, resume, cancel, retry, delete, change. Each says what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from backend.domain import job as jobs
from backend.domain.job import Job, Status
from backend.domain.money import Price, price_of
from backend.domain.results import ROW_STATES
from backend.errors import Forbidden, Invalid, NotAllowed
from backend.ports import Clock, Documents, Person, Write
from backend.usecases.batch.ending import rest_cancelled
from backend.usecases.job_changes import change_job, event, load_job
from backend.usecases.job_removal import remove_job
from backend.usecases.record_stats import end_counted
from backend.usecases.records import job_key, progress_key


@dataclass(frozen=True, slots=True)
class Moved:
    """The job after the move, and what the move did, in a sentence."""

    job: Job
    did: str


def pause(person: Person, job_id: str, *, documents: Documents, clock: Clock) -> Moved:
    """A running job stops within seconds; one that waits is set aside at once."""

    def change(job: Job) -> Job:
        if job.status is Status.PAUSED or job.stopping:
            return job
        if job.status is Status.RUNNING:
            return jobs.ask_to_stop(job, "pause")
        return jobs.pause(job, "asked")

    return _move(person, job_id, change, documents, clock, _paused)


def _paused(before: Job, after: Job) -> str:
    if before == after:
        return "It is already being stopped." if after.stopping else "It was paused already."
    if after.stopping:
        return "It is stopping: calls in flight are awaited, and what they bring is kept."
    return "Paused."


def resume(person: Person, job_id: str, *, documents: Documents, clock: Clock) -> Moved:
    """Back in line; it carries on where it stopped."""

    def change(job: Job) -> Job:
        _owner_of_key(person, job, "resume")
        if job.status is Status.PENDING or (job.status is Status.RUNNING and not job.stopping):
            return job
        if job.stopping:
            raise NotAllowed("It is still stopping. Resume it in a moment.")
        return jobs.resume(job, clock.now())

    def did(before: Job, after: Job) -> str:
        if before == after:
            return "It goes on already."
        if after.reason in ("scheduled", "depends"):
            return jobs.REASONS[after.reason]
        return "Back in line; it carries on where it stopped."

    return _move(person, job_id, change, documents, clock, did)


def cancel(person: Person, job_id: str, *, documents: Documents, clock: Clock) -> Moved:
    """Rows that are done stay done; the others are cancelled."""

    def change(job: Job) -> Job:
        if job.status is Status.CANCELLED or job.stopping == "cancel":
            return job
        if job.status is Status.RUNNING:
            return jobs.ask_to_stop(job, "cancel")
        return jobs.cancel(job, clock.now())

    def besides(before: Job, after: Job) -> Sequence[Write]:
        if after.status is Status.CANCELLED and before.status is not Status.CANCELLED:
            rest = rest_cancelled(documents, after)
            return [*rest, *end_counted(documents, after, clock.now(), rest)]
        return ()

    def did(before: Job, after: Job) -> str:
        if before == after:
            return "It was cancelled already."
        if after.stopping:
            return "It is stopping: calls in flight are awaited, and what they bring is kept."
        return "Cancelled."

    return _move(person, job_id, change, documents, clock, did, besides)


def retry(
    person: Person, job_id: str, error_class: str | None, *, documents: Documents, clock: Clock
) -> Moved:
    """A next attempt over the rows that failed or were left, or over one class of failure."""

    def change(job: Job) -> Job:
        _owner_of_key(person, job, "retry")
        if job.status is Status.PENDING and job.attempt > 1:
            return job
        if job.reason == "dependency_failed":
            _check_dependencies(documents, job)
        if job.total is not None:
            progress = documents.get(progress_key(job.id))
            data = progress.data if progress else {}
            failed = data.get(f"f_{error_class}", 0) if error_class else data.get("failed", 0)
            left = (
                0 if error_class else job.total - sum(data.get(s, 0) for s in ROW_STATES if s != "cancelled")
            )
            if job.ended and failed + left <= 0:
                raise NotAllowed(
                    "No row failed in this way." if error_class else "No row failed or was left."
                )
        return jobs.retry(job, error_class, clock.now())

    def did(before: Job, after: Job) -> str:
        return "It is in line already." if before == after else f"In line again, as attempt {after.attempt}."

    return _move(person, job_id, change, documents, clock, did)


def _check_dependencies(documents: Documents, job: Job) -> None:
    """A follower may be retried once what it waits for has been, or has completed."""
    for document in documents.get_many([job_key(name) for name in job.depends_on]):
        if document is None:
            raise NotAllowed("A job that this one waits for was deleted. Create it anew.")
        if Status(document.data["status"]) in (Status.FAILED, Status.CANCELLED):
            raise NotAllowed("A job that this one waits for did not complete. Retry that one first.")


def change_settings(
    person: Person,
    job_id: str,
    *,
    priority: str | None,
    budget_microusd: int | None,
    documents: Documents,
    clock: Clock,
    prices: dict[str, Price],
) -> Moved:
    """Priority while it waits; a budget at any time. Raising it resumes a job that paused on it."""

    def change(job: Job) -> Job:
        if job.ended:
            raise NotAllowed("This job has ended.")
        if priority is not None and priority != job.priority:
            if job.status is Status.RUNNING:
                raise NotAllowed("It is running already; priority decides who starts next.")
            job = replace(job, priority=priority)
        if budget_microusd is not None and budget_microusd != job.budget_microusd:
            if price_of(job.model, prices) is None:
                raise Invalid(
                    f"There is no price for {job.model}, so a budget cannot be kept.",
                    {"budget_microusd": "the model has no price"},
                )
            raised = job.budget_microusd is not None and budget_microusd > job.budget_microusd
            if raised:
                _owner_of_key(person, job, "raise the budget of")
            job = replace(job, budget_microusd=budget_microusd)
            if raised and job.status is Status.PAUSED and job.reason == "budget_reached":
                job = jobs.resume(job, clock.now())
        return job

    def did(before: Job, after: Job) -> str:
        if before == after:
            return "Nothing changed."
        resumed = before.status is Status.PAUSED and after.status is Status.PENDING
        return "Changed, and back in line." if resumed else "Changed."

    return _move(person, job_id, change, documents, clock, did)


def delete(job_id: str, *, documents: Documents) -> None:
    """Removes a job and everything of it; one that runs has to be cancelled first."""
    job, version = load_job(documents, job_id)
    if job.status in (Status.RUNNING, Status.PENDING):
        raise NotAllowed(f"This job is {job.status.lower()}. Cancel it first, then delete it.")
    remove_job(documents, job, version)


def _owner_of_key(person: Person, job: Job, move: str) -> None:
    """What spends money on somebody's own key is that owner's alone to ask for."""
    if job.api_key_hash is not None and job.created_by != person.sub:
        raise Forbidden(f"Only {job.email}, whose key this job uses, may {move} it.", "not_owner")


def _move(
    person: Person,
    job_id: str,
    change: Callable[[Job], Job],
    documents: Documents,
    clock: Clock,
    did: Callable[[Job, Job], str],
    besides: Callable[[Job, Job], Sequence[Write]] = lambda _before, _after: (),
) -> Moved:
    def all_writes(before: Job, after: Job) -> Sequence[Write]:
        if before == after:
            return ()
        return [*besides(before, after), event(job_id, clock, person.email, did(before, after))]

    before, after = change_job(documents, job_id, change, all_writes)
    return Moved(after, did(before, after))
