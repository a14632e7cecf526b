"""The companies' websites."""

from __future__ import annotations

from typing import Protocol

from backend.domain.page import Page


class Pages(Protocol):
    """Reads a company's website. May be called from any thread. Raises `RowFailed` (`page_…`)."""

    def read(self, website: str) -> Page: ...

    def close(self) -> None: ...
