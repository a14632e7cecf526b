"""The model stand-in behind a real port, asked through the real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from openai import OpenAI

from backend.local.model.app import ModelSettings, create_app
from tests.contracts.model_api.asking import Model
from tests.serving import serving


@pytest.fixture
def start() -> Iterator[Callable[..., Model]]:
    """Starts a model with these settings; it ends with the test."""
    with ExitStack() as stack:

        def start_one(**settings: Any) -> Model:
            url = stack.enter_context(serving(create_app(ModelSettings(**settings))))
            client = stack.enter_context(
                OpenAI(api_key="sk-test-abcdefgh1234", base_url=f"{url}/v1", max_retries=0, timeout=5)
            )
            return Model(url, client, stack.enter_context(requests.Session()))

        yield start_one


@pytest.fixture
def model(start: Callable[..., Model]) -> Model:
    """A model that answers at once and as it should."""
    return start()
