"""infra/doctor.sh names what is missing or drifted, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from copy import deepcopy
from pathlib import Path

import pytest

from tests.infra.cloud import Cloud, Doc
from tests.infra.conftest import Desk, Project, serving
from tests.infra.run_services import INVOKER_CHECK_OFF

WORKER = "rowmill-worker"


def test_a_fresh_deployment_is_well(deployed: Project) -> None:
    ran = deployed.run("doctor.sh")
    assert ran.status == 0, ran.said
    assert deployed.cloud.changes() == []


def test_an_empty_project_lacks_its_apis(project: Project) -> None:
    ran = project.run("doctor.sh")
    assert ran.status == 1
    assert "missing: API cloudtasks.googleapis.com" in ran.said


def _container(cloud: Cloud) -> Doc:
    container: Doc = cloud.services[WORKER]["spec"]["template"]["spec"]["containers"][0]
    return container


def _drop_grant(cloud: Cloud, where: str, role: str) -> None:
    cloud.policies[where] = {held for held in cloud.policies[where] if held[0] != role}


def _set_variable(cloud: Cloud, name: str, value: str) -> None:
    env = _container(cloud)["env"]
    env[:] = [entry for entry in env if entry["name"] != name] + [{"name": name, "value": value}]


DRIFTS: dict[str, tuple[Callable[[Cloud], object], str]] = {
    "an api is off": (
        lambda cloud: cloud.apis.discard("sheets.googleapis.com"),
        "missing: API sheets.googleapis.com",
    ),
    "an account is gone": (
        lambda cloud: cloud.accounts.pop("rowmill-sheets@acme-sheets.iam.gserviceaccount.com"),
        "missing: service account rowmill-sheets@",
    ),
    "a role is gone": (
        lambda cloud: _drop_grant(
            cloud,
            "iam service-accounts:rowmill-sheets@acme-sheets.iam.gserviceaccount.com",
            "roles/iam.serviceAccountTokenCreator",
        ),
        "missing: roles/iam.serviceAccountTokenCreator for serviceAccount:rowmill-api@",
    ),
    "a secret is gone": (
        lambda cloud: cloud.secrets.pop("rowmill-signing-keys"),
        "missing: secret rowmill-signing-keys",
    ),
    "a secret is empty": (
        lambda cloud: cloud.secrets["rowmill-openai-api-key"].clear(),
        "missing: a value of secret rowmill-openai-api-key",
    ),
    "the database is gone": (
        lambda cloud: cloud.databases.clear(),
        "missing: Firestore database rowmill",
    ),
    "the database is not protected": (
        lambda cloud: cloud.databases["rowmill"].update(deleteProtectionState="DELETE_PROTECTION_DISABLED"),
        "differs: database rowmill is not protected against deletion",
    ),
    "a field is indexed that should not be": (
        lambda cloud: next(
            f for f in cloud.fields.values() if f["name"].endswith("results/fields/json")
        ).update(indexConfig={"indexes": [{"order": "ASCENDING"}]}),
        "missing: Firestore field setting json --collection-group=results",
    ),
    "an index is gone": (
        lambda cloud: cloud.indexes.pop(0),
        "missing: Firestore composite setting --collection-group=events",
    ),
    "an index is not ready": (
        lambda cloud: cloud.indexes[-1].update(state="NEEDS_REPAIR"),
        "Firestore indexes are still being built: i",
    ),
    "an expiry is off": (
        lambda cloud: [field.pop("ttlConfig", None) for field in cloud.fields.values()],
        "missing: Firestore ttl setting expires_at --collection-group=answers",
    ),
    "a queue is gone": (
        lambda cloud: cloud.queues.pop("rowmill-live"),
        "missing: queue rowmill-live",
    ),
    "a queue has other limits": (
        lambda cloud: cloud.queues["rowmill-background"]["rateLimits"].update(maxConcurrentDispatches=9),
        "differs: queue rowmill-background has 9 10 6 60s 1s 10s 4; wanted 3 10 6 60s 1s 10s 4",
    ),
    "a queue is paused": (
        lambda cloud: cloud.queues["rowmill-live"].update(state="PAUSED"),
        "gcloud tasks queues resume rowmill-live",
    ),
    "the images are gone": (
        lambda cloud: cloud.repositories.clear(),
        "missing: image repository rowmill",
    ),
    "a service is gone": (
        lambda cloud: cloud.services.pop("rowmill-api"),
        "missing: Cloud Run service rowmill-api",
    ),
    "a variable was changed": (
        lambda cloud: _set_variable(cloud, "MODEL", "another"),
        "differs: rowmill-worker should have env:MODEL=gpt-5-nano",
    ),
    "a variable was added": (
        lambda cloud: _set_variable(cloud, "MODEL_STANDIN", "1"),
        "rowmill-worker has env:MODEL_STANDIN=1, which no setting asks for",
    ),
    "an instance limit was changed": (
        lambda cloud: cloud.services[WORKER]["spec"]["template"]["metadata"]["annotations"].update(
            {"autoscaling.knative.dev/maxScale": "100"}
        ),
        "differs: rowmill-worker should have max=9",
    ),
    "an old revision serves": (
        lambda cloud: cloud.services[WORKER]["status"].update(latestCreatedRevisionName=f"{WORKER}-00009"),
        "rowmill-worker does not serve its newest revision",
    ),
    "the worker is public": (
        lambda cloud: cloud.policies[f"run services:{WORKER}"].add(("roles/run.invoker", "allUsers")),
        "differs: allUsers may call rowmill-worker",
    ),
    "somebody else may call the worker": (
        lambda cloud: cloud.policies[f"run services:{WORKER}"].add(
            ("roles/run.invoker", "user:x@acme.example")
        ),
        "differs: user:x@acme.example may call rowmill-worker",
    ),
    "the worker's own check is off": (
        lambda cloud: cloud.services[WORKER]["metadata"]["annotations"].update({INVOKER_CHECK_OFF: "True"}),
        "differs: rowmill-worker has open=yes, which no setting asks for",
    ),
    "the api is closed": (
        lambda cloud: cloud.services["rowmill-api"]["metadata"]["annotations"].pop(INVOKER_CHECK_OFF),
        "differs: rowmill-api should have open=yes",
    ),
    "the services run different images": (
        lambda cloud: cloud.services["rowmill-api"]["spec"]["template"]["spec"]["containers"][0].update(
            image="europe-west1-docker.pkg.dev/acme-sheets/rowmill/rowmill:another"
        ),
        "and rowmill-api has europe-west1-docker.pkg.dev/acme-sheets/rowmill/rowmill:another",
    ),
    "the sweep is gone": (lambda cloud: cloud.jobs.clear(), "missing: schedule rowmill-sweep"),
    "the sweep is paused": (
        lambda cloud: cloud.jobs["rowmill-sweep"].update(state="PAUSED"),
        "gcloud scheduler jobs resume rowmill-sweep",
    ),
    "the sweep calls elsewhere": (
        lambda cloud: cloud.jobs["rowmill-sweep"]["httpTarget"].update(uri="https://elsewhere.example"),
        "differs: schedule rowmill-sweep has * * * * *|https://elsewhere.example|",
    ),
    "a metric is gone": (
        lambda cloud: cloud.metrics.pop("rowmill-rows"),
        "missing: metric rowmill-rows",
    ),
    "a metric counts something else": (
        lambda cloud: cloud.metrics["rowmill-errors"].update(filter="severity>=DEBUG"),
        "differs: metric rowmill-errors is not as infra/metrics/rowmill-errors.json has it",
    ),
    "the sources' bucket is gone": (
        lambda cloud: cloud.buckets.clear(),
        "missing: bucket gs://acme-sheets-rowmill-build",
    ),
    "a service runs as somebody else": (
        lambda cloud: cloud.services[WORKER]["spec"]["template"]["spec"].update(
            serviceAccountName="default@acme.example"
        ),
        "differs: rowmill-worker should have account=rowmill-worker@",
    ),
    "a secret is not mounted": (
        lambda cloud: _container(cloud)["env"].remove(
            next(e for e in _container(cloud)["env"] if e["name"] == "OPENAI_API_KEY")
        ),
        "differs: rowmill-worker should have secret:OPENAI_API_KEY=rowmill-openai-api-key:latest",
    ),
}


#: What hides other drifts of its part: looked for in a run of its own.
GONE = {
    name for name in DRIFTS if name.endswith(" gone") and name not in ("a role is gone", "an index is gone")
}


def _said_of(drifts: Collection[str], first: Cloud, folder: Path, desk: Desk) -> str:
    cloud = deepcopy(first)
    cloud.calls.clear()
    for drift in drifts:
        DRIFTS[drift][0](cloud)
    with serving(cloud, folder, desk) as project:
        ran = project.run("doctor.sh")
    assert ran.status == 1
    assert cloud.changes() == []
    return ran.said


@pytest.fixture(scope="module")
def said(first_deployment: Cloud, tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> dict[str, str]:
    """What the doctor says of each drift. It looks at many at once: a look takes most of a second."""
    api_off = {"an api is off"}
    found: dict[str, str] = {}
    for together in (api_off, GONE, set(DRIFTS) - GONE - api_off):
        text = _said_of(together, first_deployment, tmp_path_factory.mktemp("drifted"), desk)
        found |= dict.fromkeys(together, text)
    return found


@pytest.mark.parametrize("drift", DRIFTS)
def test_a_drift_is_named(said: dict[str, str], drift: str) -> None:
    assert DRIFTS[drift][1] in said[drift]


@pytest.mark.parametrize("drift", ["an index is gone", "a variable was added", "the sweep is paused"])
def test_a_drift_is_named_once_and_nothing_else_is(
    first_deployment: Cloud, tmp_path: Path, desk: Desk, drift: str
) -> None:
    said = _said_of([drift], first_deployment, tmp_path, desk)
    assert "Stopped: 1 findings." in said


def test_a_deployment_puts_right_what_it_made(deployed: Project) -> None:
    for drift in (
        "an api is off",
        "a role is gone",
        "an expiry is off",
        "a queue has other limits",
        "a variable was added",
        "the sweep calls elsewhere",
        "a metric is gone",
        "a metric counts something else",
        "the database is not protected",
        "the api is closed",
        "the worker's own check is off",
        "a service runs as somebody else",
        "a secret is not mounted",
    ):
        DRIFTS[drift][0](deployed.cloud)
    ran = deployed.deploy()
    assert ran.status == 0, ran.said
    ran = deployed.run("doctor.sh")
    assert ran.status == 0, ran.said
