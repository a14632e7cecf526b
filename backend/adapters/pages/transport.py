"""`requests` whose connections are dialled by a visit: checked, metered, and closed with it.

The name stays the host's in SNI, certificate and Host header; only the socket beneath is ours. One
prepared SSL context serves every connection, for loading the CA bundle anew costs 20 ms each time.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from backend.adapters.pages.visit import Visit


class _Metered(socket.socket):
    """A socket that tells its visit what it receives, the head of the answer included."""

    visit: Visit | None = None

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        count = super().recv_into(*arguments, **named)
        if self.visit is not None:
            self.visit.spend(count)
        return count


class _MeteredTls(ssl.SSLSocket):
    visit: Visit | None = None

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        count = super().recv_into(*arguments, **named)
        if self.visit is not None:
            self.visit.spend(count or 0)
        return count or 0


class _Connection(HTTPConnection):
    visit: Visit

    def _new_conn(self) -> socket.socket:
        wire = self.visit.dial(self.host, self.port)
        timeout = wire.gettimeout()
        metered = _Metered(wire.family, wire.type, wire.proto, fileno=wire.detach())
        metered.settimeout(timeout)
        metered.visit = self.visit
        return metered


class _TlsConnection(HTTPSConnection):
    visit: Visit

    def _new_conn(self) -> socket.socket:
        return self.visit.dial(self.host, self.port)

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, _MeteredTls):
            self.sock.visit = self.visit


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection
    visit: Visit

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        connection.visit = self.visit  # type: ignore[attr-defined]
        return connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
    visit: Visit

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        connection.visit = self.visit  # type: ignore[attr-defined]
        return connection


class _Adapter(HTTPAdapter):
    """Pools of one connection, each of the visit's own; urllib3's shared pools are not used."""

    def __init__(self, visit: Visit, tls: ssl.SSLContext | None) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self._visit = visit
        self._tls = tls
        self._mine: dict[tuple[str, str | None, int | None], HTTPConnectionPool] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_arguments: Any, **_named: Any
    ) -> HTTPConnectionPool:
        parts = urlsplit(request.url or "")
        key = (parts.scheme, parts.hostname, parts.port)
        pool = self._mine.get(key)
        if pool is None:
            pool = self._mine[key] = self._new_pool(parts.scheme, parts.hostname or "", parts.port)
        return pool

    def cert_verify(self, *_arguments: Any) -> None:
        """The context verifies; there is nothing to load for this connection."""

    def forget(self) -> None:
        """Closes what is kept alive."""
        for pool in self._mine.values():
            pool.close()
        self._mine.clear()

    def close(self) -> None:
        self.forget()
        super().close()

    def _new_pool(self, scheme: str, host: str, port: int | None) -> _Pool | _TlsPool:
        pool: _Pool | _TlsPool
        if scheme == "https" and self._tls is not None:
            pool = _TlsPool(host, port, maxsize=1, ssl_context=self._tls)
        else:
            pool = _Pool(host, port or (443 if scheme == "https" else 80), maxsize=1)
        pool.visit = self._visit
        return pool


class _Session(requests.Session):
    def get_redirect_target(self, _response: requests.Response) -> None:
        # Without this, `requests` reads and unpacks a redirect's body to the end before it answers.
        return None


class Transport:
    """The requests of one visit. Use as a context manager."""

    def __init__(self, visit: Visit, tls: ssl.SSLContext | None, headers: Mapping[str, str]) -> None:
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._adapter = _Adapter(visit, tls)
        self._session.adapters.clear()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)
        self._headers = dict(headers)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._session.close()

    def get(self, url: str, authority: str, timeout_s: float) -> requests.Response:
        """The head of an answer; its body waits, packed, in `.raw`. Raises what `requests` raises."""
        # Prepared without the session: it has neither cookies nor headers to add, and takes long to find out.
        request = requests.Request("GET", url, headers={**self._headers, "Host": authority}).prepare()
        return self._session.send(
            request,
            stream=True,
            timeout=timeout_s,
            allow_redirects=False,
            proxies={},
            verify=True,
        )

    def forget(self) -> None:
        """Closes the connections that are kept alive; the next request dials."""
        self._adapter.forget()


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """One context for all connections: TLS 1.2 or later, certificates and names checked."""
    context = ssl.create_default_context(cafile=ca_file or DEFAULT_CA_BUNDLE_PATH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.sslsocket_class = _MeteredTls
    return context
