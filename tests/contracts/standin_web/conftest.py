"""The stand-in web behind a real port, asked by host name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from backend.local.web.app import WebSettings, create_app
from tests.contracts.standin_web.asking import Web
from tests.serving import serving


@pytest.fixture
def start() -> Iterator[Callable[..., Web]]:
    """Starts a web with these settings; it ends with the test."""
    with ExitStack() as stack:

        def start_one(**settings: Any) -> Web:
            url = stack.enter_context(serving(create_app(WebSettings(**settings))))
            return Web(url, stack.enter_context(requests.Session()))

        yield start_one


@pytest.fixture
def web(start: Callable[..., Web]) -> Web:
    """A web that answers at once and as it should."""
    return start(page_kb=20)
