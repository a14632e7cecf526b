"""The README's commands, typed as they stand there, and its row before and after.

They run in a folder of their own that looks like a checkout; only ports, and the address and name of a model,
are other ones.
"""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from backend.local.model.app import ModelSettings
from backend.local.model.app import create_app as create_model
from backend.local.model.faults import ModelFaults
from tests.guards.test_readme import README, commands
from tests.local.test_commands import children, companies, two_free_ports, write_rows
from tests.serving import serving

ROOT = README.parent
TEXT = README.read_text()
TYPED = commands(TEXT)
ENRICH = [line for line in TYPED if line.startswith("make enrich")]
WITH_A_KEY = [line for line in TYPED if "OPENAI_API_KEY" in line]
OUTPUTS = ("Category", "Brand Name", "Email Question", "Status")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The folder a person stands in: the sources, and files of theirs."""
    for name in ("Makefile", "backend", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_rows(tmp_path / "rows.csv", companies(6))
    headers = ["Company Name", "Company Keywords", "Company Short Description", "Website"]
    (tmp_path / "my.csv").write_text(
        "\n".join(",".join(row) for row in [headers, ["Acme", "nails", "Makes nails", "acme.com"]])
    )
    book = openpyxl.Workbook()
    book.active.title = "Notes"  # type: ignore[union-attr]
    leads = book.create_sheet("Leads")
    for row in (headers, ["Acme", "nails", "Makes nails", "acme.com"]):
        leads.append(row)
    book.save(tmp_path / "leads.xlsx")
    return tmp_path


def typed(line: str, checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return subprocess.run(
        ["bash", "-c", line], cwd=checkout, env=own | env, capture_output=True, text=True, timeout=200
    )


@pytest.fixture
def model_server() -> Iterator[str]:
    """A server of the protocol that is not the stand-in of the stack: what it says counts as real."""
    with serving(create_model(ModelSettings(latency_ms=20))) as url:
        yield f"{url}/v1"


def started(line: str, checkout: Path, **env: str) -> str:
    """What `make run` says until it serves; then Ctrl-C, and everything has ended."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    process = subprocess.Popen(
        ["bash", "-c", f"exec {line} PORT={two_free_ports()}"],
        cwd=checkout,
        env=own | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    try:
        assert process.stdout is not None
        while "Press Ctrl-C" not in said:
            heard = process.stdout.readline()
            assert heard, said
            said += heard
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert children(checkout / ".rowmill") == []
    return said


def test_the_readme_shows_these_commands() -> None:
    assert len(ENRICH) == 2
    assert len(WITH_A_KEY) == 2
    assert "make run" in TYPED


@pytest.mark.slow
@pytest.mark.parametrize("line", ENRICH)
def test_a_file_is_enriched(line: str, checkout: Path) -> None:
    ended = typed(line, checkout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    out = checkout / re.findall(r"OUT=(\S+)", line)[0]
    if out.suffix == ".csv":
        with out.open(encoding="utf-8", newline="") as lines:
            header, *rows = list(csv.reader(lines))
    else:
        header, *rows = (list(row) for row in openpyxl.load_workbook(out).worksheets[0].values)
    assert tuple(header[-4:]) == OUTPUTS
    assert rows
    assert all(row[-1] == "✅ Complete" for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in TYPED if line.startswith("make run")])
def test_the_workbench_is_opened(line: str, checkout: Path) -> None:
    said = started(line, checkout)
    assert "Completed:" in said
    assert "nothing leaves this machine" in said


@pytest.mark.slow
@pytest.mark.parametrize("line", WITH_A_KEY)
def test_another_server_is_asked(line: str, checkout: Path, model_server: str) -> None:
    line = re.sub(r"(OPENAI_BASE_URL|MODEL)=\S+ ", "", line)
    variables, _, command = line.partition("make ")
    env = dict(part.split("=", 1) for part in variables.split())
    env |= {"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": env["OPENAI_API_KEY"].replace("…", "abc")}
    if command.startswith("run"):
        said = started(f"make {command}", checkout, **env)
        assert "Completed:" in said
    else:
        ended = typed(f"make {command}", checkout, **env)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        said = ended.stdout
    assert "nothing leaves this machine" not in said
    assert model_server.split("//")[1].split("/")[0] in said


@pytest.mark.slow
def test_a_run_whose_job_pauses_says_why_and_goes_on_serving(checkout: Path) -> None:
    faults = ModelFaults(refused_keys=("sk-refused",))
    with serving(create_model(ModelSettings(faults=faults))) as url:
        env = {"OPENAI_API_KEY": "sk-refused", "OPENAI_BASE_URL": f"{url}/v1"}
        said = started("make run", checkout, **env)
    assert "The model's key was refused." in said
    assert "Resume" in said
    assert "Paused: 0 done" in said


def test_the_input_is_not_overwritten(checkout: Path) -> None:
    before = (checkout / "rows.csv").read_bytes()
    ended = typed("make enrich IN=rows.csv OUT=./rows.csv CASE=a", checkout)
    assert ended.returncode == 2
    assert "OUT is IN" in ended.stderr
    assert (checkout / "rows.csv").read_bytes() == before


@pytest.mark.slow
def test_the_row_before_and_after_is_what_comes_out(checkout: Path) -> None:
    ended = typed("make enrich IN=backend/local/sample.csv OUT=done.csv CASE=a LATENCY_MS=50", checkout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    with (checkout / "done.csv").open(encoding="utf-8", newline="") as lines:
        first = next(csv.DictReader(lines))
    [after] = [line for line in TEXT.splitlines() if line.startswith("| after |")]
    name, keywords, description, *outputs = [cell.strip() for cell in after.split("|")[2:-1]]
    assert outputs == [first[header] for header in OUTPUTS]
    assert name == first["Company Name"]
    assert first["Company Keywords"].startswith(keywords.removesuffix("…").strip())
    assert first["Company Short Description"].startswith(description.removesuffix("…").strip())
