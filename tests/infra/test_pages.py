"""What the pages say of scripts, log lines and metrics is so."""

from __future__ import annotations

import dataclasses
import re

import pytest

from backend.usecases.run_batch import BatchReport
from tests.infra.conftest import ROOT

PAGES = [ROOT / "docs/deploy.md", ROOT / "docs/operate.md", ROOT / "infra/README.md"]
OPERATING = (ROOT / "docs/operate.md").read_text()


def test_the_scripts_that_pages_name_are_there() -> None:
    for page in PAGES:
        for name in re.findall(r"infra/([a-z_]+\.sh)", page.read_text()):
            assert name == "settings.sh" or (ROOT / "infra" / name).exists(), f"{page.name}: {name}"


def test_every_script_is_explained() -> None:
    text = (ROOT / "infra/README.md").read_text()
    for script in ROOT.glob("infra/*.sh"):
        if script.stat().st_mode & 0o111:
            assert f"infra/{script.name}" in text


def logged() -> set[str]:
    """The actions that the code logs; of those that are put together, the beginning."""
    code = "".join(path.read_text() for path in (ROOT / "backend").rglob("*.py"))
    return set(re.findall(r'"action": f?"([a-z_]+)', code))


def test_the_log_lines_in_the_table_are_those_that_are_logged() -> None:
    rows = [line.split("|")[1] for line in OPERATING.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    beginnings = tuple(action for action in logged() if action.endswith("_"))
    assert {name for name in told if not name.startswith(beginnings)} == logged() - set(beginnings)
    assert all(any(name.startswith(beginning) for name in told) for beginning in beginnings)


@pytest.mark.parametrize("place", ["infra/*.sh", "infra/metrics/*.json"])
def test_scripts_and_metrics_look_for_lines_that_are_logged(place: str) -> None:
    text = "".join(path.read_text() for path in ROOT.glob(place)).replace("\\", "")
    looked_for = set(re.findall(r'jsonPayload\.action="(\w+)"', text))
    assert looked_for
    assert looked_for - logged() == set()


def test_the_figures_of_a_batch_are_those_in_the_table() -> None:
    [row] = [line for line in OPERATING.splitlines() if line.startswith("| `batch_ended`")]
    fields = {field.name for field in dataclasses.fields(BatchReport)}
    assert set(re.findall(r"`(\w+)`", row)) == {"batch_ended", *fields}


def test_the_metrics_are_those_in_the_table() -> None:
    made = {path.stem for path in ROOT.glob("infra/metrics/*.json")}
    assert made == set(re.findall(r"^\| `(rowmill-[a-z-]+)`", OPERATING, re.MULTILINE))


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
