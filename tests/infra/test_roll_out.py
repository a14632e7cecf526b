"""infra/roll_out.sh as Cloud Build runs it: no settings file, only PROJECT, PROJECT_NUMBER and REGION."""

from __future__ import annotations

import pytest

from tests.infra.cloud import NUMBER, PROJECT
from tests.infra.conftest import Project, Ran

IMAGE = "europe-west1-docker.pkg.dev/acme-sheets/rowmill/rowmill:next"


def _roll_out(project: Project, *arguments: str) -> Ran:
    (project.folder / "infra" / "settings.sh").unlink(missing_ok=True)
    return project.run(
        "roll_out.sh", *arguments, PROJECT=PROJECT, PROJECT_NUMBER=NUMBER, REGION="europe-west1"
    )


def _serving(project: Project) -> dict[str, str]:
    return {
        name: next(t["revisionName"] for t in service["status"]["traffic"] if t.get("percent"))
        for name, service in project.cloud.services.items()
    }


@pytest.fixture
def candidate(deployed: Project) -> Project:
    """A deployment with a new image in both services, without traffic."""
    deployed.cloud.tags.add("next")
    ran = _roll_out(deployed, "candidate", IMAGE)
    assert ran.status == 0, ran.said
    return deployed


def test_a_candidate_gets_no_traffic_and_keeps_the_settings(candidate: Project) -> None:
    assert set(_serving(candidate).values()) == {"rowmill-api-00001", "rowmill-worker-00001"}
    container = candidate.cloud.services["rowmill-worker"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == IMAGE
    assert any(entry["name"] == "WORKER_AUDIENCE" for entry in container["env"])


def test_smoke_and_shift_bring_it_to_everybody(candidate: Project) -> None:
    ran = _roll_out(candidate, "smoke")
    assert ran.status == 0, ran.said
    assert "the worker sweeps: 200" in ran.said
    assert _roll_out(candidate, "shift").status == 0
    assert set(_serving(candidate).values()) == {"rowmill-api-00002", "rowmill-worker-00002"}


def test_a_worker_that_does_not_know_its_callers_gets_no_traffic(candidate: Project) -> None:
    container = candidate.cloud.services["rowmill-worker"]["spec"]["template"]["spec"]["containers"][0]
    for entry in container["env"]:
        if entry["name"] == "SWEEP_INVOKER":
            entry["value"] = "somebody@else.example"
    ran = _roll_out(candidate, "smoke")
    assert ran.status == 1
    assert "the worker sweeps: 401 instead of 200. No request was shifted" in ran.said


def test_a_public_worker_gets_no_traffic(candidate: Project) -> None:
    held = candidate.cloud.policies["run services:rowmill-worker"]
    held.clear()
    ran = _roll_out(candidate, "smoke")
    assert ran.status == 1
    assert "the worker sweeps: 403" in ran.said


def test_back_returns_to_the_revision_before(candidate: Project) -> None:
    _roll_out(candidate, "shift")
    ran = _roll_out(candidate, "back")
    assert ran.status == 0, ran.said
    assert set(_serving(candidate).values()) == {"rowmill-api-00001", "rowmill-worker-00001"}


def test_the_token_stands_on_no_command_line(candidate: Project) -> None:
    _roll_out(candidate, "smoke")
    token = f"token:rowmill-scheduler@{PROJECT}.iam.gserviceaccount.com"
    assert not any(word.startswith(token) for call in candidate.cloud.calls for word in call.argv)


def test_a_deployment_after_an_unshifted_candidate_shifts_it(candidate: Project) -> None:
    candidate.settings()
    candidate.cloud.calls.clear()
    ran = candidate.run("deploy.sh", IMAGE=IMAGE)
    assert ran.status == 0, ran.said
    assert [" ".join(call.words) for call in candidate.cloud.changes()] == ["run services update-traffic"] * 2
