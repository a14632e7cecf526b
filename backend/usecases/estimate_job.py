"""What a run would do, before anything is asked or written: rows, calls, cost, time, one full prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.domain import answers, estimate, line, rows, selection
from backend.domain.estimate import Range
from backend.domain.job import Job
from backend.domain.money import Price, price_of
from backend.domain.recipes import RECIPES, Recipe
from backend.domain.rows import Row
from backend.domain.selection import Found, Layout
from backend.ports import Clock, Documents, Person, Prompt, Sheets, Tab
from backend.usecases.batch.billing import kept_bills
from backend.usecases.batch.frozen import Chunk, select
from backend.usecases.batch.kept import staleness
from backend.usecases.batch.process import BatchSettings
from backend.usecases.batch.questions import worst_call_microusd, write_prompt
from backend.usecases.batch.sheet_calls import Call
from backend.usecases.count_questions import Questions
from backend.usecases.create_job import JobLimits, Wish, check_rows, chosen_recipe
from backend.usecases.inspect_sheet import obstacles
from backend.usecases.read_line import places_in_line
from backend.usecases.records import SLOTS, bills_key, places_from_data


@dataclass(frozen=True, slots=True)
class Estimate:
    """What would happen; `prompt` is that of the first row to be asked about (one-based `prompt_row`)."""

    rows_found: int
    without_inputs: int
    already_filled: int
    duplicates: int
    already_answered: int
    calls: int
    cost: Range
    from_bills: bool
    model: str
    seconds: Range
    place_in_line: int
    prompt: Prompt | None
    prompt_row: int
    warnings: list[str]


def estimate_job(
    person: Person,
    wish: Wish,
    *,
    documents: Documents,
    sheets: Sheets,
    clock: Clock,
    limits: JobLimits,
    settings: BatchSettings,
    places: int,
    live_places: int,
) -> Estimate:
    """Reads the tab in the calls that a freeze makes, and nothing of any other tenant.

    `wish` names one tab; `places` are those of background jobs. Raises `NoColumns` and `Invalid` where a
    job could not be created.
    """
    check_rows(wish, limits)
    recipe = chosen_recipe(wish)
    job = _job(person, wish, limits, clock)
    tenant = answers.tenant(person.sub, person.email, settings.shared_domains)
    asked = Questions(job, recipe, tenant, documents, settings.standin_web)
    tally = _Tally(job, recipe, asked)
    steps = select(job, recipe, sheets, staleness(documents, job, recipe), settings.most_rows, tally)
    where, tab = _drive(steps)
    bills = kept_bills(documents, bills_key(tenant, job.provider, job.model, recipe.name, recipe.version))
    learned = estimate.telling(bills)
    price = price_of(job.model, limits.prices)
    cost = Range(0, 0, 0)
    if price is not None:
        cost = estimate.cost(recipe, price, asked.calls, asked.likely_in, learned)
    place = _place_in_line(documents, job, clock, places, live_places)
    first = asked.first
    prompt = write_prompt(recipe, answers.schema(recipe), first.row, first.text) if first else None
    worst = worst_call_microusd(prompt, price) if prompt and price else 0
    return Estimate(
        rows_found=tally.count + tally.filled_left,
        without_inputs=tally.count - tally.askable + asked.hopeless,
        already_filled=tally.filled_left,
        duplicates=asked.duplicates,
        already_answered=asked.known,
        calls=asked.calls,
        cost=cost,
        from_bills=learned is not None,
        model=job.model,
        seconds=estimate.duration(asked.calls, tally.count, settings.in_flight, learned),
        place_in_line=place,
        prompt=prompt,
        prompt_row=first.row.place + 1 if first else 0,
        warnings=[
            *obstacles(recipe, tab, where.columns, where.headers),
            *_warnings(wish, tally, asked, price, cost, worst, job.model),
            *_busy(documents, job),
        ],
    )


def _job(person: Person, wish: Wish, limits: JobLimits, clock: Clock) -> Job:
    """The job as it would be created; it is never stored."""
    recipe = RECIPES[wish.recipe]
    return Job(
        id="estimate",
        spreadsheet_id=wish.spreadsheet_id,
        spreadsheet_title="",
        sheet_id=wish.sheet_ids[0],
        sheet_name="",
        recipe=recipe.name,
        recipe_version=recipe.version,
        model=limits.model,
        provider=limits.provider,
        created_by=person.sub,
        email=person.email,
        created_at=clock.now(),
        columns=wish.columns,
        mode=wish.mode,
        filter=wish.filter,
        start_row=wish.start_row,
        max_rows=wish.max_rows,
        fresh=wish.fresh,
        fallback=wish.fallback,
        priority=wish.priority,
    )


class _Tally:
    """Counts the rows of a selection, and hands on those that can be asked about, some at a time."""

    def __init__(self, job: Job, recipe: Recipe, asked: Questions) -> None:
        self._job, self._recipe, self._asked = job, recipe, asked
        self.count = self.askable = 0
        self._waiting: list[Row] = []
        #: Rows with outputs: those that stay out because of it, and those that would be overwritten.
        self.filled_left = 0
        self.filled_taken = 0
        #: Rows that would be taken as some outputs are missing: the others would be overwritten.
        self.partly_filled = 0
        self._filled = self._partly = False

    def remember(self, row: Found) -> None:
        self._filled = selection.passes_filter(self._job, row) and selection.filled(self._recipe, row)
        self._partly = selection.partly_filled(self._recipe, row)
        if self._filled and self._job.mode == "only_empty":
            self.filled_left += 1

    def accept(self, row: Row) -> None:
        self.count += 1
        self.filled_taken += self._filled
        self.partly_filled += self._partly
        if rows.why_skipped(self._recipe, row.inputs) is None:
            self.askable += 1
            self._waiting.append(row)

    def chunks(self, *, last: bool) -> Iterator[Chunk]:  # noqa: ARG002
        """An estimate keeps nothing, nor rows in memory."""
        self._asked.take(self._waiting)
        self._waiting = []
        yield from ()


def _drive(steps: Any) -> tuple[Layout, Tab]:
    """Makes the calls of a reading one after another, here and now."""
    given: Any = None
    while True:
        try:
            step = steps.send(given)
        except StopIteration as end:
            found: tuple[Layout, Tab] = end.value
            return found
        given = step.make() if isinstance(step, Call) else None


def _place_in_line(documents: Documents, job: Job, clock: Clock, places: int, live_places: int) -> int:
    """0: it would start at once; else its number in line."""
    slots = documents.get(SLOTS)
    taken = places_from_data(slots.data) if slots else []
    # Whoever waits cannot start now, or would have: only the places decide.
    first = line.next_to_start([job], taken, clock.now(), places=places, live_places=live_places)
    return 0 if first is job else places_in_line([job], documents)[job.id]


def _busy(documents: Documents, job: Job) -> list[str]:
    slots = documents.get(SLOTS)
    if slots is None or all(place.sheet != job.place for place in places_from_data(slots.data)):
        return []
    return ["A job is running on this sheet; this one would start when it has ended."]


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _warnings(
    wish: Wish, tally: _Tally, asked: Questions, price: Price | None, cost: Range, worst: int, model: str
) -> list[str]:
    found: list[str] = []
    if not tally.count:
        found.append("There is nothing to do: no row fits this selection.")
    elif tally.askable == asked.hopeless:
        which = "The rows that are left have not" if tally.filled_left else "No row has"
        found.append(f"{which} the inputs that are needed; nothing would be asked.")
    if tally.filled_taken:
        found.append(
            f"{_counted(tally.filled_taken, 'row has', 'rows have')} results already, "
            "which would be replaced. Undo puts them back."
        )
    if tally.partly_filled:
        found.append(
            f"{_counted(tally.partly_filled, 'row has', 'rows have')} some of the results already: "
            "those, too, would be replaced. Undo puts them back."
        )
    if price is None and asked.calls:
        found.append(f"There is no price for {model}, so the cost is not known and no budget can be kept.")
    # The last call, too, is made only while the most that it may cost is left.
    if wish.budget_microusd is not None and cost.mid and cost.mid + worst > wish.budget_microusd:
        share = max(0, wish.budget_microusd - worst) / cost.mid
        found.append(
            f"The budget will be reached after about {round(asked.calls * share):,} of "
            f"{asked.calls:,} questions; the job then pauses."
        )
    if asked.unread_pages:
        found.append(
            f"{_counted(asked.unread_pages, 'website has', 'websites have')} not been read yet: "
            "what stands there changes the cost, and which rows turn out to be equal or answered before."
        )
    return found
