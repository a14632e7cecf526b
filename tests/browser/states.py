"""Every place and state of the sidebar, each brought about in a few lines: for axe and for the screenshots.

States that hang on time or on failures are set in the page's own state, with data of the api's shape;
the flows that lead to them have tests of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.bench import Bench
from tests.browser.figures import a_run, a_schedule, a_skipped_run, some_stats

ACCOUNT = "rowmill-sheets@example-project.iam.gserviceaccount.com"
LONG = 'It\'s "odd" 📈 and far longer than the sidebar could ever show in one line of text'


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
        "mode": "only_empty",
        "filter": None,
        "start_row": 2,
        "max_rows": None,
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
        "moves": ["pause", "cancel"],
        **changes,
    }


def counts(**given: int) -> dict[str, int]:
    names = ("total", "done", "failed", "skipped", "stale", "gone", "cancelled", "cached", "answered")
    return {name: given.get(name, 0) for name in names}


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
        counts=counts(),
        reason={"code": "in_line", "sentence": "Next in line: all three places are taken."},
        cost_microusd=0,
    ),
    a_job(
        id="d" * 20,
        sheet_name="Leads April",
        status="PENDING",
        run_at="2027-12-01T08:00:00Z",
        counts=counts(),
    ),
    {**COMPLETE, "id": "e" * 20, "sheet_name": "Leads February"},
    a_job(
        id="f" * 20,
        sheet_name="Leads May",
        status="FAILED",
        counts=counts(),
        failures={},
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


RECEIPTS = [
    a_receipt(2),
    a_receipt(3, cached=True, written_row=7),
    a_receipt(4, status="failed", error_class="model_timeout", sentence="No answer in time.", outputs={}),
    a_receipt(5, status="skipped", sentence="The row has no company name.", outputs={}, written_row=None),
    a_receipt(6, status="stale", sentence="Its inputs were changed meanwhile.", written_row=None),
]

ESTIMATE = {
    "rows_found": 6000,
    "without_inputs": 31,
    "already_filled": 1000,
    "duplicates": 88,
    "already_answered": 20,
    "calls": 4861,
    "cost_microusd": {"low": 130_000, "mid": 160_000, "high": 210_000},
    "cost_from": "lengths",
    "model": "gpt-5-nano",
    "seconds": {"low": 100, "mid": 150, "high": 240},
    "place_in_line": 2,
    "sample_prompt": {
        "row": 2,
        "system": "You name what a company sells.",
        "user": "Company: Hardware House",
    },
    "warnings": ["Two columns are called Status; the first one is used."],
}

PROBLEM = {
    "status": 503,
    "code": "unreachable",
    "title": "Rowmill does not answer just now",
    "detail": "The service is starting or busy (503). Your jobs go on without the sidebar.",
    "fields": None,
    "trace": "4bf92f3577b34da6",
}


def put(desk: Bench, script: str, **values: Any) -> None:
    """Sets the page's state; each value is there under its name."""
    given = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
    desk.evaluate(f"{given} {script}")
    desk.page.wait_for_timeout(200)


def seen(jobs: list[dict[str, Any]]) -> dict[str, Any]:
    by_status: dict[str, int] = {}
    for job in jobs:
        by_status[job["status"]] = by_status.get(job["status"], 0) + 1
    return {"now": "2026-11-23T09:00:41Z", "jobs": jobs, "by_status": by_status, "live_rows": [], "poll_s": 5}


def phase(name: str, script: str = "") -> Callable[[Bench], None]:
    def bring_about(desk: Bench) -> None:
        put(
            desk,
            f"change({{ phase: '{name}', serviceAccount: account, problem }}); {script}",
            account=ACCOUNT,
            problem=PROBLEM,
        )

    return bring_about


def sheet(script: str = "", **values: Any) -> Callable[[Bench], None]:
    def bring_about(desk: Bench) -> None:
        put(desk, script, **values)

    return bring_about


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
    return sheet(
        f"learn([job]); change({{ watch, place: 'jobs', jobId: job.id, page }}); {script}",
        job=job,
        page=page,
        watch=seen([job]),
    )


def analytics(stats: dict[str, Any] | None, script: str = "") -> Callable[[Bench], None]:
    return sheet(
        "const hours = stats ? stats.hours : 24;"
        f"change({{ watch, place: 'jobs', view: 'analytics', stats: {{ hours, seen: stats }} }}); {script}",
        stats=stats,
        watch=seen([]),
    )


def schedules(found: list[dict[str, Any]] | None, script: str = "") -> Callable[[Bench], None]:
    return sheet(
        f"change({{ watch, place: 'jobs', view: 'schedules', schedules: found }}); {script}",
        found=found,
        watch=seen([]),
    )


def several_accounts(desk: Bench) -> None:
    put(desk, "change({ phase: 'opening', slow: true });")


def read_only_list(desk: Bench) -> None:
    desk.press("Jobs")
    expect(desk.sidebar.get_by_text("No jobs yet")).to_be_visible()


def a_file(**changes: Any) -> dict[str, Any]:
    """An upload as the api gives it once the file was read."""
    return {
        "id": "u" * 20,
        "name": "leads-march.csv",
        "kind": "csv",
        "sheet": None,
        "sheets": [],
        "header_row": 1,
        "headers": [
            {"index": at, "letter": "ABCDE"[at], "header": header}
            for at, header in enumerate(
                ["Company Name", "Company Keywords", "Company Short Description", "Phone", "Notes"]
            )
        ],
        "row_count": 6000,
        "column_count": 5,
        "preview": [
            ["Ace Hardware Corporation", "hardware, tools", "Cooperative of shops", "+1 630 990 6600", LONG],
            ["Bloom & Wild", "flowers, gifts", "Flowers by post", "", ""],
            ["", "", "", "+44 20 7946 0000", ""],
        ],
        "recipes": [],
        "suggested_recipe": "case_a",
        "notes": ["Row 3 has 2 cells more than the header; kept."],
        "skipped": 2,
        "problems": [
            {"row": 4, "problem": "no inputs"},
            {"row": 4711, "problem": "no Company Keywords or Company Short Description"},
        ],
        "state": "read",
        "rows_written": 0,
        "fraction": 0.0,
        "sheet_id": None,
        "sheet_name": None,
        "wait_s": 0,
        **changes,
    }


FOUND = a_file()
WORKBOOK = a_file(
    name=f"{LONG}.xlsx",
    kind="xlsx",
    sheet="Leads 2026",
    sheets=["Read me", "Leads 2026", LONG],
    header_row=4,
    skipped=312,
    problems=[{"row": row, "problem": "no inputs"} for row in range(5, 55)],
    notes=[
        'Read from the tab "Leads 2026". The workbook\'s tabs: "Read me", "Leads 2026", "Old" (hidden).',
        "The header is in row 4. The rows above it are kept.",
    ],
)
UNRECOGNISED = a_file(suggested_recipe=None, recipes=[], skipped=0, problems=[])
WRITING = a_file(
    state="writing", sheet_id=7, sheet_name="leads-march", rows_written=2400, fraction=0.4, wait_s=4
)
WRITTEN = a_file(state="done", sheet_id=7, sheet_name="leads-march", rows_written=6000, fraction=1.0)
REFUSED = {
    **PROBLEM,
    "status": 422,
    "title": "This file cannot be taken",
    "detail": '"leads.xlsx" is protected by a password. Remove the password in Excel, save it, and use that '
    "file.",
    "trace": None,
}


def an_upload(step: str, script: str = "", *, size: int = 4_100, **upload: Any) -> Callable[[Bench], None]:
    """What is recognised is taken from the sheet that the page has read."""
    named = upload.get("given", FOUND)["name"]
    file = {"name": named, "size": size}
    return sheet(
        "const recipes = state.sheet.recipes;"
        "const given = upload.given ? { ...upload.given, recipes } : null;"
        f"change({{ place: 'upload', upload: {{ ...state.upload, ...upload, given }} }}); {script}",
        upload={**upload, "step": step, "file": file, "looked": True},
    )


KEY = {"last_four": "WXYZ", "set_at": "2026-11-20T09:00:00Z"}
SPENDING = [
    {"scope": "user", "spent_microusd": 1_240_000, "cap_microusd": 5_000_000},
    {"scope": "deployment", "spent_microusd": 20_000_000, "cap_microusd": 20_000_000},
]
KEY_REFUSED = {
    **PROBLEM,
    "status": 422,
    "detail": "The provider does not take this key for gpt-5-nano (refused).",
    "fields": {"api_key": "refused"},
}


def system(script: str = "", *, scrolled: bool = False, **told: Any) -> Callable[[Bench], None]:
    """The System place, with other words of the service on itself."""
    down = "setTimeout(() => { document.querySelector('.place').scrollTop = 9999; }, 60);" if scrolled else ""
    return sheet(
        "const answered = { at: Date.now(), seconds: 0.4 };"
        f"change({{ place: 'system', answered, system: {{ ...state.system, ...told }} }}); {script} {down}",
        told=told,
        key=KEY,
        problem=PROBLEM,
        refused=KEY_REFUSED,
    )


LISTED = (
    "learn(jobs); const ids = jobs.map((job) => job.id);"
    "change({ watch, place: 'jobs', list: { ...state.list, ids, cursor: '1' } });"
)
LIVE = (
    "learn([job]); const selection = { ...currentSelection(), start_row: 2 };"
    "change({ watch, live: { ...liveOf(job, selection), rows } });"
)

#: In the next frame, when what was changed has been drawn.
BELOW = "setTimeout(() => (document.querySelector('.place').scrollTop = 1e6), 100);"

SCHEDULES = [
    a_schedule(),
    a_schedule(
        id="b" * 20,
        sheet_name=LONG,
        recipe="case_b",
        filter={"column": "Instantly Date", "value": "2026-03-02"},
        max_rows=500,
        budget_microusd=5_000_000,
        cron="30 6 * * MON-FRI",
        time_zone="America/New_York",
        in_english="At 06:30 on Monday through Friday",
        next_times=["2026-11-24T11:30:00Z", "2026-11-25T11:30:00Z", "2026-11-26T11:30:00Z"],
        runs=[],
    ),
    a_schedule(
        id="c" * 20,
        sheet_name="Leads March",
        state="paused",
        sentence="Paused on request.",
        next_times=[],
        runs=[a_run(3, job_id=None, status=None), a_skipped_run(4)],
        moves=["resume", "remove"],
    ),
    a_schedule(
        id="d" * 20,
        sheet_name="Leads April",
        state="stopped",
        sentence="Stopped: the sheet or the spreadsheet was deleted.",
        next_times=[],
        runs=[a_run(5, status="FAILED", total=0, done=0, cost_microusd=0)],
        moves=["resume", "remove"],
    ),
]

REPEAT = {
    "every": "workday",
    "time": "07:00",
    "day": "MON",
    "times": {
        "in_english": "At 07:00 on Monday through Friday",
        "time_zone": "Europe/London",
        "next_times": ["2026-11-24T07:00:00Z", "2026-11-25T07:00:00Z", "2026-11-26T07:00:00Z"],
    },
}

STATES: dict[str, Callable[[Bench], None]] = {
    "entry-opening": phase("opening"),
    "entry-several-accounts": several_accounts,
    "entry-connect": phase("connect"),
    "entry-connect-wrong": phase(
        "connect",
        "change({ typedAddress: 'http://rowmill.example',"
        " trouble: { connect: { code: 'address', detail: 'The address has to begin with https://.' } } });",
    ),
    "entry-introduce": phase("introduce"),
    "entry-share": phase("share"),
    "entry-share-by-hand": phase("share", "change({ byHand: true, notYet: true });"),
    "entry-proving": phase("proving"),
    "entry-problem": phase("problem"),
    "sheet": sheet(),
    "sheet-columns": sheet("change({ columnsOpen: true });"),
    "sheet-more": sheet("change({ more: true }); setForm({ recipe: 'case_a', budget: 'x', startRow: '1' });"),
    "sheet-checked": sheet(
        "change({ receipt: { estimate, asked: JSON.stringify(currentSelection()) } });"
        "requestAnimationFrame(showReceipt);",
        estimate=ESTIMATE,
    ),
    "sheet-checked-old": sheet(
        "change({ receipt: { estimate, asked: '' } }); requestAnimationFrame(showReceipt);", estimate=ESTIMATE
    ),
    "sheet-running": sheet("learn([job]); change({ watch });", job=a_job(), watch=seen([a_job()])),
    "sheet-another": sheet(
        "learn([job]); change({ watch, another: true });",
        job=a_job(status="PAUSED", moves=["resume", "cancel"]),
        watch=seen([a_job()]),
    ),
    "sheet-loading": sheet("change({ sheet: null, sheetLoading: true });"),
    "sheet-problem": sheet("change({ sheet: null, trouble: { sheet: problem } });", problem=PROBLEM),
    "sheet-empty": sheet("change({ sheet: { ...state.sheet, headers: [], row_count: 0 } });"),
    "sheet-header-only": sheet("change({ sheet: { ...state.sheet, row_count: 0 } });"),
    "sheet-unrecognised": sheet(
        "const problem = 'No column serves Company Name. The headers found are Firm and Town.';"
        "const inputs = (match) => match.inputs.map((input) => ({ ...input, column: null }));"
        "const lost = (match) => ({ ...match, usable: false, problem, inputs: inputs(match) });"
        "change({ sheet: { ...state.sheet, recipes: state.sheet.recipes.map(lost) } });"
    ),
    "sheet-offline": sheet(
        "learn([job]); change({ watch, offline: { again: 8 } });", job=a_job(), watch=seen([a_job()])
    ),
    "live-running": sheet(
        LIVE,
        job=a_job(kind="live", counts=counts(total=100, done=46, failed=1)),
        rows=RECEIPTS,
        watch=seen([]),
    ),
    "live-done": sheet(
        LIVE,
        job=a_job(kind="live", status="COMPLETED", counts=counts(total=5, done=3, failed=1, skipped=1)),
        rows=RECEIPTS,
        watch=seen([]),
    ),
    "jobs-empty": read_only_list,
    "jobs-loading": sheet("change({ place: 'jobs' });"),
    "jobs": sheet(LISTED, jobs=MANY, watch=seen(MANY)),
    "jobs-picked": sheet(f"{LISTED} pick(jobs[0].id); pick(jobs[3].id);", jobs=MANY, watch=seen(MANY)),
    "jobs-asked": sheet(
        f"{LISTED} changeIn('list', {{ all: true }}); change({{ asked: 'bulk cancel' }});",
        jobs=MANY,
        watch=seen(MANY),
    ),
    "jobs-refused": sheet(
        f"{LISTED} pick(jobs[4].id);"
        "changeIn('list', { refused: 'Pause: 2 done, 1 not. This job is complete; it cannot be paused.' });",
        jobs=MANY,
        watch=seen(MANY),
    ),
    "jobs-none-match": sheet(
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
    "analytics-day": analytics(some_stats()),
    "analytics-month": analytics(some_stats(720)),
    "analytics-month-below": analytics(some_stats(720), BELOW),
    "analytics-table": analytics(
        some_stats(),
        "requestAnimationFrame(() => (document.querySelector('figure ~ details').open = true));" + BELOW,
    ),
    "analytics-empty": analytics(some_stats(done=[])),
    "analytics-empty-month": analytics(some_stats(720, done=[])),
    "analytics-loading": analytics(None),
    "analytics-problem": analytics(None, f"change({{ trouble: {{ stats: {json.dumps(PROBLEM)} }} }});"),
    "schedules": schedules(SCHEDULES),
    "schedules-below": schedules(SCHEDULES, BELOW),
    "schedules-empty": schedules([]),
    "schedules-loading": schedules(None),
    "schedules-problem": schedules(None, f"change({{ trouble: {{ schedules: {json.dumps(PROBLEM)} }} }});"),
    "schedules-skipped": schedules(
        [a_schedule(runs=[a_skipped_run(0), a_run(1, status="RUNNING", done=700)])]
    ),
    "schedules-asked": schedules([a_schedule()], f"change({{ asked: 'remove {'a' * 20}' }});"),
    "schedules-new": schedules([], f"change({{ repeat: {json.dumps(REPEAT)} }});"),
    "schedules-new-weekly": schedules(
        [], f"change({{ repeat: {json.dumps({**REPEAT, 'every': 'week', 'time': '', 'times': None})} }});"
    ),
    "schedules-new-not-ready": schedules(
        [], f"change({{ sheet: {{ ...state.sheet, row_count: 0 }}, repeat: {json.dumps(REPEAT)} }});"
    ),
    "upload": an_upload("choose"),
    "upload-dragging": an_upload("choose", dragging=True),
    "upload-refused": an_upload("choose", problem=REFUSED),
    "upload-broken-off": an_upload("choose", problem=PROBLEM, size=13_000_000),
    "upload-sending": an_upload("sending", size=13_000_000, sent=4_400_000),
    "upload-reading": an_upload("sending", size=13_000_000, sent=13_000_000),
    "upload-read": an_upload("read", given=FOUND),
    "upload-read-workbook": an_upload("read", given=WORKBOOK),
    "upload-read-unrecognised": an_upload("read", given=UNRECOGNISED, title="x" * 90),
    "upload-read-no-rows": an_upload("read", given=a_file(row_count=0, preview=[], notes=[], skipped=0)),
    "upload-writing": an_upload("writing", given=WRITING),
    "upload-writing-asked": an_upload("writing", "change({ asked: 'cancel upload' });", given=WRITING),
    "upload-cancelling": an_upload("writing", given=WRITING, stopping=True),
    "upload-left": an_upload("writing", given=WRITING, halted=True),
    "upload-stopped": an_upload("writing", given=WRITING, halted=True, problem=PROBLEM),
    "upload-done": an_upload("done", given=WRITTEN),
    "upload-done-unrecognised": an_upload("done", given={**WRITTEN, "suggested_recipe": None}),
    "system": system(),
    "system-caps": system("", spending=SPENDING, standin=False, provider="api.openai.com"),
    "system-no-answer": system("change({ trouble: { system: problem } });"),
    "system-asking": system("change({ system: null, answered: null, busy: { system: true } });"),
    "system-key": system("change({ keyTested: key.set_at });", own_key=KEY),
    "system-key-form": system("change({ keyOpen: true, typedKey: 'sk-0123456789' });"),
    "system-key-refused": system(
        "change({ keyOpen: true, typedKey: 'sk-0123456789', trouble: { 'set key': refused } });", own_key=KEY
    ),
    "system-key-asked": system("change({ asked: 'remove key' });", own_key=KEY),
    "system-key-none-kept": system(keeps_own_keys=False),
    "system-diagnostics": system("change({ diagnosticsOpen: true });", scrolled=True),
    "job-uploaded": a_page(COMPLETE, "changeIn('page', { uploadedAs: 'xlsx' });"),
    "toast": sheet("say('Companies: complete. 1,168 done · 12 failed.', 'x');"),
}


#: The watch is stilled, and the state as it was when the sheet had been read is kept to go back to.
STILL = "watchOnce = () => new Promise(() => {}); request.abort(); window.first = structuredClone(state);"


def opened_to_show(desk: Bench) -> Bench:
    desk.opened()
    desk.wait_until(lambda: desk.evaluate("return state.watch !== null && state.system !== null"))
    desk.evaluate(STILL)
    return desk


def show(desk: Bench, name: str) -> None:
    """Any state after any other, on a page opened by `opened_to_show`."""
    desk.evaluate("change(structuredClone(window.first)); document.querySelector('.place').scrollTop = 0;")
    desk.page.wait_for_timeout(50)
    STATES[name](desk)
