"""Creates jobs from a selection: one for each tab, all of them or none, once per idempotency key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backend.domain import headers
from backend.domain.job import IN_LINE, Filter, Job
from backend.domain.money import Price, price_of
from backend.domain.recipes import RECIPES, Recipe
from backend.domain.selection import filter_column
from backend.errors import Invalid, NotAllowed, NotFound, TooMany
from backend.ports import Clock, Create, Documents, Person, Sheets, Write
from backend.usecases.idempotency import Plan, create_once, idempotency_key
from backend.usecases.inspect_sheet import Inspected, inspect_tops, obstacles
from backend.usecases.job_changes import event
from backend.usecases.records import (
    JOBS_BY_REASON,
    SLOTS,
    job_key,
    job_to_data,
    own_key_key,
    places_from_data,
)

#: The first moment of 9999 (UTC): what comes later cannot be shown in every time zone.
LATEST_S = 253_370_764_800.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for; rows are numbered as the sheet shows them."""

    spreadsheet_id: str
    sheet_ids: tuple[int, ...]
    recipe: str
    kind: str = "background"
    columns: Mapping[str, str] = field(default_factory=dict)
    mode: str = "only_empty"
    filter: Filter | None = None
    start_row: int = 2
    max_rows: int | None = None
    fresh: bool = False
    fallback: bool = True
    priority: str = "normal"
    budget_microusd: int | None = None
    run_at: float | None = None
    depends_on: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        """As JSON: what makes two wishes the same."""
        data = {name: getattr(self, name) for name in Wish.__dataclass_fields__}
        data["filter"] = [self.filter.column, self.filter.value] if self.filter else None
        data["columns"] = dict(self.columns)
        return data


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What an operator allows."""

    model: str
    provider: str
    prices: Mapping[str, Price]
    live_rows: int = 100
    max_waiting: int | None = None
    most_rows: int = 100_000


def create_jobs(
    person: Person,
    wish: Wish,
    repeat_key: str | None,
    *,
    documents: Documents,
    sheets: Sheets,
    clock: Clock,
    limits: JobLimits,
) -> list[str]:
    """The ids of the new jobs; of the first call's, when the key was used for the same wish before.

    Raises `Invalid` (a selection that cannot be), `NotAllowed` (the tab is running), `TooMany` (the line is
    full). The caller's grant was checked.
    """

    def plan() -> Plan:
        made = _planned(person, wish, documents, sheets, clock, limits)
        writes: list[Write] = []
        for job in made:
            created = event(job.id, clock, person.email, "Created.")
            writes += [Create(job_key(job.id), job_to_data(job)), created]
        return Plan([job.id for job in made], writes)

    key = idempotency_key(person, "POST /api/jobs", repeat_key) if repeat_key else None
    return create_once(key, wish.plain(), plan, documents=documents, clock=clock)


def _planned(
    person: Person, wish: Wish, documents: Documents, sheets: Sheets, clock: Clock, limits: JobLimits
) -> list[Job]:
    """A job for each tab, as it would be stored."""
    if wish.run_at is not None and wish.run_at >= LATEST_S:
        raise Invalid("That is past the end of the calendar.", {"run_at": "after the year 9998"})
    check_wish(documents, wish, limits)
    own = own_key_hash(documents, person.sub)
    planned = [plan_job(person, wish, look, clock, limits) for look in look_at_tabs(wish, sheets)]
    return [replace(job, api_key_hash=own) for job in planned]


def check_wish(documents: Documents, wish: Wish, limits: JobLimits) -> None:
    """Raises `Invalid`, `NotAllowed` or `TooMany` for what can be told without the sheet."""
    if wish.budget_microusd is not None and price_of(limits.model, limits.prices) is None:
        raise Invalid(
            f"There is no price for {limits.model}, so a budget cannot be kept. Add it to PRICES.",
            {"budget_microusd": "the model has no price"},
        )
    if wish.kind == "live" and len(wish.sheet_ids) != 1:
        raise Invalid("A live run takes one sheet.", {"sheet_ids": "one for a live run"})
    if wish.kind == "live":
        _check_tab_is_free(documents, wish)
    if wish.kind == "live" and (wish.max_rows is None or wish.max_rows > limits.live_rows):
        raise Invalid(
            f"A live run takes up to {limits.live_rows} rows at a time.",
            {"max_rows": f"≤ {limits.live_rows}"},
        )
    check_rows(wish, limits)
    if len(set(wish.sheet_ids)) != len(wish.sheet_ids):
        raise Invalid("A sheet is named twice.", {"sheet_ids": "each once"})
    for name in wish.depends_on:
        document = documents.get(job_key(name))
        # A job of a spreadsheet that is not this one answers like an unknown one.
        if document is None or document.data["spreadsheet_id"] != wish.spreadsheet_id:
            raise Invalid(f"There is no job {name} to wait for.", {"depends_on": "unknown"})
    if limits.max_waiting is not None:
        waiting = documents.count(JOBS_BY_REASON, {"status": "PENDING", "reason": IN_LINE})
        if waiting + len(wish.sheet_ids) > limits.max_waiting:
            raise TooMany(f"The line is full: {waiting} jobs are waiting.", retry_after_s=60)


def check_rows(wish: Wish, limits: JobLimits) -> None:
    """Raises `Invalid` for more rows than one job takes."""
    if wish.max_rows is not None and wish.max_rows > limits.most_rows:
        raise Invalid(
            f"One job takes up to {limits.most_rows:,} rows.", {"max_rows": f"≤ {limits.most_rows:,}"}
        )


def chosen_recipe(wish: Wish) -> Recipe:
    """The wish's recipe; raises `Invalid` when a column was chosen for an input that it has not."""
    recipe = RECIPES[wish.recipe]
    unknown = [name for name in wish.columns if name not in {column.name for column in recipe.inputs}]
    if unknown:
        raise Invalid(f'{recipe.title} has no input called "{unknown[0]}".', {"columns": unknown[0]})
    return recipe


def own_key_hash(documents: Documents, sub: str) -> str | None:
    """Whoever has set a key of their own runs on it."""
    document = documents.get(own_key_key(sub))
    key_hash: str | None = document.data["hash"] if document else None
    return key_hash


def look_at_tabs(wish: Wish, sheets: Sheets) -> list[Inspected]:
    """The tops of the wished tabs; raises `Invalid` when one of them is gone."""
    try:
        return inspect_tops(wish.spreadsheet_id, wish.sheet_ids, sheets=sheets)
    except NotFound as gone:
        raise Invalid(gone.message, {"sheet_ids": "not there"}) from gone


def plan_job(person: Person, wish: Wish, inspected: Inspected, clock: Clock, limits: JobLimits) -> Job:
    """The job as it would be created now, from a look at its tab."""
    recipe = RECIPES[wish.recipe]
    columns = _columns(wish, inspected)
    now = clock.now()
    later = wish.run_at is not None and wish.run_at > now
    reason = "depends" if wish.depends_on else "scheduled" if later else IN_LINE
    return Job(
        id=secrets.token_hex(10),
        spreadsheet_id=wish.spreadsheet_id,
        spreadsheet_title=inspected.spreadsheet.title[:100],
        sheet_id=inspected.tab.id,
        sheet_name=inspected.tab.title[:100],
        recipe=recipe.name,
        recipe_version=recipe.version,
        model=limits.model,
        provider=limits.provider,
        created_by=person.sub,
        email=person.email,
        created_at=now,
        kind=wish.kind,
        columns=columns,
        mode=wish.mode,
        filter=wish.filter,
        start_row=wish.start_row,
        max_rows=wish.max_rows,
        fresh=wish.fresh,
        fallback=wish.fallback,
        priority=wish.priority,
        reason=reason,
        run_at=wish.run_at if later else None,
        depends_on=wish.depends_on,
        budget_microusd=wish.budget_microusd,
    )


def _columns(wish: Wish, inspected: Inspected) -> dict[str, str]:
    """Input name → header, as recognised now or chosen, empty where it is left out.

    Raises `Invalid` with what stands in the way.
    """
    recipe = chosen_recipe(wish)
    where = inspected.layouts[wish.recipe]
    columns = headers.recognise(recipe, where.headers, wish.columns)
    title = inspected.tab.title
    if columns.problem is not None:
        raise Invalid(f'Sheet "{title}": {columns.problem}', {"columns": columns.problem})
    if inspected.rows == 0:
        raise Invalid(f'Sheet "{title}" has no rows below its header.', {"sheet_ids": "no rows"})
    if wish.filter is not None and filter_column(wish.filter.column, where.headers) is None:
        raise Invalid(
            f'Sheet "{title}" has no column called "{wish.filter.column}" to filter by.', {"filter": "column"}
        )
    if problems := obstacles(recipe, inspected.tab, columns, where.headers):
        raise NotAllowed(f'Sheet "{title}": {problems[0]}')
    left_out = {name: "" for name, header in wish.columns.items() if not header}
    return left_out | {name: where.headers[column] for name, column in columns.inputs.items()}


def _check_tab_is_free(documents: Documents, wish: Wish) -> None:
    """A live run waits for nobody: it is refused while a job runs on its tab."""
    slots = documents.get(SLOTS)
    sheets = {f"{wish.spreadsheet_id}:{sheet_id}" for sheet_id in wish.sheet_ids}
    if slots is not None and any(place.sheet in sheets for place in places_from_data(slots.data)):
        raise NotAllowed("A job is running on this sheet. Pause or cancel it first.")
