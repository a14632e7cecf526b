"""infra/deploy.sh: from nothing to a deployment, again without a change, and on after any failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.infra.cloud import BreaksOnce, Call
from tests.infra.conftest import MODEL_KEY, Project
from tests.infra.run_services import is_open


def test_a_first_run_makes_everything_and_says_each_part(project: Project) -> None:
    ran = project.deploy()
    assert ran.status == 0, ran.said
    assert ran.out.strip() == "https://rowmill-api-123456789012.europe-west1.run.app"
    for part in (
        "apis",
        "accounts",
        "secrets",
        "storage",
        "database",
        "queues",
        "image",
        "services",
        "scheduler",
        "metrics",
    ):
        assert f": {part} — " in ran.said
    made = project.cloud.inventory()
    assert len(made["accounts"]) == 6
    assert made["queues"] == ["rowmill-background", "rowmill-live"]
    assert made["services"] == ["rowmill-api", "rowmill-worker"]
    assert made["secrets"] == ["rowmill-encryption-keys", "rowmill-openai-api-key", "rowmill-signing-keys"]
    assert all(index["state"] == "READY" for index in project.cloud.indexes)


def test_a_second_run_changes_nothing(deployed: Project) -> None:
    before = deployed.cloud.inventory()
    ran = deployed.deploy(stdin="")
    assert ran.status == 0, ran.said
    assert deployed.cloud.changes() == []
    assert deployed.cloud.inventory() == before


@pytest.mark.timeout(1_800)
def test_a_failure_at_any_step_can_be_run_again(new_project: Callable[[], Project]) -> None:
    whole = new_project()
    assert whole.deploy().status == 0

    project, breaks = new_project(), BreaksOnce()
    project.cloud.fail = breaks
    runs = 1
    while (ran := project.deploy()).status != 0:
        assert "ERROR: The " in ran.said, ran.said
        runs += 1
        assert runs <= len(whole.cloud.changes()) + 1, ran.said
    assert runs == len(breaks.broken) + 1
    assert breaks.broken == {breaks.step(call) for call in whole.cloud.changes()}
    assert project.cloud.inventory() == whole.cloud.inventory()


def test_accounts_that_google_does_not_know_everywhere_yet_are_waited_for(project: Project) -> None:
    project.cloud.accounts_are_unknown_for = 2
    ran = project.deploy()
    assert ran.status == 0, ran.said
    assert "Google does not know it everywhere yet" in ran.said


def test_a_part_that_is_half_done_goes_on_where_it_was(new_project: Callable[[], Project]) -> None:
    """Here single commands break, of the many of a kind: the third queue's grant, the second index."""
    project, tried = new_project(), dict[tuple[str, ...], int]()

    def breaks_sometimes(call: Call) -> str | None:
        tried[call.argv] = tried.get(call.argv, 0) + 1
        return "after" if len(tried) % 23 == 0 and tried[call.argv] == 1 else None

    project.cloud.fail = breaks_sometimes
    failures = 0
    while project.deploy().status != 0:
        failures += 1
        assert failures < 10
    assert failures >= 3
    project.cloud.calls.clear()
    assert project.deploy(stdin="").status == 0
    assert project.cloud.changes() == []


def test_no_secret_stands_on_a_command_line_or_in_what_is_said(project: Project) -> None:
    ran = project.deploy()
    made = {value for name, values in project.cloud.secrets.items() for value in values}
    assert project.cloud.secrets["rowmill-openai-api-key"] == [MODEL_KEY]
    assert len(made) == 3
    assert all(len(value) >= 32 for value in made - {MODEL_KEY})
    for secret in made:
        assert secret not in ran.out + ran.said
        assert not any(secret in word for call in project.cloud.calls for word in call.argv)


def test_without_a_key_it_stops_and_says_how_to_give_one(project: Project) -> None:
    ran = project.deploy(stdin="")
    assert ran.status == 1
    assert "infra/deploy.sh < key.txt" in ran.said
    assert not project.cloud.services


def test_a_changed_setting_goes_through_a_candidate(deployed: Project) -> None:
    deployed.settings("MAX_RUNNING_JOBS=5")
    ran = deployed.deploy(stdin="")
    assert ran.status == 0, ran.said
    changed = [" ".join(call.words) for call in deployed.cloud.changes()]
    assert changed == ["tasks queues update", *["run deploy"] * 2, *["run services update-traffic"] * 2]
    assert deployed.cloud.queues["rowmill-background"]["rateLimits"]["maxConcurrentDispatches"] == 5
    for service in deployed.cloud.services.values():
        assert service["status"]["traffic"][0]["revisionName"].endswith("-00002")
    # Nobody was locked out, and nobody let in, meanwhile.
    assert is_open(deployed.cloud.services["rowmill-api"])
    assert not is_open(deployed.cloud.services["rowmill-worker"])


def test_changed_sources_are_built_and_rolled_out(deployed: Project) -> None:
    (deployed.folder / "cloudbuild.yaml").write_text("steps: []\n")
    assert deployed.deploy(stdin="").status == 0
    changed = [" ".join(call.words) for call in deployed.cloud.changes()]
    assert changed == ["builds submit", *["run deploy"] * 2, *["run services update-traffic"] * 2]


def test_an_image_can_be_named(deployed: Project) -> None:
    image = "europe-west1-docker.pkg.dev/acme-sheets/rowmill/rowmill:by-hand"
    deployed.cloud.tags.add("by-hand")
    assert deployed.run("deploy.sh", IMAGE=image).status == 0
    assert ("builds", "submit") not in {call.words for call in deployed.cloud.changes()}
    for service in deployed.cloud.services.values():
        assert service["spec"]["template"]["spec"]["containers"][0]["image"] == image


@pytest.mark.parametrize("lines", ["PROJECT=", "REGION="])
def test_an_empty_setting_is_named(project: Project, lines: str) -> None:
    project.settings(lines)
    ran = project.deploy()
    assert ran.status == 1
    assert f"{lines.rstrip('=')} is empty" in ran.said
    assert project.cloud.calls == []


def test_without_settings_it_says_what_to_copy(project: Project) -> None:
    (project.folder / "infra" / "settings.sh").unlink()
    ran = project.deploy()
    assert ran.status == 1
    assert "infra/settings.example.sh" in ran.said
