"""Failures of rows: what is tried again and how, what is not, and what a person may have done again."""

from __future__ import annotations

import pytest

from backend.domain.failures import FAILURES, LONGEST_WAIT_S, wait_s
from backend.domain.job import Status
from backend.errors import NotAllowed, RowFailed
from backend.usecases import move_job
from backend.usecases.read_rows import receipts
from backend.usecases.records import EVENTS
from tests.usecases.world import ANA, World

NAMES = ("Acme", "Bolt", "Cora", "Dale")


def transient(error_class: str, delay_s: float | None = None) -> RowFailed:
    return RowFailed(error_class, f"{error_class}.", transient=True, delay_s=delay_s)


def permanent(error_class: str) -> RowFailed:
    return RowFailed(error_class, f"{error_class}.")


def run(world: World, **wish: object) -> str:
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1, **wish)
    world.admit()
    world.run_until_quiet()
    return job_id


@pytest.mark.parametrize("error_class", ["model_rate_limited", "model_timeout", "model_error"])
def test_a_transient_failure_is_tried_again_as_often_as_its_class_allows(
    world: World, error_class: str
) -> None:
    tries = FAILURES[error_class].tries
    world.model.fails("Bolt", *[transient(error_class)] * (tries - 1))
    world.model.always_fails("Cora", transient(error_class))
    job_id = run(world)
    assert dict(world.model.asked) == {"Acme": 1, "Bolt": tries, "Cora": tries, "Dale": 1}
    counts = world.counts(job_id)
    assert (counts["done"], counts["failed"], counts[f"f_{error_class}"]) == (3, 1, 1)
    assert world.column(1, "Status")["Cora"] == f"❌ Error: {error_class}."
    assert world.column(1, "Category")["Cora"] == ""


def test_a_permanent_failure_is_not_tried_again_and_stops_nobody(world: World) -> None:
    world.model.always_fails("Bolt", permanent("model_refused"))
    job_id = run(world)
    assert world.model.asked["Bolt"] == 1
    assert (world.counts(job_id)["done"], world.counts(job_id)["failed"]) == (3, 1)
    assert world.job(job_id).status is Status.COMPLETED


def test_waits_grow_with_jitter_and_heed_what_was_asked_for() -> None:
    shortest = [wait_s(tries, None, 0.0) for tries in range(1, 9)]
    longest = [wait_s(tries, None, 0.999) for tries in range(1, 9)]
    assert shortest == sorted(shortest)
    assert all(low < high <= LONGEST_WAIT_S for low, high in zip(shortest, longest, strict=True))
    assert all(high >= 1.9 * low for low, high in zip(shortest, longest, strict=True))
    assert 30 <= wait_s(1, 30, 0.5) <= 31
    assert wait_s(1, 3_600, 0.0) == LONGEST_WAIT_S


def test_a_retry_takes_the_failed_rows_and_no_others(world: World) -> None:
    world.model.always_fails("Bolt", permanent("model_refused"))
    world.model.always_fails("Cora", permanent("too_long"))
    job_id = run(world)
    world.model.is_mended()
    world.model.asked.clear()
    assert world.move("retry", job_id, None) == "In line again, as attempt 2."
    assert world.move("retry", job_id, None) == "It is in line already."
    world.run_until_quiet()
    assert dict(world.model.asked) == {"Bolt": 1, "Cora": 1}
    counts = world.counts(job_id)
    assert (counts["done"], counts["failed"], counts["f_model_refused"], counts["f_too_long"]) == (4, 0, 0, 0)
    assert set(world.column(1, "Status").values()) == {"✅ Complete"}


def test_a_row_that_was_taken_again_has_one_receipt_and_it_is_the_new_one(world: World) -> None:
    world.model.always_fails("Bolt", permanent("model_refused"))
    world.model.always_fails("Cora", permanent("too_long"))
    job_id = run(world)
    world.move("retry", job_id, "too_long")
    world.model.is_mended()
    world.run_until_quiet()
    found, _ = receipts(world.documents, world.job(job_id))
    assert sorted((receipt.result.index, receipt.state) for receipt in found) == [
        (0, "done"), (1, "failed"), (2, "done"), (3, "done")
    ]  # fmt: skip
    failed, _ = receipts(world.documents, world.job(job_id), status="failed")
    assert [receipt.result.error_class for receipt in failed] == ["model_refused"]


def test_a_retry_of_one_class_leaves_the_others(world: World) -> None:
    world.model.always_fails("Bolt", permanent("model_refused"))
    world.model.always_fails("Cora", permanent("too_long"))
    job_id = run(world)
    world.model.is_mended()
    world.model.asked.clear()
    world.move("retry", job_id, "too_long")
    world.run_until_quiet()
    assert dict(world.model.asked) == {"Cora": 1}
    assert (world.counts(job_id)["done"], world.counts(job_id)["failed"]) == (3, 1)
    with pytest.raises(NotAllowed, match="No row failed in this way"):
        move_job.retry(ANA, job_id, "too_long", documents=world.documents, clock=world.clock)


def test_a_retry_of_a_cancelled_job_takes_what_was_left(world: World) -> None:
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    world.admit()
    world.model.refuses("key_refused")
    world.deliver_next()
    assert world.job(job_id).status is Status.PAUSED
    world.move("cancel", job_id)
    assert world.counts(job_id)["cancelled"] == 4
    world.model.is_mended()
    world.move("retry", job_id, None)
    world.run_until_quiet()
    assert (world.counts(job_id)["done"], world.counts(job_id)["cancelled"]) == (4, 0)


def test_attempts_that_were_cancelled_in_line_are_counted(world: World) -> None:
    """Before any row was accepted, and between: the last attempt takes exactly what is left."""
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    for _ in range(2):
        world.move("cancel", job_id)
        world.move("retry", job_id, None)
    world.model.always_fails("Bolt", permanent("model_refused"))
    world.admit()
    world.run_until_quiet()
    assert (world.job(job_id).attempt, world.counts(job_id)["done"]) == (3, 3)
    world.move("retry", job_id, None)
    world.move("cancel", job_id)
    world.move("retry", job_id, None)
    world.model.is_mended()
    world.model.asked.clear()
    world.run_until_quiet()
    assert dict(world.model.asked) == {"Bolt": 1}
    assert (world.job(job_id).attempt, world.counts(job_id)["done"]) == (5, 4)
    found, _ = receipts(world.documents, world.job(job_id))
    assert [(receipt.id or "").partition("-")[0] for receipt in found] == ["3", "3", "3", "5"]


def test_nothing_to_retry_is_said(world: World) -> None:
    job_id = run(world)
    with pytest.raises(NotAllowed, match="No row failed or was left"):
        move_job.retry(ANA, job_id, None, documents=world.documents, clock=world.clock)


def test_a_follower_is_retried_after_what_it_follows(world: World) -> None:
    world.has_rows(1, *NAMES)
    world.has_rows(2, "Ergo")
    (first,) = world.create(1)
    (follower,) = world.create(2, depends_on=(first,))
    world.move("cancel", first)
    world.sweep()
    assert world.job(follower).reason == "dependency_failed"
    with pytest.raises(NotAllowed, match="Retry that one first"):
        move_job.retry(ANA, follower, None, documents=world.documents, clock=world.clock)
    world.move("retry", first, None)
    assert world.move("retry", follower, None) == "In line again, as attempt 2."
    world.admit()
    assert world.job(follower).status is Status.PENDING
    world.run_until_quiet()
    assert [world.job(job_id).status for job_id in (first, follower)] == [Status.COMPLETED] * 2


def test_the_key_refused_at_the_very_last_call_leaves_its_row_open(world: World) -> None:
    world.has_rows(1, "Acme")
    (job_id,) = world.create(1)
    world.admit()
    world.model.refuses("quota_gone")
    world.deliver_next()
    assert (world.job(job_id).status, world.job(job_id).reason) == (Status.PAUSED, "quota_gone")
    world.model.is_mended()
    world.move("resume", job_id)
    world.run_until_quiet()
    assert world.counts(job_id)["done"] == 1


def test_the_history_tells_who_did_what_when_and_why(world: World) -> None:
    world.has_rows(1, *NAMES)
    world.model.on_call = lambda _name: world.clock.advance(1)
    (job_id,) = world.create(1)
    for is_shared in (False, True):
        world.clock.advance(1)
        world.admit()
        world.clock.advance(1)
        (world.sheets.is_shared if is_shared else world.sheets.is_not_shared)("book")
        world.deliver_next()
        world.clock.advance(1)
        if not is_shared:
            world.move("resume", job_id)
    told = [d.data for d in world.documents.query(EVENTS, {"job_id": job_id}).documents]
    assert [(event["who"], event["what"]) for event in told] == [
        (ANA.email, "Created."),
        ("Rowmill", "Started."),
        ("Rowmill", "Paused."),
        (ANA.email, "Back in line; it carries on where it stopped."),
        ("Rowmill", "Started."),
        ("Rowmill", "Accepted 4 rows."),
        ("Rowmill", "Completed."),
    ]
    assert "not shared" in told[2]["why"]
    assert [event["at"] for event in told] == sorted(event["at"] for event in told)


def test_a_failed_job_shows_the_trace_under_which_the_log_has_its_traceback(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.has_rows(1, *NAMES)
    (job_id,) = world.create(1)
    world.admit()
    world.sheets.remove_tab("book", 1)
    world.deliver_next()
    job = world.job(job_id)
    assert (job.status, job.error_class, job.trace_id) == (Status.FAILED, "sheet_gone", "trace")
    (record,) = [r for r in caplog.records if getattr(r, "action", "") == "job_failed"]
    assert record.exc_info is not None
    assert record.exc_info[2] is not None
