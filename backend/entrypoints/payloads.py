"""The JSON that the api takes and gives: the same models validate requests and make the OpenAPI.

Unknown fields are refused. Money is integer micro-dollars, durations are seconds, times are RFC 3339 in
UTC, rows are numbered as the sheet shows them (the header is row 1).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

SpreadsheetId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{10,120}$")]
JobId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{16,40}$")]
Header = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Mode = Literal["all", "only_empty", "only_failed", "stale"]
Priority = Literal["high", "normal", "low"]
Status = Literal["PENDING", "RUNNING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"]
Kind = Literal["background", "live", "undo"]
RecipeName = Literal["case_a", "case_b"]
RowStatus = Literal["done", "failed", "skipped", "stale", "gone", "cancelled"]
Move = Literal["pause", "resume", "cancel", "retry", "delete", "undo"]
SheetId = Annotated[int, Field(ge=0, lt=2**31)]
Row = Annotated[int, Field(ge=2, le=10_000_000)]
MicroUsd = Annotated[int, Field(ge=0, le=10**12)]


class Asked(BaseModel):
    """The base of what comes in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Nothing(Asked):
    """No fields at all."""


class Given(BaseModel):
    """The base of what goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# ── access ─────────────────────────────────────────────────────────────────────────────────────────


class ChallengeAsked(Asked):
    spreadsheet_id: SpreadsheetId


class ChallengeGiven(Given):
    nonce: str
    #: The developer-metadata key (visibility DOCUMENT) under which the script writes the nonce.
    metadata_key: str
    expires_in_s: int
    #: The address the spreadsheet has to be shared with.
    service_account: str


class GrantAsked(Asked):
    spreadsheet_id: SpreadsheetId
    nonce: Annotated[str, StringConstraints(min_length=20, max_length=200)]


class WatchTokenGiven(Given):
    """Read-only, ten minutes, for `GET /api/watch` directly from the page."""

    watch_token: str
    expires_in_s: int
    #: Absolute address of the watch route as the page reaches it.
    watch_url: str


class GrantGiven(WatchTokenGiven):
    grant_expires_in_s: int


class WatchTokenAsked(Asked):
    spreadsheet_id: SpreadsheetId


# ── the sheet ──────────────────────────────────────────────────────────────────────────────────────


class TabGiven(Given):
    id: int
    title: str
    rows: int
    columns: int


class ColumnGiven(Given):
    index: int
    #: As the person sees it: A, B, …, AA.
    letter: str
    header: str


class InputGiven(Given):
    name: str
    label: str
    required: bool
    #: The column that serves it, or null.
    column: ColumnGiven | None
    #: Headers that would be recognised.
    accepted: list[str]


class OutputGiven(Given):
    name: str
    header: str
    #: Where it stands, or null: it will be added behind the last column.
    column: ColumnGiven | None


class RecipeMatch(Given):
    recipe: RecipeName
    title: str
    description: str
    inputs: list[InputGiven]
    outputs: list[OutputGiven]
    usable: bool
    #: Why it is not usable, in a sentence that names the headers found and those accepted.
    problem: str | None


class SheetGiven(Given):
    spreadsheet_id: str
    title: str
    tabs: list[TabGiven]
    #: The tab looked at (query `sheet_id`, else the first).
    sheet_id: int
    sheet_name: str
    headers: list[ColumnGiven]
    #: Rows below the header up to the last one that is not blank.
    row_count: int
    recipes: list[RecipeMatch]
    suggested_recipe: RecipeName | None
    #: What stands in the way (a protected range that the outputs touch), as sentences.
    problems: list[str]


class ValueCount(Given):
    value: str
    count: int


class ColumnValuesGiven(Given):
    header: str
    values: list[ValueCount]
    #: True when there were more different values than are listed.
    truncated: bool


# ── what to run ────────────────────────────────────────────────────────────────────────────────────


class FilterAsked(Asked):
    column: Header
    value: Annotated[str, StringConstraints(max_length=500)]


class Selection(Asked):
    """Which rows of which tab, by which recipe."""

    spreadsheet_id: SpreadsheetId
    recipe: RecipeName
    #: Input name → header, where the person chose another column than the recognised one.
    columns: dict[str, Header] = Field(default_factory=dict, max_length=10)
    mode: Mode = "only_empty"
    filter: FilterAsked | None = None
    start_row: Row = 2
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    #: Ask the model anew even where an equal row has been answered.
    fresh: bool = False
    #: Case B: where the page fails, use keywords and description if the row has them.
    fallback: bool = True
    budget_microusd: MicroUsd | None = None


class EstimateAsked(Selection):
    sheet_id: SheetId


class PromptGiven(Given):
    row: int
    system: str
    user: str


class Range(Given):
    low: int
    mid: int
    high: int


class EstimateGiven(Given):
    rows_found: int
    without_inputs: int
    already_filled: int
    #: Rows equal to an earlier one of the selection: they share its answer.
    duplicates: int
    already_answered: int
    calls: int
    cost_microusd: Range
    #: How the cost was found: "bills" (this recipe's last ones) or "lengths" (of the prompts).
    cost_from: Literal["bills", "lengths"]
    model: str
    seconds: Range
    #: 1 is next; 0 means it would start at once.
    place_in_line: int
    sample_prompt: PromptGiven | None
    #: Sentences to read before pressing the button.
    warnings: list[str]


class JobsAsked(Selection):
    kind: Literal["background", "live"] = "background"
    #: One job is created for each tab; a live run takes one.
    sheet_ids: Annotated[list[SheetId], Field(min_length=1, max_length=50)]
    priority: Priority = "normal"
    run_at: AwareDatetime | None = None
    depends_on: Annotated[list[JobId], Field(max_length=20)] = Field(default_factory=list)


# ── jobs ───────────────────────────────────────────────────────────────────────────────────────────


class Counts(Given):
    total: int
    done: int
    failed: int
    skipped: int
    stale: int
    gone: int
    cancelled: int
    #: Part of done: answered without a new call.
    cached: int
    #: Answered, and on the way into the sheet: not yet among the others.
    answered: int


class ReasonGiven(Given):
    code: str
    sentence: str


class JobErrorGiven(Given):
    error_class: str
    sentence: str
    trace_id: str


class JobGiven(Given):
    id: str
    kind: Kind
    spreadsheet_id: str
    spreadsheet_title: str
    sheet_id: int
    sheet_name: str
    recipe: RecipeName
    recipe_version: int
    mode: Mode
    filter: FilterAsked | None
    start_row: int
    max_rows: int | None
    priority: Priority
    status: Status
    #: Why it is PENDING, PAUSED or FAILED.
    reason: ReasonGiven | None
    #: "pause" or "cancel" was asked and the calls in flight are being awaited.
    stopping: Literal["pause", "cancel"] | None
    #: Model calls that have been sent and not come back.
    in_flight: int
    #: In line: 1 is next. Null when not waiting in line.
    place: int | None
    starts_in_s: int | None
    run_at: datetime | None
    depends_on: list[str]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    created_by: str
    #: Whether the caller created it.
    yours: bool
    counts: Counts
    #: Error class → number of rows, of the rows that failed.
    failures: dict[str, int]
    tokens_in: int
    tokens_out: int
    model_calls: int
    cost_microusd: int
    #: What answers that were already known would have cost again.
    saved_microusd: int
    budget_microusd: int | None
    model: str
    #: Answers come from the offline stand-in.
    standin: bool
    own_key: bool
    attempt: int
    rows_per_min: int
    seconds_left: int | None
    error: JobErrorGiven | None
    #: What may be done with it now.
    moves: list[Move]


class JobsGiven(Given):
    jobs: list[JobGiven]
    cursor: str | None = None


class JobPatch(Asked):
    priority: Priority | None = None
    #: Raising it resumes a job that paused on its budget.
    budget_microusd: MicroUsd | None = None


class RetryAsked(Asked):
    #: One class of failure, or null for everything that failed or was left.
    error_class: Annotated[str, StringConstraints(max_length=60)] | None = None


class MoveGiven(Given):
    job: JobGiven
    #: What it did, in a sentence.
    did: str


class JobFilter(Asked):
    status: Status | None = None
    recipe: RecipeName | None = None
    sheet_id: SheetId | None = None
    #: Ended or created at least so many days ago.
    older_than_days: Annotated[int, Field(ge=0, le=3650)] | None = None


class ActionsAsked(Asked):
    spreadsheet_id: SpreadsheetId
    action: Move
    ids: Annotated[list[JobId], Field(max_length=500)] | None = None
    filter: JobFilter | None = None


class ActionResult(Given):
    id: str
    ok: bool
    #: What was done, or why not.
    sentence: str


class ActionsGiven(Given):
    results: list[ActionResult]


class ReceiptGiven(Given):
    #: Where the row stood when it was accepted, and where it was last seen (null: nowhere).
    row: int
    written_row: int | None
    status: RowStatus
    error_class: str | None
    sentence: str | None
    outputs: dict[str, str]
    cached: bool
    attempts: int
    model: str
    recipe_version: int
    tokens_in: int
    tokens_out: int
    cost_microusd: int
    seconds: float
    page_url: str | None
    ended_at: datetime


class RowsGiven(Given):
    rows: list[ReceiptGiven]
    cursor: str | None


class EventGiven(Given):
    at: datetime
    who: str
    what: str
    why: str | None


class EventsGiven(Given):
    events: list[EventGiven]
    cursor: str | None


class DownloadGiven(Given):
    """A single-use link, good for two minutes, that a browser may open."""

    url: str
    expires_in_s: int


# ── watching ───────────────────────────────────────────────────────────────────────────────────────


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


# ── system ─────────────────────────────────────────────────────────────────────────────────────────


class PriceGiven(Given):
    model: str
    input_microusd_per_million: int
    output_microusd_per_million: int


ApiKey = Annotated[str, StringConstraints(min_length=20, max_length=300, pattern=r"^[!-~]+$")]


class KeyAsked(Asked):
    """A key of the model's provider. It is never given back."""

    api_key: ApiKey


class KeyGiven(Given):
    """What may be shown of one's own key."""

    last_four: str
    set_at: datetime


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


class Problem(Given):
    """application/problem+json (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    #: Machine-readable: "not_shared", "no_grant", "no_proof", …
    code: str | None = None
    fields: dict[str, str] | None = None
    trace_id: str | None = None


# ── queries ────────────────────────────────────────────────────────────────────────────────────────

Cursor = Annotated[str, StringConstraints(max_length=500)]


class SheetQuery(Asked):
    sheet_id: SheetId | None = None


class ValuesQuery(Asked):
    sheet_id: SheetId
    column: Header


class JobsQuery(Asked):
    spreadsheet_id: SpreadsheetId
    status: Status | None = None
    recipe: RecipeName | None = None
    sheet_id: SheetId | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class RowsQuery(Asked):
    status: RowStatus | None = None
    error_class: Annotated[str, StringConstraints(max_length=60)] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, StringConstraints(pattern=r"^\d{1,6}-\d{1,9}-\d{1,9}$")] | None = None


class EventsQuery(Asked):
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class WatchQuery(Asked):
    spreadsheet_id: SpreadsheetId


# ── the worker's two ───────────────────────────────────────────────────────────────────────────────


class BatchAsked(Asked):
    job_id: JobId
    enqueue_no: Annotated[int, Field(ge=0, lt=2**53)]
