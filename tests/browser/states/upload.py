"""A file on its way into a new tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.bench import Bench
from tests.browser.states.setting import LONG, PROBLEM, States, having


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
    return having(
        "const recipes = state.sheet.recipes;"
        "const given = upload.given ? { ...upload.given, recipes } : null;"
        f"change({{ place: 'upload', upload: {{ ...state.upload, ...upload, given }} }}); {script}",
        upload={**upload, "step": step, "file": file, "looked": True},
    )


UPLOAD: States = {
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
}
