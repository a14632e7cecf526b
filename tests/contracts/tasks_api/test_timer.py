"""The timer that serves as Cloud Scheduler: first after one interval, with a token, never overlapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from backend.local.identity.app import create_app as identity_app
from backend.local.tasks.timer import Timer
from tests.contracts.tasks_api.clock import ManualClock
from tests.contracts.tasks_api.conftest import a_world, eventually
from tests.contracts.tasks_api.worker import Worker
from tests.serving import serving

EMAIL = "scheduler@rowmill.iam.gserviceaccount.com"


def test_it_calls_with_a_token_after_each_interval_and_waits_for_a_slow_answer(tmp_path: Path) -> None:
    clock, swept = ManualClock(), Worker()
    with serving(identity_app(tmp_path / "identity")) as identity, serving(swept.app()) as url:
        account = {"email": EMAIL}
        requests.post(f"{identity}/_standin/service_accounts", json=account, timeout=5).raise_for_status()
        timer = Timer(60, f"{url}/tasks/sweep", EMAIL, "https://worker.example.com")
        with a_world(tmp_path / "tasks", clock=clock, identity=identity, timers=[timer]) as world:
            clock.advance(59)
            assert swept.received == []
            clock.advance(1)
            world.until("timer")
            (call,) = swept.received
            assert (call.method, call.path, call.body) == ("POST", "/tasks/sweep", b"")
            # cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs: HttpTarget.headers.
            assert call.headers["User-Agent"] == "Google-Cloud-Scheduler"
            assert call.headers["X-CloudScheduler"] == "true"
            claims: Any = id_token.verify_token(
                call.headers["Authorization"].removeprefix("Bearer "),
                Request(),
                "https://worker.example.com",
                certs_url=f"{identity}/oauth2/v1/certs",
            )
            assert claims["email"] == EMAIL
            swept.holds()
            clock.advance(60)
            eventually(lambda: len(swept.received), lambda count: count == 2)
            clock.advance(300)
            swept.lets_go()
            world.until("timer", 2)
            world.until("timer", 3)  # the occasions missed meanwhile become one call
            clock.advance(59)
            assert len(swept.received) == 3


def test_a_target_out_of_reach_is_noted_and_called_again(tmp_path: Path) -> None:
    clock = ManualClock()
    timer = Timer(10, "http://127.0.0.1:9/sweep", EMAIL, "x")
    with a_world(tmp_path, clock=clock, timers=[timer]) as world:
        for calls in (1, 2):
            clock.advance(10)
            entry = world.until("timer", calls)[-1]
            assert entry["status"] == 0
            assert "--identity" in entry["reason"]
