"""Results as files."""

from __future__ import annotations

from backend.entrypoints.payloads.base import Given


class DownloadGiven(Given):
    """A single-use link, good for two minutes, that a browser may open."""

    url: str
    expires_in_s: int
