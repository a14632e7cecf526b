"""Who is calling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Person:
    """A verified caller. `sub` is who; `audience` is the script that asked on their behalf."""

    sub: str
    email: str
    audience: str


class Identity(Protocol):
    """Checks tokens. Raises `Unauthenticated` with a sentence that says what does not hold."""

    def person(self, token: str) -> Person:
        """The user behind an ID token of the sidebar's script."""
        ...

    def check_caller(self, token: str, *, scheduler: bool = False) -> None:
        """That the bearer is the queue's (or the scheduler's) service account, with our exact audience."""
        ...

    def service_account(self) -> str:
        """The e-mail that a spreadsheet is shared with."""
        ...
