"""What the pages say of scripts, log lines and metrics is so."""

from __future__ import annotations

import dataclasses
import json
import re

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


def test_every_kind_of_log_line_is_in_the_table() -> None:
    code = "".join(path.read_text() for path in (ROOT / "backend").rglob("*.py"))
    logged = set(re.findall(r'"action": "([a-z_]+)"', code))
    assert "batch_ended" in logged
    tables = "".join(line for line in OPERATING.splitlines() if line.startswith("| `"))
    assert {action for action in logged if f"`{action}`" not in tables} == set()
    # Actions that are put together: each beginning stands in the table.
    for beginning in re.findall(r'"action": f"([a-z_]+)\{', code):
        assert f"`{beginning}" in tables, beginning


def test_the_figures_of_a_batch_are_those_in_the_table() -> None:
    [row] = [line for line in OPERATING.splitlines() if line.startswith("| `batch_ended`")]
    fields = {field.name for field in dataclasses.fields(BatchReport)}
    assert set(re.findall(r"`(\w+)`", row)) == {"batch_ended", *fields}


def test_the_metrics_are_those_in_the_table() -> None:
    made = {path.stem for path in ROOT.glob("infra/metrics/*.json")}
    assert made == set(re.findall(r"^\| `(rowmill-[a-z-]+)`", OPERATING, re.MULTILINE))


def test_the_metrics_read_lines_that_are_logged() -> None:
    code = "".join(path.read_text() for path in (ROOT / "backend").rglob("*.py"))
    for path in ROOT.glob("infra/metrics/*.json"):
        for action in re.findall(r'jsonPayload\.action="(\w+)"', json.loads(path.read_text())["filter"]):
            assert f'"action": "{action}"' in code, path.name


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
