"""What a deployment is and allows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from backend.entrypoints.payloads.base import Given
from backend.entrypoints.payloads.key import KeyGiven


class PriceGiven(Given):
    model: str
    input_microusd_per_million: int
    output_microusd_per_million: int


class SpendingGiven(Given):
    """What is spent today, what is reserved for calls in flight included, and the cap."""

    scope: Literal["user", "deployment"]
    spent_microusd: int
    cap_microusd: int


class LimitsGiven(Given):
    """What this deployment allows, beside what stands with the other settings."""

    upload_bytes: int
    upload_rows: int
    body_bytes: int
    requests_per_minute: int
    #: Those of them that ask Google Sheets.
    sheet_requests_per_minute: int
    #: Null: any number may wait.
    waiting_jobs: int | None
    schedules_per_spreadsheet: int
    live_places: int
    answers_days: int
    pages_days: int


class SystemGiven(Given):
    version: str
    model: str
    #: The host that answers go to, or "standin".
    provider: str
    standin: bool
    prices: list[PriceGiven]
    service_account: str
    max_running_jobs: int
    max_rows_per_job: int
    live_rows: int
    history_days: int
    recipes: list[str]
    #: The caller's own key, if they have set one; whether this deployment keeps such keys.
    own_key: KeyGiven | None
    keeps_own_keys: bool
    #: Today's spending against each cap that is set; the day is UTC's.
    spending: list[SpendingGiven]
    #: When the next day begins.
    spending_resets_at: datetime
    limits: LimitsGiven
