"""Chromium, the whole local stack, and a workbook of its own for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.bench import Bench, Model, new_workbook, share, some_companies
from tests.stack import LocalStack, local_stack

#: Nothing of the browser's own goes out: it is here to show one page.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parents[1] / "appsscript" / "node_modules" / "axe-core" / "axe.min.js"

Opener = Callable[..., Bench]


def missing(what: str, remedy: str) -> None:
    """Skips loudly on a person's machine; fails where CI says that everything must be there."""
    message = f"{what} is missing, so the browser tests did not run: {remedy}."
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        missing("Chromium", "install Debian's chromium, or set CHROMIUM to one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stack(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack"), workbench=True) as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(
        viewport={"width": 1600, "height": 800}, locale="en-US", timezone_id="Europe/London"
    )
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
