"""Chromium for the tests that look at pages: one for the whole session, found, or missed loudly."""

from __future__ import annotations

import os
import shutil

import pytest

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


def missing(what: str, remedy: str) -> None:
    """Skips loudly on a person's machine; fails where CI says that everything must be there."""
    message = f"{what} is missing, so the browser tests did not run: {remedy}."
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium")
