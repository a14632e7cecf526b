"""SIGTERM, as Cloud Run sends it: the batch is given back within ten seconds, and nothing is lost."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.stack import local_stack

ROWS = [[f"Harbour {n} Ltd", "paint", f"Makes paint number {n} in Leeds."] for n in range(60)]


@pytest.mark.faults
@pytest.mark.slow
def test_a_worker_that_is_asked_to_end_gives_its_batch_back(tmp_path: Path) -> None:
    with local_stack(tmp_path / "data", latency_ms=3_000, workbench=False, env={"LEASE_S": "3"}) as stack:
        sheet = stack.a_sheet(ROWS)
        job = stack.queue(sheet)
        deadline = time.monotonic() + 30
        while not stack.ledger(stack.model_url):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (worker,) = psutil.Process(stack.stack.pid_of("backend")).children()
        asked = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(10)
        assert time.monotonic() - asked < 10
        ended = stack.wait(job["id"], within_s=60)
        assert (ended["status"], ended["counts"]["done"]) == ("COMPLETED", len(ROWS))
        assert '"outcome": "more"' in stack.log("backend")
        assert all(row[6] == "✅ Complete" for row in stack.table(sheet)[1:])
