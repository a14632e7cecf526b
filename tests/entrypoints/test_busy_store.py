"""A store that is busy for a moment refuses nothing that was done already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backend.app import create_app
from backend.errors import TryLater
from backend.ports import Documents, Write
from backend.usecases.records import SLOTS
from tests.entrypoints.house import Caller, House


class BusyPlaces:
    """The store, in which nobody gets at the running places."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        if any(write.key == SLOTS for write in writes):
            raise TryLater("The store is busy.", maybe_applied=True)
        return self._documents.commit(writes)


def test_a_job_that_could_not_start_at_once_is_in_line_and_starts_by_itself(
    house: House, alice: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    service = replace(house.service, documents=BusyPlaces(house.documents))
    meanwhile = replace(alice, house=replace(house, service=service, app=create_app(service)))
    job = meanwhile.queue(sheet)
    assert (job["status"], job["reason"]["code"], job["place"]) == ("PENDING", "in_line", 1)
    house.scheduler().ask("POST", "/tasks/sweep")
    assert alice.ask("GET", f"/api/jobs/{job['id']}")["status"] == "RUNNING"
