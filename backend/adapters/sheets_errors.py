"""What the Sheets API's refusals mean to us: one function from its error to ours."""

from __future__ import annotations

import json
import re
from typing import Any

from googleapiclient.errors import HttpError

from backend.errors import Forbidden, Invalid, NotFound, RowmillError, TryLater

#: Seconds to wait after a 429 without a delay of its own: the quotas are per minute and refill within it.
QUOTA_DELAY_S = 15.0
#: Seconds to wait after an error of Google's own, without a delay of its own.
ERROR_DELAY_S = 5.0
#: Seconds between two tries of what only the operator can mend.
OPERATOR_DELAY_S = 60.0

_GRID_LIMITS = re.compile(
    r"exceeds grid limits(?:\. Max rows: (?P<rows>\d+), max columns: (?P<columns>\d+))?", re.IGNORECASE
)
_NO_SUCH_TAB = re.compile(r"no (grid|sheet) with id", re.IGNORECASE)
_PROTECTED = re.compile(r"protected (cell|range|sheet)", re.IGNORECASE)
_OFFICE_FILE = re.compile(r"not supported for this document|office file", re.IGNORECASE)
#: What a refusal quotes may be a cell's content, which belongs in no message of ours.
_QUOTED = re.compile(r'"[^"]*"?')
MESSAGE_CHARACTERS = 300
#: Usage limits also come as 403, in the words of Google's older error format.
_QUOTA_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
#: Reasons of a 403 that have nothing to do with the spreadsheet.
_SETUP_REASONS = frozenset({"accessNotConfigured", "SERVICE_DISABLED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})


class BeyondGrid(Invalid):
    """Cells outside the tab's grid were named; `rows` and `columns` are its size, where the answer told."""

    def __init__(self, message: str, rows: int | None, columns: int | None) -> None:
        super().__init__(message)
        self.rows = rows
        self.columns = columns


def of_answer(error: HttpError, *, service_account: str, wrote: bool) -> RowmillError:
    """The error of ours that an answer of the API means; `wrote` says whether the call changes something."""
    status, message, reasons = error.resp.status, *_said(error)
    if status == 400:
        return _of_bad_request(message)
    if status == 404:
        return NotFound("There is no such spreadsheet, or it was deleted. Check its address.")
    if status == 429 or (status == 403 and reasons & _QUOTA_REASONS):
        return TryLater(
            "Google Sheets' quota of requests a minute is used up.",
            delay_s=_asked_delay_s(error) or QUOTA_DELAY_S,
        )
    if status == 401 or (status == 403 and reasons & _SETUP_REASONS):
        return TryLater(
            f"Google Sheets does not accept our service account {service_account}: its operator has to "
            "enable the Sheets API for it and check its credentials.",
            delay_s=OPERATOR_DELAY_S,
        )
    if status == 403:
        return _protected() if _PROTECTED.search(message) else not_shared(service_account)
    return TryLater(
        f"Google Sheets answered with an error of its own ({status}).",
        delay_s=_asked_delay_s(error) or ERROR_DELAY_S,
        maybe_applied=wrote,
    )


def not_shared(service_account: str) -> Forbidden:
    return Forbidden(
        f"The spreadsheet is not shared with {service_account}. Share it with that address as an editor.",
        code="not_shared",
    )


def _protected() -> Forbidden:
    return Forbidden(
        "A protected range covers cells that would be written. Change the protection, or allow our service "
        "account to edit it.",
        code="protected",
    )


def _of_bad_request(message: str) -> RowmillError:
    if _PROTECTED.search(message):
        return _protected()
    if _NO_SUCH_TAB.search(message):
        return NotFound("The sheet (tab) was deleted.")
    if _OFFICE_FILE.search(message):
        return Invalid(
            "This is an Office file, which Google Sheets can show but not open to others. "
            "Save it as a Google Sheet first (File, Save as Google Sheets)."
        )
    if limits := _GRID_LIMITS.search(message):
        size = (int(limits["rows"]), int(limits["columns"])) if limits["rows"] else (None, None)
        return BeyondGrid(f"The sheet is smaller than what was asked for: {message}", *size)
    unquoted = _QUOTED.sub("…", message)[:MESSAGE_CHARACTERS]
    return Invalid(f"Google Sheets refuses the request: {unquoted}")


def _said(error: HttpError) -> tuple[str, frozenset[str]]:
    """The message and every reason that an error body names."""
    try:
        body = json.loads(error.content)["error"]
        message, parts = str(body["message"]), [*body.get("details", []), *body.get("errors", [])]
    except (ValueError, KeyError, TypeError):
        return error.resp.reason or "no reason given", frozenset()
    return message, frozenset(part["reason"] for part in parts if "reason" in part)


def _asked_delay_s(error: HttpError) -> float | None:
    """Seconds that the answer asks to wait, from `Retry-After` or a `RetryInfo`; None where it does not."""
    asked: Any = error.resp.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    found = re.search(rb'"retryDelay":\s*"([0-9.]+)s"', error.content)
    return float(found[1]) if found else None
