"""What the api tells of jobs and of their rows: builders for the states shown."""

from __future__ import annotations

from typing import Any

from backend.domain.job import Status
from tests.browser.states.setting import LONG


def a_job(**changes: Any) -> dict[str, Any]:
    """A job as the api gives it: running, with 1,200 rows."""
    return {
        "id": "a" * 20,
        "kind": "background",
        "spreadsheet_id": "s" * 20,
        "spreadsheet_title": "Leads",
        "sheet_id": 0,
        "sheet_name": "Companies",
        "recipe": "case_a",
        "recipe_version": 1,
        "columns": {"company_name": "Company Name", "company_keywords": "Company Keywords"},
        "mode": "only_empty",
        "filter": None,
        "start_row": 2,
        "max_rows": None,
        "fresh": False,
        "fallback": True,
        "priority": "normal",
        "status": "RUNNING",
        "reason": None,
        "stopping": None,
        "in_flight": 48,
        "place": None,
        "starts_in_s": None,
        "run_at": None,
        "depends_on": [],
        "created_at": "2026-11-23T09:00:00Z",
        "started_at": "2026-11-23T09:00:02Z",
        "ended_at": None,
        "created_by": "ada@example.com",
        "yours": True,
        "counts": counts(total=1200, done=740, failed=12, skipped=9, cached=61, answered=96),
        "failures": {"model_timeout": 9, "bad_answer": 3},
        "tokens_in": 264_000,
        "tokens_out": 51_000,
        "model_calls": 690,
        "cost_microusd": 33_600,
        "saved_microusd": 2_900,
        "budget_microusd": 5_000_000,
        "model": "gpt-5-nano",
        "standin": True,
        "own_key": False,
        "attempt": 1,
        "rows_per_min": 2_640,
        "seconds_left": 10,
        "error": None,
        "undoes": None,
        "undone_by": None,
        "moves": ["pause", "cancel"],
        **changes,
    }


def counts(**given: int) -> dict[str, int]:
    names = ("total", "done", "failed", "skipped", "stale", "gone", "cancelled", "cached", "answered")
    return {name: given.get(name, 0) for name in names}


#: Of a job that has not begun.
UNBEGUN: dict[str, Any] = {
    "started_at": None,
    "in_flight": 0,
    "counts": counts(),
    "failures": {},
    "tokens_in": 0,
    "tokens_out": 0,
    "model_calls": 0,
    "cost_microusd": 0,
    "saved_microusd": 0,
    "rows_per_min": 0,
    "seconds_left": None,
}

LATER = a_job(
    id="d" * 20,
    sheet_name="شركات الطيران",
    status="PENDING",
    reason={"code": "scheduled", "sentence": "Scheduled: it starts by itself at its time."},
    run_at="2027-12-01T08:00:00Z",
    **UNBEGUN,
)

COMPLETE = a_job(
    status="COMPLETED",
    ended_at="2026-11-23T09:01:02Z",
    in_flight=0,
    seconds_left=None,
    counts=counts(total=1200, done=1168, failed=12, skipped=18, stale=1, gone=1, cached=61),
    moves=["retry", "undo", "delete"],
)

MANY = [
    a_job(),
    a_job(
        id="b" * 20,
        sheet_name=LONG,
        status="PAUSED",
        reason={"code": "budget_reached", "sentence": "The budget of $5.00 is reached. Raise it to go on."},
        cost_microusd=5_000_000,
        moves=["resume", "cancel"],
    ),
    a_job(
        id="c" * 20,
        sheet_name="Leads March",
        recipe="case_b",
        status="PENDING",
        place=1,
        starts_in_s=40,
        reason={"code": "in_line", "sentence": "In line: it starts by itself when a place is free."},
        **UNBEGUN,
    ),
    LATER,
    {**COMPLETE, "id": "e" * 20, "sheet_name": "Leads February"},
    a_job(
        id="f" * 20,
        sheet_name="Leads May",
        status="FAILED",
        **UNBEGUN,
        error={
            "error_class": "dependency",
            "sentence": "The job it waited for was cancelled.",
            "trace_id": "9f2c41aa",
        },
        moves=["retry", "delete"],
    ),
]  # fmt: skip


def a_receipt(row: int, **changes: Any) -> dict[str, Any]:
    """A row that is done, as the api gives it."""
    return {
        "row": row,
        "written_row": row,
        "status": "done",
        "error_class": None,
        "sentence": None,
        "outputs": {
            "category": "Independent Hardware Stores",
            "brand_name": f"Hardware House {row}",
            "email_question": "Which hardware store near Leeds cuts keys while you wait?",
        },
        "cached": False,
        "attempts": 1,
        "model": "gpt-5-nano",
        "recipe_version": 1,
        "tokens_in": 214,
        "tokens_out": 43,
        "cost_microusd": 28,
        "seconds": 1.1,
        "id": f"1-0-{row}",
        "page_url": None,
        "page_at": None,
        "ended_at": "2026-11-23T09:00:40Z",
        **changes,
    }


UNDO = a_job(
    id="9" * 20,
    kind="undo",
    status="COMPLETED",
    created_at="2026-11-23T09:05:00Z",
    ended_at="2026-11-23T09:05:20Z",
    undoes=COMPLETE["id"],
    **{**UNBEGUN, "started_at": "2026-11-23T09:05:01Z", "counts": counts(total=1168, done=1168)},
    budget_microusd=None,
    moves=["delete"],
)
UNDONE = {**COMPLETE, "undone_by": UNDO["id"], "moves": ["retry", "delete"]}

RECEIPTS = [
    a_receipt(2),
    a_receipt(3, cached=True, written_row=7, attempts=0, tokens_in=0, tokens_out=0, cost_microusd=0),
    a_receipt(4, status="failed", error_class="model_timeout", sentence="No answer in time.", outputs={}),
    a_receipt(5, status="skipped", sentence="The row has no company name.", outputs={}, written_row=None),
    a_receipt(6, status="stale", sentence="Its inputs were changed meanwhile.", written_row=None),
]


def seen(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    by_status = {str(status): [job["status"] for job in jobs].count(status) for status in Status}
    return {"now": "2026-11-23T09:00:41Z", "jobs": jobs, "by_status": by_status, "live_rows": [], "poll_s": 5}
