"""Access tokens: opaque to their bearer, sealed so that they outlive a restart and a key rotation."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from backend.local.identity.jwt import b64, unb64
from backend.local.identity.keys import write_private

#: How Google's own access tokens of service accounts begin.
PREFIX = "ya29.c."


@dataclass(frozen=True)
class Access:
    """Who may do what, until when (Unix seconds)."""

    email: str
    scope: str
    expires: int


class AccessTokens:
    """Mints and opens tokens under a secret kept in the data folder."""

    def __init__(self, folder: Path) -> None:
        file = folder / "access-secret"
        if not file.exists():
            write_private(file, secrets.token_hex(32))
        self._secret = file.read_text().encode()

    def mint(self, access: Access) -> str:
        body = b64(json.dumps(asdict(access)).encode())
        return f"{PREFIX}{body}.{self._seal(body)}"

    def open(self, token: str, now: float) -> Access | None:
        """None for a token that is not ours or is past its end."""
        body, _, seal = token.removeprefix(PREFIX).partition(".")
        if not token.startswith(PREFIX) or not hmac.compare_digest(seal.encode(), self._seal(body).encode()):
            return None
        access = Access(**json.loads(unb64(body)))
        return access if access.expires > now else None

    def _seal(self, body: str) -> str:
        return b64(hmac.new(self._secret, body.encode(), hashlib.sha256).digest())
