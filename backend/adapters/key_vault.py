"""Users' own keys at rest: AES-256-GCM, bound to their owner and to the key that sealed them."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.errors import NotAllowed

#: Bytes of a nonce: what GCM is made for (NIST SP 800-38D, 8.2).
NONCE_BYTES = 12
KEY_BYTES = 32
KEY_ID_BYTES = 6


class KeyVault:
    """`backend.ports.Vault`. The first secret seals, all of them open: put a new one in front to rotate.

    Sealed text is `key id.nonce and ciphertext`. The owner and the key id are authenticated with it, so a
    text copied into somebody else's document opens for nobody.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        """`secrets` of 32 characters or more each; none: nothing can be sealed."""
        self._keys = {_derived(secret, b"id", KEY_ID_BYTES).hex(): _cipher(secret) for secret in secrets}
        self._newest = next(iter(self._keys), None)

    def seal(self, secret: str, *, owner: str) -> str:
        if self._newest is None:
            raise NotAllowed("This deployment keeps no keys of users: its ENCRYPTION_KEYS are not set.")
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, secret.encode(), _bound_to(owner, self._newest))
        return f"{self._newest}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, owner: str) -> str | None:
        key_id, _, text = sealed.partition(".")
        cipher = self._keys.get(key_id)
        if cipher is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(text)
            return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound_to(owner, key_id)).decode()
        except (InvalidTag, binascii.Error, ValueError):
            return None

    def is_current(self, sealed: str) -> bool:
        return sealed.partition(".")[0] == self._newest


def _bound_to(owner: str, key_id: str) -> bytes:
    return f"rowmill own key\n{owner}\n{key_id}".encode()


def _cipher(secret: str) -> AESGCM:
    return AESGCM(_derived(secret, b"key", KEY_BYTES))


def _derived(secret: str, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=b"rowmill vault " + purpose).derive(secret.encode())
