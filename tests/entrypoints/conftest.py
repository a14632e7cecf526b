"""One deployment for each test file, over stand-ins that are served once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.entrypoints.house import Caller, House, Standins, open_house, standins

MakeHouse = Callable[..., House]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standins]:
    with standins(tmp_path_factory.mktemp("standins")) as running:
        yield running


@pytest.fixture(scope="module")
def make_house(running: Standins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeHouse]:
    """Opens deployments with settings of their own."""
    opened: list[House] = []
    with pytest.MonkeyPatch.context() as patch:

        def make(**changes: Any) -> House:
            house = open_house(running, tmp_path_factory.mktemp("house"), patch, **changes)
            opened.append(house)
            return house

        yield make
    for house in opened:
        close(house)


def close(house: House) -> None:
    service = house.service
    service.process.page_threads.shutdown()
    service.process.runner.submit(service.model.close()).result(5)  # type: ignore[attr-defined]
    service.process.runner.close()  # type: ignore[attr-defined]
    service.pages.close()
    service.sheets.close()  # type: ignore[attr-defined]
    service.documents.close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def house(make_house: MakeHouse) -> House:
    return make_house()


@pytest.fixture
def alice(house: House) -> Caller:
    return house.sign_in("alice")


@pytest.fixture
def bob(house: House) -> Caller:
    return house.sign_in("bob")


@pytest.fixture
def sheet(house: House) -> str:
    """A spreadsheet that nobody has proved anything about."""
    return house.a_sheet()


@pytest.fixture(autouse=True)
def _no_faults(running: Standins) -> Iterator[None]:
    yield
    for url in (running.identity, running.sheets, running.model, running.tasks):
        requests.delete(f"{url}/_standin/faults", timeout=5).raise_for_status()
