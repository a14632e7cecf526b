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


@pytest.fixture(scope="session")
def openai_client() -> Iterator[OpenAI]:
    """One for all tests: making one loads the certificate store. Its address comes with each server."""
    with OpenAI(
        api_key="sk-test-abcdefgh1234", base_url="http://127.0.0.1:1", max_retries=0, timeout=5
    ) as made:
        yield made


@pytest.fixture
def start(openai_client: OpenAI) -> Iterator[Callable[..., Model]]:
    """Starts a model with these settings; it ends with the test."""
    with ExitStack() as stack:

        def start_one(**settings: Any) -> Model:
            url = stack.enter_context(serving(create_app(ModelSettings(**settings))))
            client = openai_client.with_options(base_url=f"{url}/v1")
            return Model(url, client, stack.enter_context(requests.Session()))

        yield start_one


@pytest.fixture
def model(start: Callable[..., Model]) -> Model:
    """A model that answers at once and as it should."""
    return start()
