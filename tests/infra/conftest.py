"""The scripts of infra/, run for real against a project in memory: `gcloud` and `curl` on PATH ask it."""

from __future__ import annotations

import itertools
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra import gcloud, run_services
from tests.infra.cloud import PROJECT, Cloud, Refused

ROOT = Path(__file__).parents[2]
MODEL_KEY = "sk-a-key-that-must-not-show"

#: gcloud and curl: hands its arguments, and standard input where it is read, to the project; a shell starts
#: ten times as fast as an interpreter, and a deployment asks a hundred times.
PROGRAM = """#!/bin/bash
stdin=
case " $* " in *" --data-file=- "* | *" --config - "*) IFS= read -rd '' stdin ;; esac
exec 3<>"/dev/tcp/127.0.0.1/$CLOUD_PORT"
printf '%s\\n' "$#" >&3
printf '%s\\0' "${0##*/}" "$@" "$stdin" >&3
IFS= read -r status <&3
IFS= read -r complaint <&3
cat <&3
[ -z "$complaint" ] || printf 'ERROR: %s\\n' "$complaint" >&2
exit "$status"
"""


class _Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        count = int(self.rfile.readline())
        parts: list[str] = []
        for _ in range(count + 2):
            part = bytearray()
            while (byte := self.rfile.read(1)) not in (b"\0", b""):
                part += byte
            parts.append(part.decode())
        program, *argv, stdin = parts
        cloud: Cloud = self.server.cloud  # type: ignore[attr-defined]
        status, complaint, out = 0, "", ""
        try:
            if program == "curl":
                out = run_services.answer(cloud, next(a for a in argv if a.startswith("https:")), stdin)
            else:
                out = gcloud.answer(cloud, argv, stdin)
        except Refused as refusal:
            status, complaint = 1, str(refusal)
        self.wfile.write(f"{status}\n{complaint}\n{out}".encode())


@dataclass
class Ran:
    """A script's end."""

    status: int
    out: str
    said: str


@dataclass
class Project:
    """A checkout of infra/ with settings, and the project that it deploys to."""

    cloud: Cloud
    folder: Path
    environment: dict[str, str]

    def run(self, script: str, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        ended = subprocess.run(
            ["bash", self.folder / "infra" / script, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment | environment,
            cwd=self.folder,
            check=False,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def deploy(self, stdin: str = MODEL_KEY + "\n") -> Ran:
        return self.run("deploy.sh", stdin=stdin)

    def settings(self, *lines: str) -> None:
        text = "\n".join([f"PROJECT={PROJECT}", "AUDIENCES=one.apps,two.apps", *lines, ""])
        (self.folder / "infra" / "settings.sh").write_text(text)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    for name in ("gcloud", "curl"):
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkout of what the scripts need; the commit is the same each time."""
    checkout = tmp_path_factory.mktemp("sources")
    shutil.copytree(
        ROOT / "infra", checkout / "infra", ignore=shutil.ignore_patterns("settings.sh", "__pycache__")
    )
    shutil.copy(ROOT / "cloudbuild.yaml", checkout)
    (checkout / ".gitignore").write_text("infra/settings.sh\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@t.example", "-c", "commit.gpgsign=false"]
    dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-01T00:00:00Z")
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=checkout, check=True, env=os.environ | dates)
    shutil.rmtree(checkout / ".git" / "hooks", ignore_errors=True)
    return checkout


@dataclass
class Desk:
    """Where checkouts come from and the programs that stand in for gcloud and curl."""

    sources: Path
    programs: Path


@pytest.fixture(scope="session")
def desk(sources: Path, programs: Path) -> Desk:
    return Desk(sources, programs)


@contextmanager
def serving(cloud: Cloud, folder: Path, desk: Desk) -> Iterator[Project]:
    """A checkout in `folder` whose programs ask `cloud`."""
    checkout = folder / "checkout"
    shutil.copytree(desk.sources, checkout)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Call) as server:
        server.daemon_threads = True
        server.cloud = cloud  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        environment = {
            # The interpreter of the tests comes before any slower wrapper of one.
            "PATH": f"{desk.programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "CLOUD_PORT": str(server.server_address[1]),
            "POLL_S": "0",
            "SMOKE_TRIES": "2",
        }
        project = Project(cloud, checkout, environment)
        project.settings()
        try:
            yield project
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture
def new_project(tmp_path: Path, desk: Desk) -> Iterator[Callable[[], Project]]:
    """Makes empty projects, each with a clean checkout."""
    with ExitStack() as stack:
        number = itertools.count()
        yield lambda: stack.enter_context(serving(Cloud(), tmp_path / f"{next(number)}", desk))


@pytest.fixture
def project(tmp_path: Path, desk: Desk) -> Iterator[Project]:
    """An empty project."""
    with serving(Cloud(), tmp_path / "project", desk) as project:
        yield project


@pytest.fixture(scope="session")
def first_deployment(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> Cloud:
    """What a first deployment leaves behind, its calls included. Copy it before changing it."""
    with serving(Cloud(), tmp_path_factory.mktemp("first"), desk) as project:
        ran = project.deploy()
        assert ran.status == 0, ran.said
        return project.cloud


@pytest.fixture
def deployed(first_deployment: Cloud, tmp_path: Path, desk: Desk) -> Iterator[Project]:
    """A project after a first deployment, its record of calls empty."""
    cloud = deepcopy(first_deployment)
    cloud.calls.clear()
    with serving(cloud, tmp_path / "deployed", desk) as project:
        yield project
