"""The stand-in web as a program: options in, one line out, ended by a signal, never on Cloud Run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

COMMAND = [sys.executable, "-m", "backend.local.web"]


def test_it_serves_a_files_companies_until_told_to_end(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("Company Name,Website\nAcme Soap Ltd,http://acme.example\n", "utf-8")
    options = ["--port", "0", "--latency-ms", "0", "--page-kb", "5", "--companies", str(file)]
    fault = ["--fault", '{"fault": "forbidden", "hosts": ["b.example"]}']
    process = subprocess.Popen([*COMMAND, *options, *fault], stdout=subprocess.PIPE, text=True)
    with process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["listening"]
            page = requests.get(url, headers={"Host": "acme.example"}, timeout=5)
            assert "<h1>Acme Soap Ltd</h1>" in page.text
            assert requests.get(url, headers={"Host": "b.example"}, timeout=5).status_code == 403
            assert "web stand-in" in requests.get(f"{url}/_standin/", timeout=5).text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_never_starts_on_cloud_run() -> None:
    environment = {**os.environ, "K_SERVICE": "rowmill-worker"}
    ended = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert "runs on one's own machine only" in ended.stderr


def test_a_file_that_cannot_be_read_is_one_clear_sentence() -> None:
    ended = subprocess.run([*COMMAND, "--companies", "no.csv"], capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert "no.csv cannot be read" in ended.stderr
    assert "Traceback" not in ended.stderr
