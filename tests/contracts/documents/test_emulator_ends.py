"""However the tests end, the emulator ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests.emulator import Emulator

REPOSITORY = Path(__file__).parents[3]
PARENT = """
from tests.emulator import Emulator
emulator = Emulator()
emulator.start()
print(emulator.pid, flush=True)
input()
"""


@pytest.mark.emulator
@pytest.mark.faults
def test_the_emulator_dies_with_a_parent_that_is_killed(firestore_emulator: Emulator) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        java = psutil.Process(int(parent.stdout.readline()))
        assert java.is_running()
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while java.is_running() and java.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "Java outlived its parent"
        time.sleep(0.02)
