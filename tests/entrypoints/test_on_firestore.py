"""What repeats, is counted, uploaded and cleaned up, on the emulator: the same routes, the other store."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from backend.adapters.firestore_documents import FirestoreDocuments
from backend.usecases.records import EXPIRING, PARTS_OF_A_JOB, QUERIES, job_key
from tests.emulator import Emulator, firestore_emulator
from tests.entrypoints.conftest import MakeHouse
from tests.entrypoints.house import Caller, House

__all__ = ["firestore_emulator"]

pytestmark = pytest.mark.emulator
DAY_S = 86_400.0


@pytest.fixture
def house(
    make_house: MakeHouse, firestore_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.address)
    prefix = f"{secrets.token_hex(6)}-"
    return make_house(
        documents=lambda clock: FirestoreDocuments(
            project="rowmill-tests", queries=QUERIES, expiring=EXPIRING, clock=clock, prefix=prefix
        )
    )


def test_a_schedule_runs_is_counted_and_cleaned_up(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    body = {"spreadsheet_id": sheet, "sheet_id": 0, "recipe": "case_a", "cron": "* * * * *", "mode": "all"}
    alice.ask("POST", "/api/schedules", body)
    house.clock.passes(90)
    scheduler = house.scheduler()
    for _ in range(2):
        scheduler.ask("POST", "/tasks/sweep")
    (job,) = alice.ask("GET", f"/api/jobs?spreadsheet_id={sheet}")["jobs"]
    house.deliver(job["id"])
    done = alice.ask("GET", f"/api/jobs/{job['id']}")
    assert done["status"] == "COMPLETED"
    (schedule,) = alice.ask("GET", f"/api/schedules?spreadsheet_id={sheet}")["schedules"]
    assert [run["status"] for run in schedule["runs"]] == ["COMPLETED"]
    found = alice.ask("GET", f"/api/stats?spreadsheet_id={sheet}&hours=24")
    assert found["rows"]["done"] == done["counts"]["done"] > 0
    assert found["cost_microusd"] == done["cost_microusd"]
    assert found["model_call_s"]["count"] == done["model_calls"]
    alice.ask("POST", f"/api/schedules/{schedule['id']}/pause?spreadsheet_id={sheet}")
    house.clock.passes(31 * DAY_S)
    scheduler.ask("POST", "/tasks/sweep")
    assert house.documents.get(job_key(job["id"])) is None
    for query in PARTS_OF_A_JOB:
        assert house.documents.query(query, {"job_id": job["id"]}).documents == [], query


def test_a_file_becomes_a_tab(house: House, alice: Caller, sheet: str) -> None:
    alice.prove(sheet)
    lines = [f'Company {n},"{"a word, " * 100}"' for n in range(1_200)]
    data = ("Company Name,Company Short Description\n" + "\n".join(lines)).encode()
    asked = {"spreadsheet_id": sheet, "name": "firestore.csv"}
    page = house.somebody(alice.ask("POST", "/api/imports/tokens", asked)["upload_token"])
    octets = "application/octet-stream"
    given: dict[str, Any] = page.ask("POST", "/api/imports", data=data, content_type=octets)
    for _ in range(10):
        path = f"/api/imports/{given['id']}/write?spreadsheet_id={sheet}"
        given = alice.ask("POST", path, {})
        if given["state"] == "done":
            break
    assert (given["state"], given["rows_written"]) == ("done", 1_200)
    rows = house.standins.as_owner("GET", f"/{sheet}/values/'firestore'")["values"]
    assert [row[0] for row in rows[1:]] == [f"Company {n}" for n in range(1_200)]
