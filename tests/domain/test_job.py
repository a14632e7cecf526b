"""A job's moves: what each status allows, and what a move leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from backend.domain import job as jobs
from backend.domain.job import ENDED, Job, Status
from backend.errors import NotAllowed
from tests.domain.test_line import a_job

NOW = 1_000.0

MOVES: dict[str, tuple[Callable[[Job], Job], set[Status]]] = {
    "start": (lambda job: jobs.start(job, NOW, 0), {Status.PENDING}),
    "ask to pause": (lambda job: jobs.ask_to_stop(job, "pause"), {Status.RUNNING}),
    "pause": (lambda job: jobs.pause(job, "asked"), {Status.PENDING, Status.RUNNING}),
    "resume": (lambda job: jobs.resume(job, NOW), {Status.PAUSED}),
    "back in line": (lambda job: jobs.back_in_line(job, "rate_limited", NOW), {Status.RUNNING}),
    "complete": (lambda job: jobs.complete(job, NOW), {Status.RUNNING}),
    "fail": (lambda job: jobs.fail(job, "sheet_gone", "Gone.", NOW), {Status.PENDING, Status.RUNNING}),
    "cancel": (lambda job: jobs.cancel(job, NOW), {Status.PENDING, Status.RUNNING, Status.PAUSED}),
    "retry": (lambda job: jobs.retry(job, None, NOW), {Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_made_where_it_is_allowed_and_refused_with_the_reason_elsewhere(
    move: str, status: Status
) -> None:
    make, allowed = MOVES[move]
    job = a_job("1", status=status)
    if status in allowed:
        assert make(job) != job
    else:
        with pytest.raises(NotAllowed, match=f"This job is {status.lower()}"):
            make(job)


def test_a_pause_never_replaces_a_cancel() -> None:
    asked = jobs.ask_to_stop(a_job("1", status=Status.RUNNING), "cancel")
    assert jobs.ask_to_stop(asked, "pause").stopping == "cancel"


@pytest.mark.parametrize("end", ["pause", "complete", "fail", "cancel"])
def test_who_stops_is_not_stopping_any_more(end: str) -> None:
    assert MOVES[end][0](a_job("1", status=Status.RUNNING, stopping="cancel")).stopping is None


def test_a_retry_begins_a_next_attempt_without_the_old_error() -> None:
    failed = jobs.fail(a_job("1"), "no_columns", "No columns.", NOW, "trace")
    again = jobs.retry(failed, "bad_answer", NOW)
    assert (again.status, again.attempt, again.retry_class) == (Status.PENDING, 2, "bad_answer")
    assert (again.error, again.error_class, again.trace_id, again.ended_at) == (None, None, None, None)


@pytest.mark.parametrize("move", ["resume", "retry"])
def test_a_follower_that_never_started_still_waits_for_what_it_follows(move: str) -> None:
    status = Status.PAUSED if move == "resume" else Status.FAILED
    follower = a_job("1", status=status, depends_on=("2",))
    assert MOVES[move][0](follower).reason == "depends"
    assert MOVES[move][0](replace(follower, started_at=NOW)).reason == "in_line"


@pytest.mark.parametrize("move", ["resume", "retry"])
def test_a_job_set_aside_before_its_time_waits_for_it_again(move: str) -> None:
    status = Status.PAUSED if move == "resume" else Status.CANCELLED
    assert MOVES[move][0](a_job("1", status=status, run_at=NOW + 60)).reason == "scheduled"
    assert MOVES[move][0](a_job("1", status=status, run_at=NOW - 60)).reason == "in_line"


def test_an_undone_job_offers_no_undo_until_a_retry_has_written_again() -> None:
    job, undo = a_job("1", status=Status.COMPLETED, total=5), a_job("2", kind="undo")
    undone = jobs.undone(job, undo)
    assert "undo" in jobs.moves(job, failed_or_left=0, yours=True)
    assert "undo" not in jobs.moves(undone, failed_or_left=0, yours=True)
    assert jobs.retry(undone, None, NOW).undone_by is None


def test_an_undo_says_nothing_of_a_job_that_has_gone_on_meanwhile() -> None:
    again = jobs.retry(a_job("1", status=Status.COMPLETED), None, NOW)
    assert jobs.undone(again, a_job("2", kind="undo")) == again


def test_an_undo_is_not_retried() -> None:
    with pytest.raises(NotAllowed, match="undo"):
        jobs.retry(a_job("1", status=Status.COMPLETED, kind="undo"), None, NOW)


@pytest.mark.parametrize("status", Status)
def test_buttons_offer_only_what_the_rules_allow(status: Status) -> None:
    job = a_job("1", status=status, total=5)
    functions = {"pause": "pause", "resume": "resume", "cancel": "cancel", "retry": "retry"}
    for offered in jobs.moves(job, failed_or_left=1, yours=True):
        if offered in functions:
            assert status in MOVES[functions[offered]][1]
    assert (status in ENDED) == job.ended


def test_somebody_elses_key_offers_neither_resume_nor_retry() -> None:
    for status in (Status.PAUSED, Status.FAILED):
        job = a_job("1", status=status, total=5, api_key_hash="h")
        assert not {"resume", "retry"} & set(jobs.moves(job, failed_or_left=1, yours=False))


def test_every_reason_says_what_to_do_in_a_sentence() -> None:
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in jobs.REASONS.values())


def test_a_pause_tells_what_it_met_until_it_goes_on() -> None:
    said = "llama3.2 is not available to this key. Choose another model."
    paused = jobs.pause(a_job("1", status=Status.RUNNING), "model_unknown", said)
    assert jobs.why(paused) == said
    assert jobs.why(jobs.resume(paused, 0)) == jobs.REASONS[jobs.IN_LINE]
    assert jobs.why(jobs.pause(a_job("1", status=Status.RUNNING), "asked")) == jobs.REASONS["asked"]
    assert jobs.why(replace(paused, reason=None)) is None
