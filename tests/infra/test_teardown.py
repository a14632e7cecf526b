"""infra/teardown.sh: nothing of ours is left, nothing of others is touched, and it can be run again."""

from __future__ import annotations

import pytest

from tests.infra.cloud import PROJECT, BreaksOnce
from tests.infra.conftest import Project


def test_nothing_is_left(deployed: Project) -> None:
    ran = deployed.run("teardown.sh", "--yes")
    assert ran.status == 0, ran.said
    assert deployed.cloud.inventory() == {}


def test_what_others_made_stays(deployed: Project) -> None:
    cloud = deployed.cloud
    cloud.databases["(default)"] = {"deleteProtectionState": "DELETE_PROTECTION_ENABLED"}
    cloud.queues["theirs"] = {}
    cloud.secrets["theirs"] = ["x"]
    cloud.policies[f"projects:{PROJECT}"].add(("roles/owner", "user:owner@acme.example"))
    assert deployed.run("teardown.sh", "--yes").status == 0
    assert cloud.inventory() == {
        "databases": ["(default)"],
        "queues": ["theirs"],
        "secrets": ["theirs"],
        "grants": [f"projects:{PROJECT} roles/owner user:owner@acme.example"],
    }


@pytest.mark.timeout(1_800)
def test_it_goes_on_after_a_failure_at_any_step(deployed: Project) -> None:
    breaks = BreaksOnce()
    deployed.cloud.fail = breaks
    runs = 1
    while (ran := deployed.run("teardown.sh", "--yes")).status != 0:
        runs += 1
        assert runs < 200, ran.said
    assert breaks.broken == {breaks.step(call) for call in deployed.cloud.changes()}
    assert runs == len(breaks.broken) + 1 > 10
    assert deployed.cloud.inventory() == {}


def test_it_asks_first(deployed: Project) -> None:
    before = deployed.cloud.inventory()
    for typed in ("", "yes\n", "another-project\n"):
        ran = deployed.run("teardown.sh", stdin=typed)
        assert ran.status == 1
        assert "nothing was removed" in ran.said
    assert deployed.cloud.inventory() == before
    assert deployed.run("teardown.sh", stdin=f"{PROJECT}\n").status == 0


def test_an_empty_project_has_nothing_to_remove(deployed: Project) -> None:
    assert deployed.run("teardown.sh", "--yes").status == 0
    deployed.cloud.calls.clear()
    assert deployed.run("teardown.sh", "--yes").status == 0
    assert deployed.cloud.changes() == []
