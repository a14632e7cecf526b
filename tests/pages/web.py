"""A little internet on 127.0.0.1 for tests: any number of sites, http and https, and a canary.

The reader's policy stays as it is: names resolve to a *public* address (`PUBLIC`), the reader checks it
and asks the connector for it, and only this connector knows that the public address is played by two
local servers. Whatever else the reader would connect to, on any port, is the canary, which must never
be reached.
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: The address that every site of this internet has, unless a test says otherwise.
PUBLIC = "93.184.215.14"
DOMAIN = "web.example"

#: What a site does with a connection: it may read the request's head and write whatever it likes.
Site = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request as a site sees it."""

    host: str
    path: str
    headers: dict[str, str]
    wire: socket.socket
    secure: bool

    def answer(
        self,
        body: bytes | str = b"",
        status: str = "200 OK",
        content_type: str | None = "text/html; charset=utf-8",
        headers: Sequence[str] = (),
        length: bool = True,
    ) -> None:
        payload = body.encode() if isinstance(body, str) else body
        head = [f"HTTP/1.1 {status}", *headers]
        if content_type is not None:
            head.append(f"Content-Type: {content_type}")
        if length:
            head.append(f"Content-Length: {len(payload)}")
        self.wire.sendall("\r\n".join([*head, "", ""]).encode() + payload)

    def drip(self, data: bytes, every_s: float = 0.02) -> None:
        """Byte after byte, for as long as the other side listens."""
        while True:
            for byte in data:
                self.wire.sendall(bytes([byte]))
                time.sleep(every_s)


@dataclass
class Canary:
    """Listens where nothing may ever come."""

    hits: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def run(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self.listener.accept()
                self.hits += 1
                wire.close()


class Web:
    """Sites by name; `asked` is what came in, in order."""

    def __init__(self, folder: Path) -> None:
        self.sites: dict[str, Site] = {}
        self.names: dict[str, Callable[[], Sequence[str]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.connected: list[tuple[str, int]] = []
        self.looked_up: list[str] = []
        self.canary = Canary()
        self.ca_file, self._contexts = _certificates(folder)
        self._plain = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._tls = socket.create_server(("127.0.0.1", 0), backlog=512)
        #: What happens on a TLS connection before its handshake.
        self.before_handshake: Callable[[socket.socket], None] | None = None
        #: Where false, the port refuses connections.
        self.https = True
        self.http = True
        #: The local port that a reader with `route_all_to` may connect to.
        self.routed_to: int | None = None

    # ── what the reader is given ──

    def resolve(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        known = self.names.get(host)
        if known is not None:
            return known()
        if host in self.sites:
            return [PUBLIC]
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.connected.append((address, port))
        if (address, port) == ("127.0.0.1", self.routed_to):
            return socket.create_connection((address, port), timeout_s)
        if address != PUBLIC or port not in (80, 443):
            return socket.create_connection(("127.0.0.1", self.canary.port), timeout_s)
        if not (self.https if port == 443 else self.http):
            raise ConnectionRefusedError("nothing listens there")
        listener = self._tls if port == 443 else self._plain
        return socket.create_connection(listener.getsockname(), timeout_s)

    # ── what tests say ──

    @property
    def plain_port(self) -> int:
        return int(self._plain.getsockname()[1])

    def site(self, name: str, site: Site | str | bytes) -> str:
        """Puts a site up and gives its host name; a text is its one page."""
        host = name if "." in name else f"{name}.{DOMAIN}"
        if isinstance(site, str | bytes):
            page = site

            def site(exchange: Exchange) -> None:
                exchange.answer(page)

        self.sites[host] = site
        return host

    def resolves(self, name: str, *answers: Sequence[str]) -> str:
        """A name whose answers come in this order; the last one stays."""
        host = name if "." in name else f"{name}.{DOMAIN}"
        left = list(answers)
        self.names[host] = lambda: left.pop(0) if len(left) > 1 else left[0]
        return host

    def paths(self, host: str) -> list[str]:
        return [path for asked, path in self.asked if asked == host]

    # ── the servers ──

    @contextmanager
    def running(self) -> Iterator[Web]:
        for target, arguments in (
            (self._serve, (self._plain, False)),
            (self._serve, (self._tls, True)),
            (self.canary.run, ()),
        ):
            threading.Thread(target=target, args=arguments, daemon=True).start()
        try:
            yield self
        finally:
            for listener in (self._plain, self._tls, self.canary.listener):
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)
                listener.close()

    def _serve(self, listener: socket.socket, secure: bool) -> None:
        with suppress(OSError):
            while True:
                wire, _ = listener.accept()
                threading.Thread(target=self._converse, args=(wire, secure), daemon=True).start()

    def _converse(self, wire: socket.socket, secure: bool) -> None:
        with suppress(OSError, ValueError), wire:
            wire.settimeout(10)
            if secure:
                if self.before_handshake is not None:
                    self.before_handshake(wire)
                with self._contexts["good"].wrap_socket(wire, server_side=True) as safe:
                    self._answer_all(safe, secure)
            else:
                self._answer_all(wire, secure)

    def _answer_all(self, wire: socket.socket, secure: bool) -> None:
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = wire.recv(65536)
                if not piece:
                    return
                head += piece
            lines = head.decode("latin-1").split("\r\n")
            path = lines[0].split(" ")[1]
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)
            }
            host = headers["host"]
            self.asked.append((host, path))
            site = self.sites[host]
            if path == "/robots.txt" and not getattr(site, "own_robots", False):
                Exchange(host, path, headers, wire, secure).answer(status="404 Not Found")
                continue
            site(Exchange(host, path, headers, wire, secure))


def with_robots(site: Site) -> Site:
    """Marks a site that answers for its robots.txt itself; the others have none."""
    site.own_robots = True  # type: ignore[attr-defined]
    return site


def _certificates(folder: Path) -> tuple[str, dict[str, ssl.SSLContext]]:
    """A certificate authority of our own, and contexts: good, expired, for another name, self-signed."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def certificate(
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
        names: list[str],
        until: datetime.datetime,
        authority: bool,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name if signer is ca_key else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=10))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
        return builder.sign(signer, hashes.SHA256())

    def pem(*parts: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
        return b"".join(
            part.public_bytes(serialization.Encoding.PEM)
            if isinstance(part, x509.Certificate)
            else part.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            for part in parts
        )

    later, earlier = now + datetime.timedelta(days=10), now - datetime.timedelta(days=1)
    ca_file = folder / "authority.pem"
    ca_file.write_bytes(pem(certificate(ca_name, ca_key, ca_key, [], later, authority=True)))
    contexts = {}
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test site")])
    for kind, names, until, own in (
        ("good", [f"*.{DOMAIN}"], later, False),
        ("expired", [f"*.{DOMAIN}"], earlier, False),
        ("other", ["somewhere-else.example"], later, False),
        ("self", [f"*.{DOMAIN}"], later, True),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = certificate(leaf_name, key, key if own else ca_key, names, until, authority=False)
        file = folder / f"{kind}.pem"
        file.write_bytes(pem(leaf, key))
        contexts[kind] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[kind].load_cert_chain(file)

    def choose(wire: ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        kind = (name or "").split(".")[0].removeprefix("cert-")
        wire.context = contexts.get(kind, contexts["good"])

    contexts["good"].sni_callback = choose  # type: ignore[assignment]
    return str(ca_file), contexts
