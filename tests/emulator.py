"""Google's Firestore emulator as a child process: found, started, stopped, and never left behind.

Use the fixture `firestore_emulator` (import it into a conftest; however many do, one emulator serves the
session), or `emulator_or_skip` where a test wants to stop and restart one. It keeps everything in memory.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

JAR_NAME = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
START_LIMIT_S = 60.0

#: The shell becomes Java and keeps its process id. Beside it stands a reader of the lifeline, a pipe of which
#: this process alone holds the other end: however this process dies, the reader wakes and ends Java.
_WITH_LIFELINE = 'exec 3<&0; (read -r _ <&3; kill -9 $$) 2>/dev/null & exec "$@" 3<&- </dev/null'

_SESSION = pytest.StashKey["Emulator"]()


class Unavailable(Exception):
    """Java or the emulator is not installed; the message says what to do."""


class Emulator:
    """One emulator on one port, which stays the same when it is stopped and started again (empty)."""

    def __init__(self) -> None:
        # One quick compiler and one collector thread: it starts sooner, and the tests need the other core.
        tuning = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx1g"]
        self._command = [_java(), *tuning, "-cp", str(_jar()), MAIN_CLASS, "start"]
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """For `FIRESTORE_EMULATOR_HOST`."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, with_data: Path | None = None) -> None:
        """Returns when it answers; RuntimeError with what it printed when it does not.

        `with_data` is a folder that `keep_data` has filled.
        """
        options = ["--host=127.0.0.1", f"--port={self.port}", "--database-mode=firestore-native"]
        if with_data is not None:
            options.append(f"--seed_from_export={with_data}/kept/kept.overall_export_metadata")
        with tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _WITH_LIFELINE, "emulator", *self._command, *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
            deadline = time.monotonic() + START_LIMIT_S
            while not self._answers():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    log.seek(0)
                    raise RuntimeError(f"the emulator did not start:\n{log.read().decode(errors='replace')}")
                time.sleep(0.05)

    def keep_data(self, folder: Path, project: str) -> None:
        """Writes what it holds into a folder: it keeps everything in memory, unlike what it stands for."""
        body = {
            "database": f"projects/{project}/databases/(default)",
            "export_directory": str(folder),
            "export_name": "kept",
        }
        asked = urllib.request.Request(
            f"http://{self.address}/emulator/v1/projects/{project}:export",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=60):
            pass

    def stop(self) -> None:
        """Ends it hard, as a crash would; what it held is lost."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.kill()
        self._process.stdin.close()
        self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address}/", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False


def emulator_or_skip() -> Emulator:
    """One that is not started yet. Skips the test without Java or the jar; under CI=true it fails."""
    try:
        return Emulator()
    except Unavailable as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def firestore_emulator(pytestconfig: pytest.Config) -> Emulator:
    """A running emulator, one for the session."""
    if _SESSION not in pytestconfig.stash:
        emulator = emulator_or_skip()
        emulator.start()
        pytestconfig.add_cleanup(emulator.stop)
        pytestconfig.stash[_SESSION] = emulator
    return pytestconfig.stash[_SESSION]


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if java is None:
        raise Unavailable("Firestore is NOT tested: there is no Java (11 or later) on PATH or in JAVA_HOME.")
    return java


def _jar() -> Path:
    for jar in _jar_places():
        if jar.is_file():
            return jar
    raise Unavailable(
        "Firestore is NOT tested: its emulator is missing. Install the gcloud component"
        " cloud-firestore-emulator, or set FIRESTORE_EMULATOR_JAR to the jar."
    )


def _jar_places() -> Iterator[Path]:
    if named := os.environ.get("FIRESTORE_EMULATOR_JAR"):
        yield Path(named)
        return
    if root := os.environ.get("CLOUDSDK_ROOT"):
        yield Path(root) / JAR_NAME
    if gcloud := shutil.which("gcloud"):
        yield Path(gcloud).resolve().parent.parent / JAR_NAME
    for root in ("/usr/lib/google-cloud-sdk", "/opt/google-cloud-sdk", "~/google-cloud-sdk"):
        yield Path(root).expanduser() / JAR_NAME


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
