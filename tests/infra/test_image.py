"""The image, built and run with buildah, which needs neither an engine nor a registry.

Takes a minute, the first time some more for the base. Without buildah and debootstrap (Debian's packages of
these names, and root) it is skipped: the Dockerfile is then linted only.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.infra.base_image import base_archive
from tests.infra.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (shutil.which("buildah") and shutil.which("debootstrap") and os.geteuid() == 0),
        reason="the image is NOT built: apt-get install buildah debootstrap, and be root",
    ),
]

KEPT = ROOT / ".rowmill" / "test-base.tar"
#: The goal is 400 MB and 2 s on a machine that does nothing else; this one runs the tests.
MOST_MB = 400
MOST_START_S = 20.0


class Buildah:
    """buildah with a storage of its own, and what is in the built image."""

    def __init__(self, folder: Path) -> None:
        self.command = [
            "buildah",
            "--storage-driver=vfs",
            f"--root={folder / 'storage'}",
            f"--runroot={folder / 'run'}",
        ]

    def __call__(self, *arguments: str | Path) -> str:
        ran = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        return ran.stdout.strip()


@dataclass
class Image:
    """A container made from the image."""

    buildah: Buildah
    container: str
    config: dict[str, Any]
    megabytes: float
    files: Path


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    buildah = Buildah(folder)
    empty = buildah("from", "scratch")
    buildah("add", "--quiet", empty, base_archive(KEPT), "/")
    buildah("commit", "--quiet", "--rm", empty, "localhost/base")
    buildah(
        "bud",
        "--isolation=chroot",
        "--pull=never",
        "--layers=false",
        "--build-arg=BASE=localhost/base",
        *_as_the_host_installs(folder),
        f"--file={ROOT / 'backend/Dockerfile'}",
        "--tag=localhost/rowmill",
        ROOT,
    )
    described = json.loads(buildah("inspect", "--type=image", "localhost/rowmill"))
    [listed] = json.loads(buildah("images", "--json", "localhost/rowmill"))
    amount, unit = listed["size"].split()
    container = buildah("from", "--pull=never", "localhost/rowmill")
    megabytes = float(amount) * {"MB": 1, "GB": 1000, "KB": 0.001}[unit]
    files = Path(buildah("mount", container))
    yield Image(buildah, container, described["OCIv1"]["config"], megabytes, files)
    buildah("umount", container)
    buildah("rm", container)
    # Layers are whole file systems here; nobody keeps half a gigabyte of them for the next runs.
    shutil.rmtree(folder, ignore_errors=True)


def _as_the_host_installs(folder: Path) -> list[str]:
    """pip inside the build trusts the certificates that pip out here does."""
    certificates = os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE")
    if not certificates:
        return []
    (folder / "pip.conf").write_text("[global]\ncert = /host-certificates.crt\n")
    volumes = {folder / "pip.conf": "/etc/pip.conf", Path(certificates): "/host-certificates.crt"}
    return [f"--volume={here.resolve()}:{there}:ro" for here, there in volumes.items()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _account_file(folder: Path) -> Path:
    """A service account's key as Google gives them out, made here: it opens nothing."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "sheets@p.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "token_uri": "http://127.0.0.1:1/token",
    }
    file = folder / "account.json"
    file.write_text(json.dumps(account))
    file.chmod(0o644)
    return file


@dataclass
class Running:
    """The image's own command, running."""

    url: str
    started_s: float
    server: psutil.Process

    def status(self, path: str, method: str = "GET") -> int:
        asked = urllib.request.Request(self.url + path, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code


@contextmanager
def _running(image: Image, role: str, folder: Path) -> Iterator[Running]:
    port = _free_port()
    variables = {
        "ROLE": role,
        "BIND": f"127.0.0.1:{port}",
        "DATABASE": "firestore:rowmill",
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
        "GOOGLE_CLOUD_PROJECT": "p",
        "GOOGLE_APPLICATION_CREDENTIALS": "/account.json",
        "SHEETS_ACCOUNT": "sheets@p.iam.gserviceaccount.com",
        "TASKS_INVOKER": "tasks@p.iam.gserviceaccount.com",
        "WORKER_URL": "https://worker.example",
        "WORKER_AUDIENCE": "https://worker.example",
        "PUBLIC_URL": "https://api.example",
        "SIGNING_KEYS": "s" * 40,
        "OPENAI_API_KEY": "not-a-key",
    }
    command = [
        *image.buildah.command,
        "run",
        "--isolation=chroot",
        f"--volume={_account_file(folder)}:/account.json:ro",
        *(f"--env={name}={value}" for name, value in variables.items()),
        image.container,
        "--",
        *image.config["Cmd"],
    ]
    log = folder / f"{role}.log"
    started = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            assert process.poll() is None, log.read_text()[-3000:]
            with suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
                assert answer.status == 200
                break
            assert time.monotonic() - started < 60, log.read_text()[-3000:]
            time.sleep(0.02)
        took = time.monotonic() - started
        # Before gunicorn forks, it is the first of the two processes of that name.
        family = psutil.Process(process.pid).children(recursive=True)
        server = next(p for p in family if re.search(r"gunicorn", " ".join(p.cmdline()[:3])) and p.children())
        yield Running(url, took, server)
    finally:
        for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait(10)


@pytest.mark.parametrize(("role", "sweeps"), [("api", 404), ("worker", 401)])
def test_it_answers_as_nobody_in_particular(
    image: Image, role: str, sweeps: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The worker's routes are not on the api; both run without root, and end when they are told."""
    with _running(image, role, tmp_path) as running:
        assert running.status("/tasks/sweep", "POST") == sweeps
        assert running.status("/api/openapi.json") == (200 if role == "api" else 404)
        workers = running.server.children()
        assert {p.uids().real for p in [running.server, *workers]} == {65532}
        started = time.monotonic()
        running.server.send_signal(signal.SIGTERM)
        assert not psutil.wait_procs([running.server, *workers], timeout=12)[1]
        assert time.monotonic() - started < 10
    with capsys.disabled():
        print(
            f"\n  image: {image.megabytes:.0f} MB; {role} answers {running.started_s:.1f} s after its start"
        )
    assert running.started_s < MOST_START_S


def test_it_is_small_and_has_no_tools_left(image: Image) -> None:
    assert image.megabytes < MOST_MB
    assert image.config["User"] == "65532:65532"
    [packages] = image.files.glob("venv/lib/python3*/site-packages")
    for tool in ("pip", "setuptools", "wheel"):
        assert not (packages / tool).exists()
    descriptions = packages / "googleapiclient/discovery_cache/documents"
    assert {path.name for path in descriptions.iterdir()} == {"sheets.v4.json", "drive.v3.json", "index.json"}
    assert not (image.files / "srv/tests").exists()
    assert list((image.files / "srv").iterdir()) == [image.files / "srv/backend"]


def test_everything_is_compiled_already(image: Image) -> None:
    for package in ("venv/lib/python3*/site-packages/flask", "srv/backend"):
        [folder] = image.files.glob(package)
        assert list((folder / "__pycache__").glob("*.pyc"))
