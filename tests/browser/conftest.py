"""Chromium, the whole local stack, and a workbook of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.bench import Bench, Model, new_workbook, share, some_companies
from tests.chromium import missing
from tests.stack import LocalStack, local_stack

AXE = Path(__file__).parents[1] / "appsscript" / "node_modules" / "axe-core" / "axe.min.js"

Opener = Callable[..., Bench]

#: How long a condition is waited for; it is given up, not measured, so a busy machine fails nothing.
PATIENCE_MS = 60_000


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE_MS)
    yield
    expect.set_options(timeout=None)


@pytest.fixture(scope="session")
def stack(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack"), workbench=True) as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(
        viewport={"width": 1600, "height": 800}, locale="en-US", timezone_id="Europe/London"
    )
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def bench(context: BrowserContext, stack: LocalStack) -> Iterator[Opener]:
    """`bench(rows=…)` or `bench(tabs=…)` makes a workbook; `shared=False` leaves the first use to be done."""
    made: list[Bench] = []

    def make(rows: int = 12, *, tabs: dict[str, list[list[Any]]] | None = None, shared: bool = True) -> Bench:
        workbook = new_workbook(stack, tabs or {"Companies": some_companies(rows)})
        if shared:
            share(stack, workbook)
        bench = Bench(context.new_page(), stack, workbook)
        bench.page.on("pageerror", lambda error: bench.errors.append(str(error)))
        made.append(bench)
        return bench

    yield make
    requests.delete(f"{stack.workbench_url}/_standin/faults", timeout=10)
    for each in made:
        each.cancel_what_is_left()
    assert [error for each in made for error in each.errors] == []


@pytest.fixture
def model(stack: LocalStack) -> Iterator[Model]:
    standin = Model(stack.model_url)
    yield standin
    standin.is_well()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        missing("axe-core", "run `npm ci` in tests/appsscript")
    return AXE.read_text(encoding="utf-8")
