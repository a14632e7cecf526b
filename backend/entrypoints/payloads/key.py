"""One's own key for the model."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from backend.entrypoints.payloads.base import Asked, Given

ApiKey = Annotated[str, StringConstraints(min_length=20, max_length=300, pattern=r"^[!-~]+$")]


class KeyAsked(Asked):
    """A key of the model's provider. It is never given back."""

    api_key: ApiKey


class KeyGiven(Given):
    """What may be shown of one's own key."""

    last_four: str
    set_at: datetime
