"""Node, what npm installed, and the script in both load orders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appsscript.script import APPSSCRIPT, HERE, Engine, Script


def missing(what: str, remedy: str) -> None:
    """Skips loudly on a person's machine; fails where CI says that everything must be there."""
    message = f"{what} is missing, so the Apps Script checks did not run: {remedy}."
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        missing("Node", "install Node 20 or later")
    return str(found)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    if not (HERE / "node_modules").is_dir():
        missing("tests/appsscript/node_modules", "run `npm ci` in tests/appsscript")
    return HERE / "node_modules"


@pytest.fixture(scope="session")
def engine(node: str) -> Iterator[Engine]:
    running = Engine(node)
    yield running
    running.end()


@pytest.fixture(params=["as listed", "reversed"])
def script(request: pytest.FixtureRequest, engine: Engine) -> Script:
    """In both load orders: no order between files is promised."""
    files = sorted(str(path) for path in APPSSCRIPT.glob("*.gs"))
    return Script(engine, files if request.param == "as listed" else files[::-1])
