"""Every document we keep: its collection, its id, its shape, and the questions that are asked of it.

| collection  | id                        | holds                                                        |
|-------------|---------------------------|--------------------------------------------------------------|
| jobs        | job                       | the job; changes only by replace-if-version                  |
| leases      | job                       | who may commit for it, and its counters; in every commit     |
| progress    | job                       | counts, tokens, cost; changes only by increment              |
| rows        | job.freeze                | where each chunk begins                                      |
| rows        | job.freeze-chunk          | frozen rows with their inputs                                |
| rows        | job.freeze-ochunk         | what stood in output cells at the freeze                     |
| todo        | job.attempt               | which rows an attempt takes (absent for the first: all)      |
| results     | job.attempt-n             | what was found for rows; never changes                       |
| writes      | job.attempt-n             | a flush: what it settled, and where it is about to write     |
| events      | job-time-random           | who did what, when and why                                   |
| slots       | running                   | the running places                                           |
| answers     | content key               | a model's answer; expires                                    |
| pages       | address key               | a website's text; expires                                    |
| bills       | tenant, model, recipe     | what the last runs came to, to estimate the next by          |
| levels      | key and model             | how many calls at once went well last                        |
| spending    | scope and day             | what a user or all have spent and reserved; expires          |
| schedules   | schedule                  | a run that repeats: when next, and how the last ones went    |
| stats       | spreadsheet.hour-shard    | what happened in an hour; changes by increment; expires      |
| imports     | import                    | an uploaded table on its way into a tab; expires             |
| imports     | import-block              | its rows, as they will be written; expires                   |
| imports     | of.user                   | the user's newest import, and until when it is busy; expires |
| imports     | tab.spreadsheet and sheet | what kind of file a tab came from; expires                   |
| grants      | user and spreadsheet      | a proved right to edit; expires                              |
| keys        | user                      | the user's own key for the model, sealed                     |
| requests    | user and minute           | requests counted; expires                                    |
| challenges  | user and place            | an open proof of edit; expires                               |
| idempotency | user, route and key       | the first answer to a creating call; expires                 |
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from itertools import combinations
from typing import Any

from backend.domain.job import Filter, Job, Status
from backend.domain.lease import Lease
from backend.domain.line import Place
from backend.ports import Key, Query

#: Collections whose documents carry an expiry (Firestore needs a TTL policy for each).
EXPIRING = (
    "answers",
    "pages",
    "grants",
    "challenges",
    "idempotency",
    "requests",
    "spending",
    "stats",
    "imports",
)

#: The line of one priority, oldest first: those that wait for nothing but a place (the reason says so).
JOBS_IN_LINE = Query("jobs", ("status", "priority", "reason"), ("created_at",))
#: The line of one kind.
JOBS_OF_KIND_IN_LINE = Query("jobs", ("status", "kind", "reason"), ("created_at",))
#: Jobs that wait for others.
JOBS_BY_REASON = Query("jobs", ("status", "reason"), ("created_at",))
#: Jobs that wait for a time, the next one first.
JOBS_DUE = Query("jobs", ("status", "reason"), ("run_at",))
#: Ended jobs, for clean-up.
JOBS_BY_END = Query("jobs", (), ("ended_at",))
#: A spreadsheet's ended jobs, those that ended last at first.
JOBS_OF_SPREADSHEET_BY_END = Query("jobs", ("spreadsheet_id",), ("-ended_at",))
#: A job's history, oldest first.
EVENTS = Query("events", ("job_id",), ("at",))
#: Everything of a job that is found by its id, for removal.
PARTS_OF_A_JOB = (
    EVENTS,
    *(Query(collection, ("job_id",)) for collection in ("todo", "rows", "results", "writes")),
)
#: Schedules that are on, by their next time.
SCHEDULES_DUE = Query("schedules", ("state",), ("next_at",))
#: A spreadsheet's schedules, newest first.
SCHEDULES = Query("schedules", ("spreadsheet_id",), ("-created_at",))
#: What happened in a spreadsheet, hour by hour.
STATS = Query("stats", ("spreadsheet_id",), ("hour",))

_FILTERS = ("recipe", "sheet_id", "status")


def jobs_of(spreadsheet_filters: tuple[str, ...]) -> Query:
    """The jobs of a spreadsheet, newest first, narrowed by any of recipe, sheet_id and status."""
    return Query("jobs", ("spreadsheet_id", *sorted(spreadsheet_filters)), ("-created_at",))


QUERIES: tuple[Query, ...] = (
    JOBS_IN_LINE,
    JOBS_OF_KIND_IN_LINE,
    JOBS_BY_REASON,
    JOBS_DUE,
    JOBS_BY_END,
    JOBS_OF_SPREADSHEET_BY_END,
    *PARTS_OF_A_JOB,
    SCHEDULES_DUE,
    SCHEDULES,
    STATS,
    *(jobs_of(chosen) for size in range(len(_FILTERS) + 1) for chosen in combinations(_FILTERS, size)),
)

#: A tab's jobs, newest first.
JOBS_OF_SHEET = jobs_of(("sheet_id",))

SLOTS = Key("slots", "running")


def own_key_key(sub: str) -> Key:
    return Key("keys", hashlib.sha256(sub.encode()).hexdigest())


def job_key(job_id: str) -> Key:
    return Key("jobs", job_id)


def lease_key(job_id: str) -> Key:
    return Key("leases", job_id)


def progress_key(job_id: str) -> Key:
    return Key("progress", job_id)


def chunks_key(job_id: str, freeze: str) -> Key:
    return Key("rows", f"{job_id}.{freeze}")


def chunk_key(job_id: str, freeze: str, chunk: int) -> Key:
    return Key("rows", f"{job_id}.{freeze}-{chunk:05d}")


def outputs_key(job_id: str, freeze: str, chunk: int) -> Key:
    return Key("rows", f"{job_id}.{freeze}-o{chunk:05d}")


def todo_key(job_id: str, attempt: int) -> Key:
    return Key("todo", f"{job_id}.{attempt}")


def result_key(job_id: str, attempt: int, n: int) -> Key:
    return Key("results", f"{job_id}.{attempt}-{n:06d}")


def write_key(job_id: str, attempt: int, n: int) -> Key:
    return Key("writes", f"{job_id}.{attempt}-{n:06d}")


def rest_key(job_id: str, attempt: int) -> Key:
    """Says that every row of the attempt without a state of its own was cancelled."""
    return Key("results", f"{job_id}.{attempt}-rest")


def answer_doc_key(answer_key: str) -> Key:
    return Key("answers", answer_key)


def page_doc_key(page_key: str, *, standin: bool) -> Key:
    """A website's text: an address has signs that no id may have, and a stand-in's page is not real."""
    digest = hashlib.sha256(f"{'standin' if standin else 'web'} {page_key}".encode()).hexdigest()
    return Key("pages", digest[:40])


def bills_key(tenant: str, provider: str, model: str, recipe: str, version: int) -> Key:
    """The last bills of a tenant's runs of one recipe with one model."""
    name = f"{tenant} {provider} {model} {recipe} {version}"
    return Key("bills", hashlib.sha256(name.encode()).hexdigest()[:40])


def level_key(provider: str, model: str, key_hash: str | None) -> Key:
    """How many calls at once a key and model took last; without a hash: the deployment's own key."""
    return Key("levels", hashlib.sha256(f"{provider} {model} {key_hash or ''}".encode()).hexdigest()[:40])


# ── jobs ───────────────────────────────────────────────────────────────────────────────────────────

_JOB_DEFAULTS = {field.name: field.default for field in fields(Job)}


def job_to_data(job: Job) -> dict[str, Any]:
    """Defaults are left out: a job document stays under 1 KB."""
    data = {name: value for name, value in asdict(job).items() if value != _JOB_DEFAULTS[name]}
    # Queried fields are always there: what lacks one is not found by it.
    data |= {"status": str(job.status), "priority": job.priority, "reason": job.reason}
    if not job.columns:
        data.pop("columns", None)
    if job.filter is not None:
        data["filter"] = [job.filter.column, job.filter.value]
    if job.depends_on:
        data["depends_on"] = list(job.depends_on)
    if job.attempts:
        # Numbers in pairs, in one list: Firestore keeps no list in a list without a wrapper.
        data["attempts"] = [number for pair in job.attempts for number in pair]
    return data


def job_from_data(data: Mapping[str, Any]) -> Job:
    known = dict(data)
    known["status"] = Status(known["status"])
    if "filter" in known:
        known["filter"] = Filter(*known["filter"])
    if "depends_on" in known:
        known["depends_on"] = tuple(known["depends_on"])
    if "attempts" in known:
        flat = known["attempts"]
        known["attempts"] = tuple(zip(flat[::2], flat[1::2], strict=True))
    return Job(**known)


# ── leases, places, rows ───────────────────────────────────────────────────────────────────────────

_LEASE_DEFAULTS = {field.name: field.default for field in fields(Lease)}


def lease_to_data(lease: Lease) -> dict[str, Any]:
    data = {name: value for name, value in asdict(lease).items() if value != _LEASE_DEFAULTS[name]}
    for name in ("reads", "writes"):
        if name in data:
            data[name] = list(data[name])
    return data


def lease_from_data(data: Mapping[str, Any]) -> Lease:
    known = dict(data)
    known["reads"] = tuple(known.get("reads", ()))
    known["writes"] = tuple(known.get("writes", ()))
    return Lease(**known)


def places_to_data(places: list[Place]) -> dict[str, Any]:
    return {"taken": [[place.job_id, place.sheet, place.kind] for place in places]}


def places_from_data(data: Mapping[str, Any]) -> list[Place]:
    return [Place(*entry) for entry in data["taken"]]
