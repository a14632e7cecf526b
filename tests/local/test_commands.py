"""The commands behind `make run` and `make enrich`, as a person starts them."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
HEADERS = ["Company Name", "Company Keywords", "Company Short Description", "Notes"]


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "backend.local", *map(str, arguments)]


def environment(**more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return own | more


def finish(*arguments: str | Path, within_s: float = 90, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(**env),
        capture_output=True,
        text=True,
        timeout=within_s,
    )


def write_rows(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADERS, *rows])
    return path


def read_rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def companies(count: int) -> list[list[str]]:
    return [
        [f"Harbour {n} Ltd", "paint, tools", f"Makes paint number {n} in Leeds.", f"n{n}"]
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "nowhere.csv"),
        ("", "empty"),
        (
            "Firm name,City\nAcme,Leeds\n",
            'No column for "Company Name" was found. Found: "Firm name", "City"',
        ),
        ("Company Name,City\nAcme,Leeds\n", '"Company Keywords" or "Company Short Description"'),
        ("Company Name,Company Keywords\n", "no rows below it"),
    ],
)
def test_bad_input_is_one_clear_sentence(tmp_path: Path, content: str | None, said: str) -> None:
    source = tmp_path / "nowhere.csv"
    if content is not None:
        source.write_text(content)
    ended = finish("enrich", "--in", source, "--out", tmp_path / "done.csv", "--data", tmp_path / "data")
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "done.csv").exists()


def test_a_wrong_case_is_explained(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.csv", companies(1))
    ended = finish("enrich", "--in", source, "--out", tmp_path / "done.csv", "--case", "c")
    assert ended.returncode == 2
    assert 'CASE must be "a"' in ended.stderr


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = finish("run", "--port", str(port), "--data", tmp_path / "data")
    assert ended.returncode == 2
    assert f"Port {port} is taken" in ended.stderr
    assert "PORT=" in ended.stderr


@pytest.mark.parametrize("port", ["65535", "70000", "-3"])
def test_a_port_that_is_none_is_explained(tmp_path: Path, port: str) -> None:
    ended = finish("run", "--port", port, "--data", tmp_path / "data")
    assert (ended.returncode, "is no port" in ended.stderr) == (2, True), ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("report", "said"),
    [
        ("rows.csv", "REPORT is IN"),
        ("done.csv", "REPORT is OUT"),
        ("nowhere/report.json", "REPORT cannot be written"),
        (".", "REPORT cannot be written"),
    ],
)
def test_a_report_that_has_no_place_is_told_before_the_work(tmp_path: Path, report: str, said: str) -> None:
    source = write_rows(tmp_path / "rows.csv", companies(1))
    before = source.read_bytes()
    places = ["--in", source, "--out", tmp_path / "done.csv", "--report", tmp_path / report]
    ended = finish("enrich", *places, "--data", tmp_path / "data")
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr
    assert source.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.csv", companies(1))
    ended = finish("enrich", "--in", source, "--out", tmp_path / "done.csv", "--data", source / "data")
    assert (ended.returncode, "rows.csv" in ended.stderr) == (2, True), ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
def test_a_file_goes_in_and_comes_out_with_four_columns_more(tmp_path: Path) -> None:
    rows = [
        *companies(20),
        ["", "", "", "blank"],
        [*companies(1)[0][:3], "again"],
        ["日本塗料 株式会社", "塗料", "塗料の製造", "x"],
    ]
    source = write_rows(tmp_path / "rows.csv", rows)
    target, report = tmp_path / "done.csv", tmp_path / "report.json"
    arguments = ("enrich", "--in", source, "--out", target, "--report", report, "--latency-ms", "50")
    ended = finish(*arguments, "--data", tmp_path / "data")
    assert ended.returncode == 0, ended.stderr
    assert "nothing leaves this machine" in ended.stdout
    header, *found = read_rows(target)
    assert header == [*HEADERS, "Category", "Brand Name", "Email Question", "Status"]
    assert [row[:4] for row in found] == rows
    assert found[0][4:] == found[21][4:]  # equal rows, equal answers
    assert found[20][4:] == ["", "", "", "⏭️ Skipped (no inputs)"]
    assert all(row[7] == "✅ Complete" and row[4] and row[5] and row[6] for row in found if row[3] != "blank")
    figures = json.loads(report.read_text())
    assert (figures["rows"], figures["done"], figures["skipped"], figures["failed"]) == (23, 22, 1, 0)
    assert (figures["model_calls"], figures["cached"]) == (21, 1)
    assert figures["cost_microusd"] > 0

    # The same command again finds its job and asks nothing anew.
    first = target.read_bytes()
    again = finish(*arguments, "--data", tmp_path / "data")
    assert again.returncode == 0, again.stderr
    assert target.read_bytes() == first
    assert json.loads(report.read_text())["job_id"] == figures["job_id"]


@pytest.mark.slow
def test_output_columns_that_are_there_already_are_reused(tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text("Status,Company Name,Company Keywords,category\nold,Acme Ltd,paint,older\n")
    target = tmp_path / "done.csv"
    ended = finish(
        "enrich", "--in", source, "--out", target, "--latency-ms", "50", "--data", tmp_path / "data"
    )
    assert ended.returncode == 0, ended.stderr
    header, row = read_rows(target)
    assert header == [
        "Status",
        "Company Name",
        "Company Keywords",
        "category",
        "Brand Name",
        "Email Question",
    ]
    assert row[0] == "✅ Complete"
    assert row[3] not in ("", "older")


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def two_free_ports() -> int:
    """A free port whose next one is free, too: the backend takes that."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def children(data: Path) -> list[int]:
    """Processes whose command line names the data folder or whose log is in it: what must not outlive us."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(data).encode() in environ and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


@pytest.mark.slow
def test_run_shows_the_sample_through_and_ctrl_c_ends_every_process(tmp_path: Path) -> None:
    port = two_free_ports()
    data = tmp_path / "data"
    with running("run", "--port", str(port), "--data", data, "--latency-ms", "50") as process:
        assert process.stdout is not None
        said = ""
        while "Press Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert "nothing leaves this machine" in said
        assert "Completed:" in said
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).ok
        assert requests.get(f"http://127.0.0.1:{port + 1}/healthz", timeout=10).ok
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 130
    assert children(data) == []


@pytest.mark.slow
def test_kill_dash_nine_leaves_nothing_running_and_the_lock_free(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.csv", companies(50))
    data = tmp_path / "data"
    with running(
        "enrich", "--in", source, "--out", tmp_path / "done.csv", "--data", data, "--latency-ms", "60000"
    ) as process:
        deadline = time.monotonic() + 30
        while not (data / "logs" / "backend.log").exists() or len(children(data)) < 6:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait(5)
    deadline = time.monotonic() + 10
    while children(data):
        assert time.monotonic() < deadline, children(data)
        time.sleep(0.1)
