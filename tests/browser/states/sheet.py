"""The Sheet place, and live runs on it."""

from __future__ import annotations

from tests.browser.states.setting import PROBLEM, States, having
from tests.browser.states.told import LATER, RECEIPTS, a_job, counts, seen

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

LIVE = (
    "learn([job]); const selection = { ...currentSelection(), start_row: 2 };"
    "change({ watch, live: { ...liveOf(job, selection), rows } });"
)

SHEET: States = {
    "sheet": having(),
    "sheet-columns": having("change({ columnsOpen: true });"),
    "sheet-more": having(
        "change({ more: true }); setForm({ recipe: 'case_a', budget: 'x', startRow: '1' });"
    ),
    "sheet-checked": having(
        "change({ receipt: { estimate, asked: JSON.stringify(currentSelection()) } });"
        "requestAnimationFrame(showReceipt);",
        estimate=ESTIMATE,
    ),
    "sheet-checked-old": having(
        "change({ receipt: { estimate, asked: '' } }); requestAnimationFrame(showReceipt);", estimate=ESTIMATE
    ),
    "sheet-running": having("learn([job]); change({ watch });", job=a_job(), watch=seen([a_job()])),
    "sheet-another": having(
        "learn([job]); change({ watch, another: true });",
        job=a_job(status="PAUSED", moves=["resume", "cancel"]),
        watch=seen([a_job()]),
    ),
    "sheet-later": having("learn([job]); change({ watch });", job=LATER, watch=seen([LATER])),
    "sheet-loading": having("change({ sheet: null, sheetLoading: true });"),
    "sheet-problem": having("change({ sheet: null, trouble: { sheet: problem } });", problem=PROBLEM),
    "sheet-empty": having("change({ sheet: { ...state.sheet, headers: [], row_count: 0 } });"),
    "sheet-header-only": having("change({ sheet: { ...state.sheet, row_count: 0 } });"),
    "sheet-unrecognised": having(
        "const problem = 'No column serves Company Name. The headers found are Firm and Town.';"
        "const inputs = (match) => match.inputs.map((input) => ({ ...input, column: null }));"
        "const lost = (match) => ({ ...match, usable: false, problem, inputs: inputs(match) });"
        "change({ sheet: { ...state.sheet, recipes: state.sheet.recipes.map(lost) } });"
    ),
    "sheet-offline": having(
        "learn([job]); change({ watch, offline: { again: 8, title: NO_ANSWER } });",
        job=a_job(),
        watch=seen([a_job()]),
    ),
    "live-running": having(
        LIVE,
        job=a_job(kind="live", counts=counts(total=100, done=46, failed=1)),
        rows=RECEIPTS,
        watch=seen([a_job(kind="live")]),
    ),
    "live-done": having(
        LIVE,
        job=a_job(kind="live", status="COMPLETED", counts=counts(total=5, done=3, failed=1, skipped=1)),
        rows=RECEIPTS,
        watch=seen([]),
    ),
}
