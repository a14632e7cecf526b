"""The methods of the Sheets API, as Google's client makes them from the copy of its description inside it."""

from __future__ import annotations

import json
from typing import Any

import httplib2
from googleapiclient import discovery_cache
from googleapiclient.discovery import build_from_document  # type: ignore[attr-defined]


class SheetsApi:
    """What makes requests; they are sent over a connection that each call brings. Shared by all threads."""

    def __init__(self, endpoint: str | None) -> None:
        """`endpoint` None means Google's own."""
        service = build_from_document(
            _description(),
            http=httplib2.Http(),
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        # Each of these makes its methods anew when it is called.
        self.spreadsheets: Any = service.spreadsheets()
        self.values: Any = self.spreadsheets.values()
        self.metadata: Any = self.spreadsheets.developerMetadata()


def _description() -> dict[str, Any]:
    """The discovery document without its schemas' contents.

    The client does nothing with them but write a docstring for each method, which takes a third of a second
    of CPU and has no reader.
    """
    text = discovery_cache.get_static_doc("sheets", "v4")  # type: ignore[no-untyped-call]
    document: dict[str, Any] = json.loads(text)
    document["schemas"] = {name: {"id": name, "type": "object"} for name in document["schemas"]}
    return document
