"""The stand-ins, running, and the adapters pointed at them as the product points them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.oauth2 import service_account

from backend.adapters.event_loop import EventLoop
from backend.adapters.google_sheets import SCOPES, GoogleSheets
from backend.local.identity.app import create_app as create_identity
from backend.local.model.app import ModelSettings
from backend.local.model.app import create_app as create_model
from backend.local.sheets.app import create_app as create_sheets
from tests.contracts.adapters.asking import Asker, an_asker
from tests.contracts.adapters.scripted import Scripted, scripted
from tests.contracts.adapters.standin import Standin
from tests.serving import serving

#: The service account that sheets are shared with.
ROBOT = "rowmill@rowmill-local.iam.gserviceaccount.com"


@pytest.fixture(scope="session")
def running_identity(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    with serving(create_identity(tmp_path_factory.mktemp("identity"))) as url:
        yield Standin(url)


@pytest.fixture
def identity(running_identity: Standin) -> Standin:
    running_identity.forget()
    return running_identity


@pytest.fixture(scope="session")
def running_workbooks(
    tmp_path_factory: pytest.TempPathFactory, running_identity: Standin
) -> Iterator[Standin]:
    with serving(create_sheets(tmp_path_factory.mktemp("workbooks"), running_identity.url)) as url:
        yield Standin(url)


@pytest.fixture
def workbooks(running_workbooks: Standin) -> Standin:
    running_workbooks.forget()
    return running_workbooks


@pytest.fixture
def script() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


def credentials(identity: Standin, **changes: str) -> Any:
    """Our service account's key file, used as the product uses it; `changes` spoil it."""
    key_file = identity.post("/_standin/service_accounts", {"email": ROBOT}) | changes
    make = service_account.Credentials.from_service_account_info
    return make(key_file, scopes=SCOPES)  # type: ignore[no-untyped-call]


@contextmanager
def sheets_at(url: str, keys: Any, **options: Any) -> Iterator[GoogleSheets]:
    adapter = GoogleSheets(keys, service_account=ROBOT, endpoint=url, **options)
    try:
        yield adapter
    finally:
        adapter.close()


@pytest.fixture(scope="session")
def robot(running_identity: Standin) -> Any:
    return credentials(running_identity)


@pytest.fixture
def sheets(workbooks: Standin, robot: Any) -> Iterator[GoogleSheets]:
    with sheets_at(workbooks.url, robot) as adapter:
        yield adapter


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    made = EventLoop()
    yield made
    made.close()


@pytest.fixture(scope="session")
def running_model() -> Iterator[Standin]:
    with serving(create_model(ModelSettings())) as url:
        yield Standin(url)


@pytest.fixture
def standin(running_model: Standin) -> Standin:
    running_model.forget()
    return running_model


@pytest.fixture
def asker(loop: EventLoop, standin: Standin) -> Iterator[Asker]:
    with an_asker(loop, standin) as made:
        yield made


@pytest.fixture
def answered(loop: EventLoop, script: Scripted) -> Iterator[Asker]:
    """The adapter before a server that answers what a test scripts."""
    with an_asker(loop, script) as made:
        yield made
