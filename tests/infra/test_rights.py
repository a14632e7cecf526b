"""Each account has exactly the rights listed here: a new one is a decision, made in this file."""

from __future__ import annotations

from tests.infra.cloud import DEPLOYER, PROJECT, Cloud
from tests.infra.run_services import is_open

DATABASE_USER = "roles/datastore.user"


def _account(name: str) -> str:
    return f"rowmill-{name}@{PROJECT}.iam.gserviceaccount.com"


def _held(cloud: Cloud, member: str) -> set[str]:
    domain = f"@{PROJECT}.iam.gserviceaccount.com"
    return {
        f"{role.removeprefix('roles/')} on {where.split(':', 1)[1].removesuffix(domain)}"
        for where, grants in cloud.policies.items()
        for role, holder in grants
        if holder == member
    }


RUNTIME = {
    f"datastore.user on {PROJECT}",
    "iam.serviceAccountTokenCreator on rowmill-sheets",
    "iam.serviceAccountUser on rowmill-tasks",
    "cloudtasks.enqueuer on rowmill-background",
    "cloudtasks.enqueuer on rowmill-live",
    "secretmanager.secretAccessor on rowmill-signing-keys",
    "secretmanager.secretAccessor on rowmill-encryption-keys",
}
RIGHTS = {
    "sheets": set[str](),
    "api": RUNTIME,
    "worker": RUNTIME | {"secretmanager.secretAccessor on rowmill-openai-api-key"},
    "tasks": {"run.invoker on rowmill-worker"},
    "scheduler": {"run.invoker on rowmill-worker"},
    "build": {
        f"logging.logWriter on {PROJECT}",
        "artifactregistry.writer on rowmill",
        f"storage.objectViewer on gs://{PROJECT}-rowmill-build",
        "run.developer on rowmill-api",
        "run.developer on rowmill-worker",
        "iam.serviceAccountUser on rowmill-api",
        "iam.serviceAccountUser on rowmill-worker",
        "iam.serviceAccountOpenIdTokenCreator on rowmill-scheduler",
    },
}


def test_each_account_has_the_least_it_needs(first_deployment: Cloud) -> None:
    held = {name: _held(first_deployment, f"serviceAccount:{_account(name)}") for name in RIGHTS}
    assert held == RIGHTS
    assert set(first_deployment.accounts) == {_account(name) for name in RIGHTS}


def test_the_world_may_call_the_api_alone(first_deployment: Cloud) -> None:
    """Without a grant to everybody, which most organisations forbid."""
    assert {name: is_open(service) for name, service in first_deployment.services.items()} == {
        "rowmill-api": True,
        "rowmill-worker": False,
    }
    assert _held(first_deployment, "allUsers") == _held(first_deployment, "allAuthenticatedUsers") == set()


def test_who_deploys_may_speak_as_the_scheduler_alone(first_deployment: Cloud) -> None:
    assert _held(first_deployment, f"user:{DEPLOYER}") == {
        "iam.serviceAccountOpenIdTokenCreator on rowmill-scheduler"
    }


def test_the_database_role_is_for_our_database_alone(first_deployment: Cloud) -> None:
    given = [call for call in first_deployment.calls if f"--role={DATABASE_USER}" in call.argv]
    assert len(given) == 2
    for call in given:
        [condition] = [word for word in call.argv if word.startswith("--condition=")]
        assert f'resource.name=="projects/{PROJECT}/databases/rowmill"' in condition


def test_each_service_runs_as_its_own_account(first_deployment: Cloud) -> None:
    for name in ("api", "worker"):
        spec = first_deployment.services[f"rowmill-{name}"]["spec"]["template"]["spec"]
        assert spec["serviceAccountName"] == _account(name)
