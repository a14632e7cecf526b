"""A request that is valid for any route: its path, query and body, made from the route's own models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

from backend.entrypoints.routing import Route

#: A value for every field that any route requires. A route with another one needs an entry here.
VALUES: dict[str, Any] = {
    "nonce": "a-nonce-that-nobody-was-given",
    "recipe": "case_a",
    "sheet_id": 0,
    "sheet_ids": [0],
    "column": "Company Name",
    "action": "pause",
    "ids": [],
    "api_key": "sk-somebodys-own-0123456789",
    "cron": "0 7 * * 1",
    "time_zone": "Europe/Berlin",
    "job_id": "0123456789abcdef0123",
    "receipt_id": "1-0-0",
    "enqueue_no": 1,
    "priority": "low",
    "format": "csv",
    "token": "no-link",
    "schedule_id": "0123456789abcdef0123",
    "import_id": "0123456789abcdef0123",
    "name": "rows.csv",
    "title": "Imported",
}


@dataclass(frozen=True)
class Request:
    """What `Caller.call` takes."""

    method: str
    path: str
    body: Any
    options: dict[str, Any] = field(default_factory=dict)


def a_request(route: Route, spreadsheet_id: str, job_id: str = "0123456789abcdef0123") -> Request:
    """The route called for this spreadsheet and this job."""
    values = VALUES | {"spreadsheet_id": spreadsheet_id, "job_id": job_id}
    path = route.rule
    for name, value in values.items():
        path = path.replace(f"<{name}>", str(value))
    query = _required(route.query, values)
    body = _required(route.asks, values) if route.asks else None
    file = {"data": b"Company Name\nOak Tools\n", "content_type": "text/csv"} if route.file else {}
    return Request(route.method, f"{path}?{urlencode(query)}" if query else path, body, file)


def _required(model: type[BaseModel] | None, values: dict[str, Any]) -> dict[str, Any]:
    if model is None:
        return {}
    found = {name: values[name] for name, each in model.model_fields.items() if each.is_required()}
    if "ids" in model.model_fields:
        found["ids"] = [values["job_id"]]
    return found
