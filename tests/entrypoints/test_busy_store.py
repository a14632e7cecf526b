"""A store that is busy for a moment refuses nothing that was done already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from backend.app import create_app
from backend.entrypoints import problems
from backend.errors import TryLater
from backend.ports import Delete, Documents, Write
from backend.usecases.records import SLOTS
from tests.entrypoints.house import Caller, House
from tests.entrypoints.uploads import CSV, uploaded


class Busy:
    """The store, in which no commit gets through that holds a write of one kind."""

    def __init__(self, documents: Documents, is_one: Callable[[Write], bool]) -> None:
        self._documents, self._is_one = documents, is_one

    def __getattr__(self, name: str) -> Any:
        return getattr(self._documents, name)

    def commit(self, writes: Sequence[Write]) -> list[str]:
        if any(map(self._is_one, writes)):
            raise TryLater("The store is busy.", maybe_applied=True)
        return self._documents.commit(writes)


def while_busy(caller: Caller, is_one: Callable[[Write], bool]) -> Caller:
    house = caller.house
    busy: Any = Busy(house.documents, is_one)
    service = replace(house.service, documents=busy)
    return replace(caller, house=replace(house, service=service, app=create_app(service)))


@pytest.mark.parametrize(("delay_s", "told"), [(0.2, "1"), (1.0, "1"), (1.2, "2"), (15.0, "15")])
def test_whoever_comes_back_when_told_never_comes_too_early(delay_s: float, told: str) -> None:
    app = Flask("x")
    problems.register(app)

    @app.get("/")
    def busy() -> str:
        raise TryLater("The store is busy.", delay_s=delay_s)

    answer = app.test_client().get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, told)


def test_a_job_that_could_not_start_at_once_is_in_line_and_starts_by_itself(
    house: House, alice: Caller, sheet: str
) -> None:
    alice.prove(sheet)
    meanwhile = while_busy(alice, lambda write: write.key == SLOTS)
    job = meanwhile.queue(sheet)
    assert (job["status"], job["reason"]["code"], job["place"]) == ("PENDING", "in_line", 1)
    house.scheduler().ask("POST", "/tasks/sweep")
    assert alice.ask("GET", f"/api/jobs/{job['id']}")["status"] == "RUNNING"


def test_a_file_is_taken_though_the_one_before_it_cannot_be_cleared_away(alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    uploaded(alice, sheet, CSV)
    second = uploaded(while_busy(alice, lambda write: isinstance(write, Delete)), sheet, CSV)
    assert alice.ask("GET", f"/api/imports?spreadsheet_id={sheet}")["imports"] == [second]
