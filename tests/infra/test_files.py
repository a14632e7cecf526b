"""The files of the deployment, each held to its own language's checker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT

BIN = Path(sys.executable).parent
SCRIPTS = sorted([*ROOT.glob("infra/*.sh"), *ROOT.glob("infra/parts/*.sh")])
#: Sourced by the others, never started.
SOURCED = {"begin.sh", "names.sh", "grants.sh", "settings.example.sh"}


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_the_scripts_pass_shellcheck() -> None:
    ran = _run(BIN / "shellcheck", "--external-sources", *SCRIPTS)
    assert ran.returncode == 0, ran.stdout


def test_what_is_started_can_be_started() -> None:
    for script in ROOT.glob("infra/*.sh"):
        executable = bool(script.stat().st_mode & 0o111)
        assert executable == (script.name not in SOURCED), script.name


def test_the_build_fits_its_schema() -> None:
    ran = _run(BIN / "check-jsonschema", "--builtin-schema", "vendor.cloudbuild", "cloudbuild.yaml")
    assert ran.returncode == 0, ran.stdout


def test_the_dockerfile_passes_hadolint() -> None:
    if not (BIN / "hadolint").exists():
        pytest.fail("hadolint is missing: it comes with tests/requirements.txt")
    ran = _run(BIN / "hadolint", "backend/Dockerfile")
    assert ran.returncode == 0, ran.stdout


def test_every_part_has_its_three_verbs() -> None:
    text = (ROOT / "infra/parts/parts.sh").read_text()
    parts = [
        line.strip().strip("'").partition("=")[0] for line in text.splitlines() if line.startswith("  '")
    ]
    sources = "".join(path.read_text() for path in ROOT.glob("infra/parts/*.sh"))
    assert {path.stem for path in ROOT.glob("infra/parts/*.sh")} == {*parts, "parts"}
    for part in parts:
        for verb in ("apply", "check", "remove"):
            assert f"\n{verb}_{part}() {{" in sources


def test_the_settings_of_a_deployment_stay_out_of_git_and_of_builds() -> None:
    for name in (".gitignore", ".gcloudignore"):
        assert "infra/settings.sh" in (ROOT / name).read_text().splitlines()


def test_the_image_gets_the_backend_and_nothing_else() -> None:
    assert (ROOT / ".dockerignore").read_text().split("\n")[1:3] == ["*", "!backend"]
