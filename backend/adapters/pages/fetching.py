"""One request of a visit, and what its answer must be like: status, type, encoding, size."""

from __future__ import annotations

import re
import ssl
import zlib
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from typing import NoReturn

import requests
import urllib3

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.transport import Transport
from backend.adapters.pages.visit import Visit, too_big
from backend.domain.website import Address
from backend.errors import RowFailed

#: Pieces in which a body is taken from the wire.
PIECE_BYTES = 64 * 1024
#: A body that nobody reads is taken from the wire up to this size, for then the connection serves again.
DRAINED_BYTES = 16 * 1024
UNKNOWN = 1 << 40
#: Seconds to leave a site alone that says 429 without saying for how long.
UNTOLD_REST_S = 60.0

_REDIRECTS = (301, 302, 303, 307, 308)
_READABLE = ("text/html", "application/xhtml+xml", "text/plain")
_PASSING = (408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524)


@dataclass(frozen=True)
class Answer:
    """The head of an answer, and its body where one was read."""

    address: Address
    status: int
    #: The header's value in lower case; empty when there is none.
    content_type: str
    #: Where a redirect leads, else empty.
    location: str
    #: Seconds until the site wants to be asked again, where it says so.
    retry_after_s: float | None
    body: bytes


class Fetcher:
    """The requests of one visit, one after another."""

    def __init__(self, settings: PagesSettings, visit: Visit, transport: Transport) -> None:
        self._settings = settings
        self._visit = visit
        self._transport = transport
        self._asked: set[tuple[str, int]] = set()

    def get(self, address: Address, *, any_type: bool = False) -> Answer:
        """Asks once, follows nothing; reads the body of a 2xx answer alone.

        Raises `RowFailed` where there is nothing to read: unreachable, timeout, TLS, type, encoding, size.
        """
        try:
            answer = self._get(address, any_type)
        except RowFailed:
            self._check_time()
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self._check_time()
            if _caused_by(error, TimeoutError, urllib3.exceptions.ReadTimeoutError):
                self._visit.fail_in_time("answer")
            _fail(address, error)
        # A connection that was cut at the deadline looks like one that ended: half a head, half a page.
        self._check_time()
        return answer

    def _check_time(self) -> None:
        if self._visit.expired:
            self._visit.fail_in_time("answer")

    def _get(self, address: Address, any_type: bool) -> Answer:
        self._visit.allow(self._settings.max_bytes)
        response = self._ask(address)
        try:
            status, headers = response.status_code, response.headers
            body = b""
            if 200 <= status < 300:
                if not any_type:
                    _check_type(headers.get("Content-Type", ""))
                body = self._read(response, whole=not any_type)
                if not any_type:
                    _check_body(headers.get("Content-Type", ""), body)
            elif _length(response) <= DRAINED_BYTES:
                response.raw.read(DRAINED_BYTES, decode_content=False)
            return Answer(
                address=address,
                status=status,
                content_type=headers.get("Content-Type", "").lower(),
                location=_location(headers) if status in _REDIRECTS else "",
                retry_after_s=_retry_after(headers, response),
                body=body,
            )
        finally:
            response.close()

    def _ask(self, address: Address) -> requests.Response:
        place = (address.host, address.port)
        try:
            return self._transport.get(address.url, address.authority, self._visit.left_s)
        except requests.ConnectionError as error:
            # A server may close a connection that is kept alive just as it is used again: that says nothing.
            if place not in self._asked or self._visit.expired or not _caused_by(error, ConnectionError):
                raise
            self._transport.forget()
            return self._transport.get(address.url, address.authority, self._visit.left_s)
        finally:
            self._asked.add(place)

    def _read(self, response: requests.Response, *, whole: bool) -> bytes:
        """The unpacked body; with `whole` false a longer one is cut, as robots.txt files are."""
        limit = self._settings.max_bytes
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise RowFailed(
                "page_not_html", f"The page is packed in a way that is not read ({encoding[:60]})."
            )
        if whole and limit < _length(response) < UNKNOWN:
            raise too_big(limit)
        unpack = zlib.decompressobj(31) if "gzip" in encoding else None
        body = bytearray()
        while len(body) <= limit:
            piece = response.raw.read(PIECE_BYTES, decode_content=False)
            if not piece:
                break
            if unpack is not None:
                try:
                    piece = unpack.decompress(piece, limit + 1 - len(body))
                except zlib.error as error:
                    raise RowFailed(
                        "page_http_error", "The page arrived damaged (its gzip is not valid)."
                    ) from error
            body += piece
        if len(body) > limit:
            if whole:
                raise too_big(limit)
            del body[limit:]
        return bytes(body)


def check_status(answer: Answer) -> None:
    """Raises `RowFailed` unless the answer is a page."""
    status, host = answer.status, answer.address.host
    if 200 <= status < 300:
        return
    if status == 429:
        rest = UNTOLD_REST_S if answer.retry_after_s is None else answer.retry_after_s
        raise RowFailed(
            "page_blocked", f"{host} asks for fewer requests (HTTP 429).", transient=True, delay_s=rest
        )
    if status in (401, 403):
        raise RowFailed("page_blocked", f"{host} does not let programs read this page (HTTP {status}).")
    raise RowFailed(
        "page_http_error",
        f"{host} answered with an error instead of the page (HTTP {status}).",
        transient=status in _PASSING,
        delay_s=answer.retry_after_s,
    )


def _check_type(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind not in _READABLE:
        raise RowFailed("page_not_html", f"The address leads to {kind[:60]}, not to a web page.")


def _check_body(content_type: str, body: bytes) -> None:
    head = body[:1024]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or "utf-16" in content_type.lower()
    if (b"\0" in head and not wide) or (not content_type and b"<" not in head and body):
        raise RowFailed("page_not_html", "The address leads to a file, not to a web page.")


def _length(response: requests.Response) -> int:
    """The body's length as declared; `UNKNOWN` where it is not, or not in plain digits."""
    length = response.headers.get("Content-Length", "")
    return int(length) if re.fullmatch(r"[0-9]{1,12}", length) else UNKNOWN


def _location(headers: requests.structures.CaseInsensitiveDict[str]) -> str:
    location = headers.get("Location", "")
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location


def _retry_after(
    headers: requests.structures.CaseInsensitiveDict[str], response: requests.Response
) -> float | None:
    """Seconds, from either form; a date counts from the site's own clock."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    try:
        then, now = parsedate_to_datetime(value), parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (then - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _causes(error: BaseException) -> list[BaseException]:
    """The error and everything beneath it; urllib3 keeps some causes in `reason` and in `args`."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found


def _caused_by(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in _causes(error))


def _fail(address: Address, error: Exception) -> NoReturn:
    """One of our sentences for what the libraries raised, with the cause kept."""
    host = address.host
    if _caused_by(error, ssl.SSLCertVerificationError):
        raise RowFailed("page_bad_tls", f"The certificate of {host} is not valid for it.") from error
    if _caused_by(error, ssl.SSLError) and not _caused_by(error, ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise RowFailed("page_bad_tls", f"No secure connection to {host} could be made.") from error
    broke_off = _caused_by(error, ConnectionError, IncompleteRead, urllib3.exceptions.IncompleteRead)
    if _caused_by(error, HTTPException) and not broke_off:
        raise RowFailed("page_http_error", f"{host} does not answer in proper HTTP.") from error
    raise RowFailed("page_unreachable", f"{host} broke off the connection.", transient=True) from error
