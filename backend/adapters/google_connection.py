"""Connections to Google's JSON APIs that send each request once and end by the clock.

httplib2 by itself sends a request a second time when a kept connection turns out to be dead, although the
first one may have been carried out (`Http._conn_request`), and its timeout counts from one piece of an
answer to the next, so that an answer which drips never ends.
"""

from __future__ import annotations

import http.client
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import google_auth_httplib2
import httplib2

#: Seconds between two looks for a socket to cut, once a call's time is over.
_CUT_EVERY_S = 0.05


class _SentOnce:
    """A missing answer is reported as a cut connection, which httplib2 passes on instead of sending again."""

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            return super().getresponse()  # type: ignore[misc,no-any-return]
        except (http.client.BadStatusLine, http.client.ResponseNotReady) as error:
            raise ConnectionResetError("the connection was cut before the answer") from error


class _PlainConnection(_SentOnce, httplib2.HTTPConnectionWithTimeout):
    pass


class _TlsConnection(_SentOnce, httplib2.HTTPSConnectionWithTimeout):
    pass


class _Http(httplib2.Http):
    """An httplib2 client whose connections are the two above."""

    def request(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        kwargs["connection_type"] = _PlainConnection if uri.startswith("http:") else _TlsConnection
        return super().request(uri, *args, **kwargs)


class Connections:
    """Lends authorised connections, each to one caller at a time: httplib2 is not thread-safe."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials
        self._idle: list[google_auth_httplib2.AuthorizedHttp] = []

    @contextmanager
    def lend(self, timeout_s: float) -> Iterator[google_auth_httplib2.AuthorizedHttp]:
        """A connection for one call; raises TimeoutError when the block has not ended in `timeout_s`.

        What leaves the block as an exception closes the connection, whose state nobody knows then.
        """
        connection = self._take()
        _set_timeout(connection.http, timeout_s)
        ended, expired = threading.Event(), threading.Event()
        watch = threading.Thread(
            target=_cut_when_late, args=(connection.http, timeout_s, ended, expired), daemon=True
        )
        watch.start()
        try:
            try:
                yield connection
            finally:
                ended.set()
                watch.join()
        except BaseException as error:
            connection.close()
            if expired.is_set():
                raise TimeoutError(f"no whole answer within {timeout_s:g} s") from error
            raise
        self._idle.append(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> google_auth_httplib2.AuthorizedHttp:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return google_auth_httplib2.AuthorizedHttp(self._credentials, http=_Http())
            if _is_quiet(connection.http):
                return connection
            connection.close()


def _is_quiet(http: httplib2.Http) -> bool:
    """Whether nothing waits to be read: on a kept connection that is the other side's goodbye."""
    for connection in http.connections.values():
        if connection.sock is not None:
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if poll.poll(0):
                return False
    return True


def _set_timeout(http: httplib2.Http, timeout_s: float) -> None:
    http.timeout = timeout_s
    for connection in http.connections.values():
        connection.timeout = timeout_s
        if connection.sock is not None:
            connection.sock.settimeout(timeout_s)


def _cut_when_late(
    http: httplib2.Http, timeout_s: float, ended: threading.Event, expired: threading.Event
) -> None:
    wait_s = timeout_s
    while not ended.wait(wait_s):
        expired.set()
        for connection in list(http.connections.values()):
            if connection.sock is not None:
                # The base class's method: a TLS socket's own would pull the session from under the reader.
                with suppress(OSError):
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
        wait_s = _CUT_EVERY_S
