"""The keys that sign ID tokens: kept on disk, published as certificates, rotated on demand."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from backend.local.identity.jwt import b64

#: Google publishes the signing key and its neighbour; the ring holds as many.
KEYS_PUBLISHED = 2
#: The subject of Google's own certificates for ID tokens.
COMMON_NAME = "federated-signon.system.gserviceaccount.com"


@dataclass(frozen=True)
class SigningKey:
    """A private key with its id (40 hex digits, as Google's) and its X.509 certificate in PEM."""

    kid: str
    private: rsa.RSAPrivateKey
    certificate: str


class KeyRing:
    """The newest key signs; the one before it stays published for tokens still under way."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "signing-keys.json"
        self._keys = self._load()
        if not self._keys:
            self.rotate()

    @property
    def current(self) -> SigningKey:
        return self._keys[0]

    def rotate(self) -> SigningKey:
        """A new key signs from now on; of the others, only the newest stays published."""
        self._keys = [a_key(), *self._keys][:KEYS_PUBLISHED]
        write_private(
            self._file,
            json.dumps([{"certificate": k.certificate, "key": private_pem(k.private)} for k in self._keys]),
        )
        return self.current

    def certificates(self) -> dict[str, str]:
        """kid → PEM, the body of `/oauth2/v1/certs`."""
        return {key.kid: key.certificate for key in self._keys}

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The body of `/oauth2/v3/certs` (RFC 7517)."""
        return {"keys": [_jwk(key) for key in self._keys]}

    def _load(self) -> list[SigningKey]:
        if not self._file.exists():
            return []
        return [
            SigningKey(fingerprint(entry["certificate"]), load_private(entry["key"]), entry["certificate"])
            for entry in json.loads(self._file.read_text())
        ]


def a_key() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .sign(private, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )
    return SigningKey(fingerprint(certificate), private, certificate)


def fingerprint(text: str) -> str:
    """A key id of 40 hex digits, the form Google's have."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """PKCS #8, the form a service-account key file holds."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def load_private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the stand-in keeps RSA keys only; delete its data folder to start afresh")
    return key


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step, readable by its owner alone."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _jwk(key: SigningKey) -> dict[str, str]:
    numbers = key.private.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
    return {
        "kid": key.kid,
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "n": b64(modulus),
        "e": b64(exponent),
    }
