"""Each gcloud command that a script ran here, or that a page tells a person to run, is one gcloud knows."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.cloud import PROJECT, Call, Cloud
from tests.infra.conftest import ROOT, Project
from tests.infra.gcloud import COMMANDS

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("infra/*.md"))]


def _shape(call: Call) -> tuple[object, ...]:
    """Commands that differ in values alone are linted once."""
    flags = sorted({word.partition("=")[0] for word in call.argv if word.startswith("--")})
    return (*call.words, *flags)


def _told(page: Path) -> Iterator[str]:
    """The commands in a page's code, with continued lines joined, and without pipes and comments."""
    text = page.read_text().replace("\\\n", " ")
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"`(gcloud [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in [*(line for block in blocks for line in block.splitlines()), *spans]:
        for command in re.findall(r"gcloud (?:(?!\s[|<>#]\s|&&|\)\").)*", line):
            # What a reader fills in.
            yield re.sub(r"\$\(.*?\)|\$\w+|<[\w -]+>", "x", command.strip())


def _as_typed(call: Call) -> str:
    """gcloud's linter wants a flag's value quoted, not the flag, and takes what follows one for its value."""
    words_first = sorted(call.argv, key=lambda word: word.startswith("--"))
    pairs = [word.partition("=") for word in words_first]
    words = [f"{flag}={shlex.quote(value)}" if mark else shlex.quote(flag) for flag, mark, value in pairs]
    return " ".join(["gcloud", *words])


def _lint(commands: list[str], folder: Path) -> dict[str, str]:
    """What gcloud says against each command; it is asked once for all, and asks nobody itself."""
    file = folder / "commands.json"
    file.write_text(json.dumps([{"command_string": command} for command in commands]))
    environment = os.environ | {"CLOUDSDK_CONFIG": str(folder), "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1"}
    ran = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True,
        text=True,
        timeout=180,
        env=environment,
        check=True,
    )
    verdicts = json.loads(ran.stdout)
    assert len(verdicts) == len(set(commands))
    return {v["command_string"]: v["error_message"] or "refused" for v in verdicts if not v["success"]}


@pytest.fixture(scope="module")
def gcloud() -> None:
    if shutil.which("gcloud") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gcloud is not installed: the commands of infra/ and docs/ were not checked")
        pytest.skip("gcloud is not installed: the commands of infra/ and docs/ are NOT checked")


def _everything(project: Project, cloud: Cloud) -> list[Call]:
    """The calls of all scripts, on their usual and on their rarer ways."""
    calls = list(cloud.calls)
    project.settings("MAX_RUNNING_JOBS=4")
    project.cloud.jobs["rowmill-sweep"]["attemptDeadline"] = "60s"
    project.cloud.metrics["rowmill-errors"]["filter"] = "severity>=DEBUG"
    for script, *arguments in (
        ["deploy.sh"],
        ["doctor.sh"],
        ["audiences.sh"],
        ["rotate.sh", "signing-keys"],
        ["roll_out.sh", "candidate", "europe-west1-docker.pkg.dev/acme-sheets/rowmill/rowmill:next"],
        ["roll_out.sh", "back"],
        ["teardown.sh", "--yes"],
    ):
        project.cloud.tags.add("next")
        project.cloud.refused_audiences = ["a.apps"]
        ran = project.run(script, *arguments)
        assert ran.status == 0 or script == "doctor.sh", ran.said
    return calls + project.cloud.calls


@pytest.mark.usefixtures("gcloud")
def test_gcloud_knows_every_command_of_the_scripts(
    deployed: Project, first_deployment: Cloud, tmp_path: Path
) -> None:
    calls = {_shape(call): call for call in _everything(deployed, first_deployment)}
    # No script has a command that no test ran.
    assert {call.words for call in calls.values()} == set(COMMANDS)
    wrong = _lint([_as_typed(call) for call in calls.values()], tmp_path)
    assert wrong == {}


@pytest.mark.usefixtures("gcloud")
def test_gcloud_knows_every_command_of_the_pages(tmp_path: Path) -> None:
    commands = sorted({command for page in PAGES if page.exists() for command in _told(page)})
    assert len(commands) > 10
    assert _lint(commands, tmp_path) == {}


@pytest.mark.usefixtures("gcloud")
def test_a_wrong_command_is_found(tmp_path: Path) -> None:
    wrong = _lint(["gcloud tasks queues create q --max-concurrent-dispatch=3 --location=l"], tmp_path)
    assert len(wrong) == 1


def test_the_project_is_the_settings_one(first_deployment: Cloud) -> None:
    """Commands leave --project to the environment, so none can name another."""
    for call in first_deployment.calls:
        assert not any(word.startswith("--project") for word in call.argv)
        assert all(PROJECT in word for word in call.argv if word.endswith(".iam.gserviceaccount.com"))
