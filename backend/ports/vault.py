"""Where users' own keys are sealed."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Seals users' own keys, so that what stands in the store is of no use to who reads it there."""

    def seal(self, secret: str, *, owner: str) -> str:
        """Text that `open` turns back, for the same owner. Raises `NotAllowed` where no key is configured."""
        ...

    def open(self, sealed: str, *, owner: str) -> str | None:
        """None when it was sealed for another owner, with a key that is gone, or is damaged."""
        ...

    def is_current(self, sealed: str) -> bool:
        """Whether the newest key sealed it; anything else should be sealed anew."""
        ...
