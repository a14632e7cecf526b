"""The outside as the use cases see it: one Protocol per outside system.

Each says what it promises and which of our errors (`backend.errors`) it raises; adapters translate and
never sleep. Times are Unix seconds (float, UTC) unless the name says otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from backend.domain.page import Page

Json = Any
Data = Mapping[str, Json]


# ── Documents ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Key:
    """A document's place. `collection` has no slash; `id` is 1 to 500 of `[A-Za-z0-9_.:~-]`."""

    collection: str
    id: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was read. `version` is opaque and changes with every write to the document."""

    key: Key
    data: dict[str, Json]
    version: str
    #: When it stops existing, or None. The store compares the time at every read.
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """Holds only if the document is absent (or expired)."""

    key: Key
    data: Data
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """Holds only if the document still has `version`."""

    key: Key
    version: str
    data: Data
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Holds only if the document still has `version`."""

    key: Key
    version: str


@dataclass(frozen=True, slots=True)
class Increment:
    """Adds to integer fields, starting absent fields and an absent document at 0.

    Allowed only beside a `Create` (else ValueError): then a commit repeated after an ambiguous
    timeout meets what it created and counts nothing twice.
    """

    key: Key
    by: Mapping[str, int]


Write = Create | Replace | Delete | Increment


@dataclass(frozen=True, slots=True)
class Query:
    """A declared question: equality on `equal`, then the order. `-field` means descending.

    Production needs a composite index for each; `infra/firestore.indexes.json` is held to the
    declarations in `usecases.records`.
    """

    collection: str
    equal: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One page of an answer; `cursor` asks for the next one and is None on the last."""

    documents: list[Document]
    cursor: str | None


class Documents(Protocol):
    """JSON documents in named collections: atomic lists of conditional writes, and no transactions.

    Data is JSON (null, bool, int within 64 bits, float, str, list, object with string keys); a document
    holds at most 1 MiB and a commit at most 500 writes and 10 MiB (ValueError beyond). All methods may be
    called from any thread. Raises `TryLater` when the store is busy or out of reach, with `maybe_applied`
    when a commit may have happened all the same.
    """

    def get(self, key: Key) -> Document | None: ...

    def get_many(self, keys: Sequence[Key]) -> list[Document | None]:
        """In the order asked."""
        ...

    def query(
        self,
        query: Query,
        values: Mapping[str, Json] | None = None,
        *,
        low: Json = None,
        high: Json = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Found:
        """`values` has one value per field of `equal`; `low <= first ordered field < high` where given.

        Documents that lack an ordered field are not found. Equal orders are told apart by id.
        """
        ...

    def count(self, query: Query, values: Mapping[str, Json] | None = None) -> int: ...

    def sum(self, query: Query, values: Mapping[str, Json] | None, field: str) -> int: ...

    def commit(self, writes: Sequence[Write]) -> list[str]:
        """All of it or nothing; raises `Conflict` when a condition does not hold.

        Gives the new version of each written document, in the order of `writes` ("" for a `Delete` and
        an `Increment`), so that a chain of replaces needs no read in between.
        """
        ...

    def purge_expired(self, limit: int = 1000) -> int:
        """Removes up to `limit` documents whose time is over, where the store does not do so by itself."""
        ...


# ── Task queue ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Task:
    """A call to one of the worker's routes. `name` is unique for ever: a used one counts as enqueued."""

    #: Which queue: one's own places for what a person watches, so that it never waits behind a batch.
    queue: Literal["background", "live"]
    name: str
    path: str
    body: Data
    #: Unix seconds, at most 30 days ahead; None is now.
    run_at: float | None = None


class TaskQueue(Protocol):
    """At-least-once delivery to the worker, with nothing promised about order or duplicates."""

    def enqueue(self, task: Task) -> None:
        """Raises `TryLater`, with `maybe_applied` after a timeout; a used name is success."""
        ...


# ── Sheets ─────────────────────────────────────────────────────────────────────────────────────────

#: As read with UNFORMATTED_VALUE: numbers stay numbers, dates come as text, blanks as "".
Cell = str | int | float | bool
#: A `userEnteredValue` of the API (`{"formulaValue": "=A1"}`, …), or None for an empty cell.
Entered = dict[str, Json] | None


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of one tab, zero-based and half-open, addressed by the tab's numeric id."""

    sheet_id: int
    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Protected:
    """A protected range; `editable` says whether our service account may write into it."""

    area: Area
    description: str
    editable: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A sheet of a spreadsheet, with its grid's size."""

    id: int
    title: str
    rows: int
    columns: int
    protected: tuple[Protected, ...] = ()


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """What a spreadsheet says of itself."""

    id: str
    title: str
    tabs: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Values to be written RAW from the area's upper left; None leaves a cell as it is."""

    area: Area
    values: Sequence[Sequence[Cell | None]]


@dataclass(frozen=True, slots=True)
class Nonce:
    """A developer-metadata entry that carries a proof of edit."""

    metadata_id: int
    value: str


class Sheets(Protocol):
    """One service account's view of spreadsheets. Every method is one call to the API.

    Raises `NotFound` (no such spreadsheet or tab), `Forbidden` (not shared with us, or protected),
    `TryLater` (429, 5xx, timeout; `maybe_applied` for writes) and `Invalid` (what was asked cannot be).
    May be called from any thread. `timeout_s` bounds the whole call.
    """

    def describe(self, spreadsheet_id: str) -> Spreadsheet: ...

    def read(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Cell]]]:
        """One grid per area, each padded with "" to the area's size clipped to the tab's grid."""
        ...

    def entered(
        self, spreadsheet_id: str, areas: Sequence[Area], *, timeout_s: float = 30
    ) -> list[list[list[Entered]]]:
        """What was typed into the cells: formulas, numbers, text."""
        ...

    def write(self, spreadsheet_id: str, blocks: Sequence[Block], *, timeout_s: float = 30) -> None:
        """All blocks or none."""
        ...

    def restore(
        self, spreadsheet_id: str, cells: Sequence[tuple[Area, Entered]], *, timeout_s: float = 30
    ) -> None:
        """Puts back what single cells held, as typed values (formulas live again). All or none."""
        ...

    def add_columns(
        self,
        spreadsheet_id: str,
        tab: Tab,
        header_row: int,
        at_column: int,
        headers: Sequence[str],
        *,
        timeout_s: float = 30,
    ) -> None:
        """Writes `headers` into a row (zero-based) from `at_column` on, growing the grid where it ends.

        Atomic: the columns are there with their headers, or nothing happened.
        """
        ...

    def add_tab(
        self,
        spreadsheet_id: str,
        sheet_id: int,
        title: str,
        rows: int,
        columns: int,
        *,
        timeout_s: float = 30,
    ) -> None:
        """A new tab behind the others, of that id and size; `Invalid` when its id or its title is taken."""
        ...

    def remove_tab(self, spreadsheet_id: str, sheet_id: int, *, timeout_s: float = 30) -> None: ...

    def nonces(self, spreadsheet_id: str) -> list[Nonce]:
        """The proofs of edit (document metadata with our key) that stand in the spreadsheet."""
        ...

    def remove_nonces(self, spreadsheet_id: str, metadata_ids: Sequence[int]) -> None: ...


# ── Model ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Prompt:
    """One row's question, as it is sent."""

    system: str
    user: str
    #: A strict JSON schema (draft 2020-12 subset of the provider) that the answer must fit.
    schema: Mapping[str, Json]
    schema_name: str
    max_tokens_out: int


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What `x-ratelimit-*` said; None where the provider said nothing."""

    limit_requests: int | None = None
    limit_tokens: int | None = None
    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    reset_requests_s: float | None = None
    reset_tokens_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, unjudged."""

    content: str
    refusal: str | None
    #: The provider's word: "stop", "length", "content_filter", …
    finish_reason: str
    tokens_in: int
    tokens_out: int
    limits: RateLimits = field(default_factory=RateLimits)


class Model(Protocol):
    """One provider of chat completions, whoever's key is used.

    Raises `RowFailed` (`model_rate_limited`, `model_timeout`, `model_error` are transient; `bad_answer`
    and others are not) and `PauseJob` (`key_refused`, `quota_gone`, `model_unknown`).
    """

    @property
    def provider(self) -> str:
        """The address asked, or "standin": part of an answer's key, so the two never mix."""
        ...

    async def ask(self, prompt: Prompt, *, model: str, api_key: str | None, timeout_s: float) -> Answer:
        """`api_key` None uses the deployment's own."""
        ...

    async def check(self, *, model: str, api_key: str, timeout_s: float) -> None:
        """Whether the key may use the model, by a call that costs nothing; raises as `ask` does."""
        ...


class Vault(Protocol):
    """Seals users' own keys, so that what stands in the store is of no use to who reads it there."""

    def seal(self, secret: str, *, owner: str) -> str:
        """Text that `open` turns back, for the same owner. Raises `NotAllowed` where no key is configured."""
        ...

    def open(self, sealed: str, *, owner: str) -> str | None:
        """None when it was sealed for another owner, with a key that is gone, or is damaged."""
        ...

    def is_current(self, sealed: str) -> bool:
        """Whether the newest key sealed it; anything else should be sealed anew."""
        ...


# ── Pages ──────────────────────────────────────────────────────────────────────────────────────────


class Pages(Protocol):
    """Reads a company's website. May be called from any thread. Raises `RowFailed` (`page_…`)."""

    def read(self, website: str) -> Page: ...

    def close(self) -> None: ...


# ── Identity and clock ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Person:
    """A verified caller. `sub` is who; `audience` is the script that asked on their behalf."""

    sub: str
    email: str
    audience: str


class Identity(Protocol):
    """Checks tokens. Raises `Unauthenticated` with a sentence that says what does not hold."""

    def person(self, token: str) -> Person:
        """The user behind an ID token of the sidebar's script."""
        ...

    def check_caller(self, token: str, *, scheduler: bool = False) -> None:
        """That the bearer is the queue's (or the scheduler's) service account, with our exact audience."""
        ...

    def service_account(self) -> str:
        """The e-mail that a spreadsheet is shared with."""
        ...


class Calendar(Protocol):
    """Cron expressions of five fields, in time zones. Raises `Invalid` for what is no expression or zone."""

    def next_times(self, cron: str, zone: str, after: float, count: int) -> list[float]:
        """The next occurrences after `after`, in Unix seconds; fewer than `count` where no more come."""
        ...

    def in_english(self, cron: str) -> str:
        """Such as "At 09:00 on Monday through Friday"."""
        ...


class Clock(Protocol):
    """Time, handed in so that tests own it."""

    def now(self) -> float:
        """Unix seconds; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow, of this process alone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits; only use cases wait, adapters never do."""
        ...

    def wait(self, event: threading.Event, seconds: float) -> None:
        """Waits until the event is set, at most so long."""
        ...
