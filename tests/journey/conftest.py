"""Whole journeys run on the whole local stack; tests that do not kill it share one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import LocalStack, local_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with local_stack(latency_ms=30, workbench=False) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test switched on is off for the next."""
    yield
    if "stack" in request.fixturenames:
        shared: LocalStack = request.getfixturevalue("stack")
        for url in (shared.model_url, shared.sheets_url):
            shared.faults(url)
