"""Schedules as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.domain.schedule import Run, Schedule
from backend.errors import NotFound
from backend.ports import Documents, Key
from backend.usecases.records import job_from_data, job_to_data


def schedule_key(schedule_id: str) -> Key:
    return Key("schedules", schedule_id)


def schedule_to_data(schedule: Schedule) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": schedule.id,
        "spreadsheet_id": schedule.template.spreadsheet_id,
        "template": job_to_data(schedule.template),
        "cron": schedule.cron,
        "zone": schedule.zone,
        "created_at": schedule.created_at,
        "state": schedule.state,
        "sentence": schedule.sentence,
        "runs": [[run.at, run.sentence, run.job_id] for run in schedule.runs],
    }
    # Without a next time it is not found by it.
    return data if schedule.next_at is None else data | {"next_at": schedule.next_at}


def schedule_from_data(data: Mapping[str, Any]) -> Schedule:
    return Schedule(
        id=data["id"],
        template=job_from_data(data["template"]),
        cron=data["cron"],
        zone=data["zone"],
        created_at=data["created_at"],
        next_at=data.get("next_at"),
        state=data["state"],
        sentence=data["sentence"],
        runs=tuple(Run(*run) for run in data["runs"]),
    )


def load_schedule(documents: Documents, schedule_id: str) -> tuple[Schedule, str]:
    """The schedule and its document's version; raises `NotFound`."""
    document = documents.get(schedule_key(schedule_id))
    if document is None:
        raise NotFound("There is no such schedule.")
    return schedule_from_data(document.data), document.version
