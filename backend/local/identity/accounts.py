"""Service accounts: one RSA key each, handed out as the JSON key file that google-auth reads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from backend.local.identity.keys import fingerprint, load_private, private_pem, write_private


class ServiceAccounts:
    """The accounts that exist; each e-mail has one key, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "service-accounts"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._keys: dict[str, rsa.RSAPrivateKey] = {}

    def create(self, email: str) -> None:
        """Makes the account where it does not exist yet."""
        if self._key(email) is None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            write_private(self._path(email), private_pem(key))
            self._keys[email] = key

    def public_key(self, email: str) -> rsa.RSAPublicKey | None:
        """None for an account that does not exist."""
        key = self._key(email)
        return None if key is None else key.public_key()

    def key_file(self, email: str, *, token_uri: str, universe_domain: str) -> dict[str, Any]:
        """The content of a key file of an existing account, field for field as Google issues it."""
        key = self._key(email)
        if key is None:
            raise KeyError(email)
        pem = private_pem(key)
        name, _, host = email.partition("@")
        return {
            "type": "service_account",
            "project_id": host.split(".")[0] or name,
            "private_key_id": fingerprint(pem),
            "private_key": pem,
            "client_email": email,
            "client_id": subject_of(email),
            "token_uri": token_uri,
            "universe_domain": universe_domain,
        }

    def _key(self, email: str) -> rsa.RSAPrivateKey | None:
        if email not in self._keys and self._path(email).exists():
            self._keys[email] = load_private(self._path(email).read_text())
        return self._keys.get(email)

    def _path(self, email: str) -> Path:
        # An e-mail may hold characters that a file name must not.
        return self._folder / f"{hashlib.sha256(email.encode()).hexdigest()[:32]}.pem"


def subject_of(email: str) -> str:
    """The `sub` of an account: 21 decimal digits as Google's, the same for an e-mail every time."""
    return str(10**20 + int(hashlib.sha256(email.lower().encode()).hexdigest(), 16) % (9 * 10**20))
