"""The little internet, and a reader that lives in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from tests.pages.web import Web


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def web(certificates: Path) -> Iterator[Web]:
    with Web(certificates).running() as running:
        yield running
        assert running.canary.hits == 0, "something that must not be reached was reached"


@pytest.fixture
def pages_in(web: Web) -> Iterator[Callable[..., WebPages]]:
    """Makes readers that neither wait between two requests nor leave a host alone; settings by name."""
    made: list[WebPages] = []

    def make(**settings: Any) -> WebPages:
        chosen = PagesSettings(
            **{"per_host_gap_s": 0.0, "parse_processes": 1, "host_rest_s": 0.0, **settings}
        )
        made.append(
            WebPages(chosen, environ={}, resolver=web.resolve, connector=web.connect, ca_file=web.ca_file)
        )
        return made[-1]

    yield make
    for pages in made:
        pages.close()
