"""Progress for the open sidebar."""

from __future__ import annotations

from datetime import datetime

from backend.entrypoints.payloads.base import Asked, Given, SpreadsheetId, Status
from backend.entrypoints.payloads.jobs import JobGiven
from backend.entrypoints.payloads.rows import ReceiptGiven


class WatchQuery(Asked):
    spreadsheet_id: SpreadsheetId


class WatchGiven(Given):
    """What the open sidebar shows. The answer carries an ETag; send it back as If-None-Match."""

    now: datetime
    #: Running, stopping or paused first, then waiting, then those that ended in the last ten minutes.
    jobs: list[JobGiven]
    #: How many jobs of this spreadsheet are in each state.
    by_status: dict[Status, int]
    #: A live run's newest rows, oldest first.
    live_rows: list[ReceiptGiven]
    #: Seconds the page should wait before it asks again.
    poll_s: float
