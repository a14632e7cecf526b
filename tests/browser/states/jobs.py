"""Jobs: the list, and one job's page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.bench import Bench
from tests.browser.states.setting import States, having
from tests.browser.states.told import COMPLETE, MANY, RECEIPTS, UNDO, UNDONE, a_job, seen


def a_page(job: dict[str, Any], script: str = "") -> Callable[[Bench], None]:
    """A job's page, with receipts and history."""
    events = [
        {"at": "2026-11-23T09:00:00Z", "who": "ada@example.com", "what": "Queued", "why": None},
        {"at": "2026-11-23T09:00:02Z", "who": "Rowmill", "what": "Started", "why": "a place was free"},
    ]
    page = {
        "id": job["id"],
        "events": events,
        "eventsCursor": None,
        "categories": None,
        "openRow": 3,
        "pageText": None,
        "file": None,
        "budget": "",
        "seen": "",
        "receipts": {"status": "", "errorClass": "", "rows": RECEIPTS, "cursor": "1-2-3"},
    }
    if job["counts"]["total"] == 0:
        page["receipts"] = {**page["receipts"], "rows": [], "cursor": None}
    return having(
        f"learn([job]); change({{ watch, place: 'jobs', jobId: job.id, page }}); {script}",
        job=job,
        page=page,
        watch=seen([job]),
    )


def read_only_list(desk: Bench) -> None:
    desk.press("Jobs")
    expect(desk.sidebar.get_by_text("No jobs yet")).to_be_visible()


LISTED = (
    "learn(jobs); const ids = jobs.map((job) => job.id);"
    "change({ watch, place: 'jobs', list: { ...state.list, ids, cursor: '1' } });"
)

JOBS: States = {
    "jobs-empty": read_only_list,
    "jobs-loading": having("change({ place: 'jobs' });"),
    "jobs": having(LISTED, jobs=MANY, watch=seen(MANY)),
    "jobs-picked": having(f"{LISTED} pick(jobs[0].id); pick(jobs[3].id);", jobs=MANY, watch=seen(MANY)),
    "jobs-asked": having(
        f"{LISTED} changeIn('list', {{ all: true }}); change({{ asked: 'bulk cancel' }});",
        jobs=MANY,
        watch=seen(MANY),
    ),
    "jobs-refused": having(
        f"{LISTED} pick(jobs[4].id);"
        "changeIn('list', { refused: 'Pause: 2 done, 1 not. This job is complete; it cannot be paused.' });",
        jobs=MANY,
        watch=seen(MANY),
    ),
    "jobs-none-match": having(
        "change({ place: 'jobs', list: { ...state.list, ids: [], status: 'PAUSED' } });"
    ),
    "job-running": a_page(a_job()),
    "job-stopping": a_page(a_job(stopping="cancel")),
    "job-paused": a_page(MANY[1]),
    "job-complete": a_page(COMPLETE),
    "job-failed": a_page(MANY[5]),
    "job-asked": a_page(COMPLETE, "change({ asked: `undo ${job.id}` });"),
    "job-website": a_page(
        {**COMPLETE, "recipe": "case_b"},
        "const page_url = 'https://www.hardware-house.example/about-us';"
        "const row = { ...state.page.receipts.rows[0], page_url, page_at: '2026-11-23T09:00:39Z' };"
        "const pages_read = ['https://www.hardware-house.example/', page_url];"
        "const text = 'Title: Hardware House\\nDescription: Tools, paint and keys since 1952.\\n'"
        " + 'Text: We cut keys while you wait.';"
        "changeIn('page', { openRow: row.row, receipts: { ...state.page.receipts, rows: [row] },"
        " pageText: { id: row.id, page: { url: page_url, pages_read, text } } });",
    ),
    "job-categories": a_page(
        COMPLETE,
        "const names = Array.from({ length: 40 }, (_, n) => [`Independent Hardware Stores ${n}`, 40 - n]);"
        "const counts = new Map(names);"
        "changeIn('page', { categories: { counts, read: 40, shown: CATEGORIES_SHOWN, over: true } });",
    ),
    "job-undone": a_page(UNDONE, f"learn([{json.dumps(UNDO)}]);"),
    "job-of-an-undo": a_page(UNDO, f"learn([{json.dumps(UNDONE)}]);"),
    "job-uploaded": a_page(COMPLETE, "changeIn('page', { uploadedAs: 'xlsx' });"),
}
