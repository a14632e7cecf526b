"""api and worker as two processes under gunicorn, as on Cloud Run, on Google's Firestore emulator."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from backend.config import BACKGROUND_QUEUE, LIVE_QUEUE
from backend.local.stack import LOCATION, PROJECT
from tests.emulator import Emulator, firestore_emulator
from tests.stack import LocalStack, local_stack

__all__ = ["firestore_emulator"]

pytestmark = [pytest.mark.emulator, pytest.mark.faults, pytest.mark.slow]

IN_FLIGHT = 20
#: What Cloud Run leaves an instance between SIGTERM and its end.
END_WITHIN_S = 10.0


@pytest.fixture(scope="module")
def services(firestore_emulator: Emulator) -> Iterator[LocalStack]:
    env = {
        "FIRESTORE_EMULATOR_HOST": firestore_emulator.address,
        "DATABASE": f"firestore:two-services-{secrets.token_hex(4)}",
        "MODEL_IN_FLIGHT": str(IN_FLIGHT),
        "LEASE_S": "6",
    }
    with local_stack(latency_ms=50, workbench=False, env=env, sweep_every_s=1, two_services=True) as stack:
        yield stack


@pytest.fixture(autouse=True)
def _quick_again(services: LocalStack) -> Iterator[None]:
    yield
    services.faults(services.model_url)


def a_sheet(services: LocalStack, rows: int) -> str:
    mark = secrets.token_hex(3)  # answers of another test must not serve this one
    return services.a_sheet(
        [[f"Harbour {n} Ltd", f"paint, {mark}", f"Makes paint number {n} in Leeds."] for n in range(rows)]
    )


def answers_take(services: LocalStack, delay_ms: int) -> None:
    services.faults(services.model_url, rules=[{"fault": "slow", "probability": 1, "delay_ms": delay_ms}])


def asked(services: LocalStack) -> int:
    """Model calls since the start: the stand-in's own count."""
    calls: int = requests.get(f"{services.model_url}/_standin/status", timeout=30).json()["calls"]
    return calls


def lines(services: LocalStack, part: str, action: str) -> list[dict[str, Any]]:
    """The log of a service as Cloud Logging would read it; each line has to be JSON."""
    written = [json.loads(line) for line in services.log(part).splitlines()]
    return [line for line in written if line.get("action") == action]


def check_done(services: LocalStack, job: dict[str, Any], sheet: str, rows: int) -> None:
    assert (job["status"], job["counts"]["done"]) == ("COMPLETED", rows), job
    header, *table = services.table(sheet)
    brand, status = header.index("Brand Name"), header.index("Status")
    assert [row[brand] for row in table] == [f"Harbour {n}" for n in range(rows)]
    assert {row[status] for row in table} == {"✅ Complete"}


def test_whole_jobs_go_through_and_the_worker_alone_runs_them(services: LocalStack) -> None:
    sheets = [a_sheet(services, rows=40) for _ in range(4)]
    before = asked(services)
    jobs = [services.queue(sheet) for sheet in sheets[:3]]
    jobs += [services.queue(sheets[3], kind="live", max_rows=40)]
    for job, sheet in zip(jobs, sheets, strict=True):
        check_done(services, services.wait(job["id"], within_s=120), sheet, 40)
    assert asked(services) - before == 4 * 40
    ids = {job["id"] for job in jobs}
    services.until(lambda: ids <= {line["job_id"] for line in lines(services, "worker", "batch_ended")})
    ended = [line for line in lines(services, "worker", "batch_ended") if line["job_id"] in ids]
    assert sum(line["rows"] for line in ended) == sum(line["calls"] for line in ended) == 4 * 40
    assert sum(line["cost_microusd"] for line in ended) == sum(
        services.job(job["id"])["cost_microusd"] for job in jobs
    )
    for line in ended:
        assert line["severity"] == "INFO"
        assert re.fullmatch(r"projects/[\w-]+/traces/[0-9a-f]{32}", line["logging.googleapis.com/trace"])
        assert line["seconds"] >= 0
    assert lines(services, "backend", "batch_ended") == []


def test_neither_service_has_the_other_s_routes(services: LocalStack) -> None:
    for route in ("/tasks/batches", "/tasks/sweep"):
        assert requests.post(services.backend_url + route, timeout=30).status_code == 404
        assert requests.post(services.worker_url + route, timeout=30).status_code == 401
    assert requests.get(f"{services.backend_url}/api/jobs", timeout=30).status_code == 401
    assert requests.get(f"{services.worker_url}/api/jobs", timeout=30).status_code == 404
    for url in (services.backend_url, services.worker_url):
        assert requests.get(f"{url}/healthz", timeout=30).status_code == 200


def test_the_queues_let_through_as_many_as_there_are_places(services: LocalStack) -> None:
    system = services.person.ask("GET", "/api/system")
    places = {BACKGROUND_QUEUE: system["max_running_jobs"], LIVE_QUEUE: system["limits"]["live_places"]}
    for queue in places:
        name = f"projects/{PROJECT}/locations/{LOCATION}/queues/{queue}"
        found = requests.get(f"{services.tasks_url}/v2/{name}", timeout=30).json()
        assert found["rateLimits"]["maxConcurrentDispatches"] == places[queue]


def test_a_job_is_paused_and_goes_on_where_it_was(services: LocalStack) -> None:
    sheet = a_sheet(services, rows=200)
    answers_take(services, 300)
    before = asked(services)
    job = services.queue(sheet)
    services.until(lambda: bool(services.job(job["id"])["counts"]["answered"]))
    services.person.ask("POST", f"/api/jobs/{job['id']}/pause")
    paused = services.wait(job["id"], "PAUSED")
    assert 0 < paused["counts"]["done"] < 200
    still = asked(services)
    services.person.ask("POST", f"/api/jobs/{job['id']}/resume")
    check_done(services, services.wait(job["id"], within_s=120), sheet, 200)
    assert still - before < 200
    assert asked(services) - before == 200


@pytest.mark.parametrize(
    ("delay_ms", "most_again"),
    [
        pytest.param(500, 0, id="calls that come back in time are kept"),
        pytest.param(12_000, IN_FLIGHT, id="calls that do not are asked again"),
    ],
)
def test_a_worker_that_is_asked_to_end_loses_nothing(
    services: LocalStack, delay_ms: int, most_again: int
) -> None:
    rows = 300
    sheet = a_sheet(services, rows)
    answers_take(services, delay_ms)
    before = asked(services)
    job = services.queue(sheet)
    services.until(lambda: asked(services) - before >= IN_FLIGHT)
    services.stack.processes.terminate("worker", END_WITHIN_S)
    # It gave its batch back itself; the api answers, and the job waits for another instance.
    assert [line["outcome"] for line in lines(services, "worker", "batch_ended")][-1] == "more"
    stands = services.job(job["id"])
    assert stands["status"] == "RUNNING"
    assert stands["counts"]["done"] < rows
    services.faults(services.model_url)
    services.stack.start_again("worker")
    check_done(services, services.wait(job["id"], within_s=120), sheet, rows)
    again = asked(services) - before - rows
    assert 0 <= again <= most_again
    if most_again:
        assert again > 0
    assert sum(services.job(job["id"])["counts"][name] for name in ("failed", "skipped", "stale")) == 0


def test_a_sheet_that_is_queued_while_no_worker_is_there_is_filled_when_one_is(services: LocalStack) -> None:
    services.stack.processes.terminate("worker", END_WITHIN_S)
    sheet = a_sheet(services, rows=10)
    job = services.queue(sheet)
    time.sleep(1)
    assert services.job(job["id"])["counts"]["done"] == 0
    services.stack.start_again("worker")
    check_done(services, services.wait(job["id"], within_s=120), sheet, 10)
