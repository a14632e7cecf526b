"""What the ledger notes of a request besides its path: ranges, kinds of change, rows."""

from __future__ import annotations

from typing import Any

from backend.local.sheets.call import Answer, Call

#: Ranges noted of one request.
_MAX_RANGES = 50


def asked(call: Call) -> dict[str, Any]:
    """The kinds of request of a batchUpdate; nothing for other methods."""
    requests = call.body.get("requests", [])
    return {"requests": [kind for request in requests for kind in request]} if requests else {}


def answered(answer: Answer) -> dict[str, Any]:
    """The ranges that were read or written, and how many rows of values that was."""
    ranges: list[str] = []
    rows = 0
    for part in _parts(answer):
        text = part.get("range") or part.get("updatedRange") or part.get("clearedRange")
        if text:
            ranges.append(text)
        rows += len(part.get("values", ())) + part.get("updatedRows", 0)
    for sheet in answer.get("sheets", ()):
        for data in sheet.get("data", ()):
            rows += len(data.get("rowData", ()))
    ranges += answer.get("clearedRanges", [])
    return {"ranges": ranges[:_MAX_RANGES], "rows": rows}


def _parts(answer: Answer) -> list[dict[str, Any]]:
    return [
        answer,
        *answer.get("responses", ()),
        *(each.get("valueRange", each) for each in answer.get("valueRanges", ())),
        *([answer["updates"]] if "updates" in answer else ()),
    ]
