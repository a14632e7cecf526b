"""Names and limits of infra/ and of backend/config.py are the same, and the code accepts what it is given."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml  # type: ignore[import-untyped]

from backend import config
from backend.local.stack import MALLOC
from tests.infra.cloud import PROJECT, Cloud
from tests.infra.conftest import ROOT
from tests.infra.run_services import variables

FIELDS = config.Settings.model_fields


@pytest.fixture(scope="module")
def names() -> dict[str, str]:
    """names.sh as bash understands it."""
    show = 'for n in $(compgen -v); do printf "%s=%s\\n" "$n" "${!n-}"; done'
    script = f". infra/names.sh; . infra/settings.example.sh; {show}"
    ran = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in ran.stdout.splitlines() if "=" in line)


def test_the_queues_have_the_names_that_the_code_uses(names: dict[str, str], first_deployment: Cloud) -> None:
    assert names["BACKGROUND_QUEUE"] == config.BACKGROUND_QUEUE
    assert names["LIVE_QUEUE"] == config.LIVE_QUEUE
    assert set(first_deployment.queues) == {config.BACKGROUND_QUEUE, config.LIVE_QUEUE}


@pytest.mark.parametrize(
    "name",
    [
        "GUNICORN_TIMEOUT_S",
        "RUN_TIMEOUT_S",
        "DISPATCH_DEADLINE_S",
        "MAX_RUNNING_JOBS",
        "LIVE_PLACES",
        "MODEL",
    ],
)
def test_a_limit_is_the_code_s_default(names: dict[str, str], name: str) -> None:
    assert names[name] == str(FIELDS[name.lower()].default)


def test_the_queues_places_are_the_code_s(first_deployment: Cloud) -> None:
    given = variables(first_deployment.services["rowmill-worker"])
    for queue, setting in ((config.BACKGROUND_QUEUE, "MAX_RUNNING_JOBS"), (config.LIVE_QUEUE, "LIVE_PLACES")):
        places = first_deployment.queues[queue]["rateLimits"]["maxConcurrentDispatches"]
        assert places == int(given[setting])


def test_every_variable_is_a_setting_of_the_code(first_deployment: Cloud) -> None:
    #: gunicorn's own, read in backend/gunicorn.conf.py.
    known = {name.upper() for name in FIELDS} | {"THREADS"}
    for service in first_deployment.services.values():
        container = service["spec"]["template"]["spec"]["containers"][0]
        assert {entry["name"] for entry in container["env"]} <= known


@pytest.mark.parametrize("service", ["rowmill-api", "rowmill-worker"])
def test_the_code_starts_with_what_it_is_given(
    first_deployment: Cloud, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Cloud Run, where stand-ins are refused; raises what is missing or contradicts itself."""
    for name in FIELDS:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("K_SERVICE", service)
    container = first_deployment.services[service]["spec"]["template"]["spec"]["containers"][0]
    for entry in container["env"]:
        secret = entry.get("valueFrom", {}).get("secretKeyRef", {}).get("name")
        value = first_deployment.secrets[secret][-1] if secret else entry["value"]
        monkeypatch.setenv(entry["name"], value)
    settings = config.load()
    assert settings.role == service.removeprefix("rowmill-")
    assert settings.audiences == ("one.apps", "two.apps")
    assert settings.firestore_database in first_deployment.databases
    assert settings.sheets_account == f"rowmill-sheets@{PROJECT}.iam.gserviceaccount.com"
    assert (settings.openai_api_key is None) == (service == "rowmill-api")


def test_the_times_grow_to_the_queue_s_patience(first_deployment: Cloud) -> None:
    for service in first_deployment.services.values():
        given = variables(service)
        seconds = service["spec"]["template"]["spec"]["timeoutSeconds"]
        assert int(given["GUNICORN_TIMEOUT_S"]) < seconds < int(given["DISPATCH_DEADLINE_S"])
        assert seconds == int(given["RUN_TIMEOUT_S"])


def test_a_probe_always_finds_a_thread(first_deployment: Cloud) -> None:
    for service in first_deployment.services.values():
        concurrency = service["spec"]["template"]["spec"]["containerConcurrency"]
        assert concurrency < int(variables(service)["THREADS"])


def test_cloud_build_uses_the_same_names(names: dict[str, str]) -> None:
    text = (ROOT / "cloudbuild.yaml").read_text()
    build = yaml.safe_load(text)
    assert build["substitutions"]["_REGION"] == names["REGION"]
    assert build["serviceAccount"].endswith("/rowmill-build@$PROJECT_ID.iam.gserviceaccount.com")
    assert set(re.findall(r"docker\.pkg\.dev/(\S+?):", text)) == {
        f"$PROJECT_ID/{names['REPOSITORY']}/rowmill"
    }


def test_cloud_build_checks_before_it_builds_and_asks_before_it_shifts() -> None:
    build = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
    assert [step["id"] for step in build["steps"]] == [
        "check",
        "test",
        "build",
        "push",
        "deploy-without-traffic",
        "smoke",
        "shift-traffic",
    ]


def test_cloud_build_installs_what_ci_does() -> None:
    build = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
    [test] = [step for step in build["steps"] if step["id"] == "test"]
    ci = (ROOT / ".ci/run").read_text()
    wanted = {name for names in re.findall(r"wanted\+=\((.*?)\)", ci) for name in names.split()}
    assert {"chromium", "default-jre-headless", "nodejs"} <= wanted <= set(test["args"][1].split())


def test_cloud_build_tests_with_the_python_of_the_image() -> None:
    build = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
    dockerfile = (ROOT / "backend/Dockerfile").read_text()
    base = re.search(r"^ARG BASE=(python:[\d.]+)-", dockerfile, re.MULTILINE)
    assert base
    for step in build["steps"][:2]:
        assert step["name"].removeprefix("mirror.gcr.io/library/").startswith(f"{base.group(1)}-")


def test_memory_is_given_back_here_as_in_the_image() -> None:
    dockerfile = (ROOT / "backend/Dockerfile").read_text()
    assert dict(re.findall(r"^\s+(MALLOC_\w+)=(\d+) ", dockerfile, re.MULTILINE)) == MALLOC
