"""What reaches the service as bytes: gunicorn and the application together, each role on its own.

Requests that no client library would send, spelled so that two readers could read them in two ways. None lets
anybody in, is taken for another one, makes a 500, or leaves a line in the log that is none of ours.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
import pytest

from backend.entrypoints.service import REQUESTS
from tests.entrypoints.house import QUEUE, Standins
from tests.entrypoints.wire import Said, Served, served

BODY = json.dumps({"spreadsheet_id": "a-spreadsheet-of-nobody"}).encode()
CHALLENGE = "POST /api/access/challenges"


@dataclass(frozen=True)
class Wire:
    api: Served
    worker: Served
    token: str
    queue: str

    @property
    def signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, framing: str, body: bytes = BODY, *, close: bool = True) -> Said:
        """A creating call with these headers about its body."""
        return self.api.send(self.posted(framing, body, close=close))

    def posted(self, framing: str, body: bytes = BODY, *, close: bool = True) -> bytes:
        head = (
            f"{CHALLENGE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
            f"Connection: {'close' if close else 'keep-alive'}\r\nContent-Type: application/json\r\n"
        )
        return f"{head}{framing}\r\n\r\n".encode("latin-1") + body


@pytest.fixture(scope="module")
def wire(running: Standins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("served")
    with served(running, folder, "api") as api, served(running, folder, "worker") as worker:
        token = running.id_token("alice@example.com")
        yield Wire(api, worker, token, running.account_token(QUEUE))
        lines = api.lines() + worker.lines()
        assert not [line for line in lines if line["severity"] in ("ERROR", "CRITICAL")]
        assert token not in json.dumps(lines)


#: Other spellings of `/api/system`, as proxies and servers have confused them.
SPELLINGS = (
    "/api/system", "/api/system/", "//api/system", "/api//system", "/api%2Fsystem", "/api/%73ystem",
    "/API/SYSTEM", "/./api/system", "/x/../api/system", "/healthz/../api/system", "/healthz/..%2fapi/system",
    "/api/system.",
    "/api/system;x=/healthz", "/api/system%00", "/api/system%0a", "/api/system%20", "/api/system#/healthz",
    "http://evil.example/api/system", "/healthz%2f..%2fapi%2fsystem", "/api\\system", "/healthz;/api/system",
)  # fmt: skip


@pytest.mark.parametrize("path", SPELLINGS)
def test_however_a_path_is_spelled_its_guard_is_met(wire: Wire, path: str) -> None:
    answer = wire.api.ask(f"GET {path}")
    assert answer.status in (400, 401, 404), answer
    assert "version" not in answer.text
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/tasks/batches", "//tasks/batches", "/tasks%2Fbatches", "/tasks/batches/", "/api/../tasks/batches"],
)
def test_the_workers_routes_are_not_on_the_api_however_they_are_spelled(wire: Wire, path: str) -> None:
    body = json.dumps({"job_id": "f" * 20, "enqueue_no": 1}).encode()
    headers = {"Authorization": f"Bearer {wire.queue}", "Content-Type": "application/json"}
    assert wire.api.ask(f"POST {path}", headers, body).status == 404
    assert wire.worker.ask("POST /tasks/batches", headers, body).status == 200


def test_the_worker_has_none_of_the_apis_routes(wire: Wire) -> None:
    for line in (
        "GET /api/system",
        "POST /api/jobs",
        "GET /api/openapi.json",
        "GET /api/watch?spreadsheet_id=x",
    ):
        assert wire.worker.ask(line, wire.signed).status == 404


@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "GET\t", "X" * 30]
)
def test_a_method_that_is_not_asked_for_opens_nothing(wire: Wire, method: str) -> None:
    answer = wire.api.ask(f"{method} /api/system", wire.signed)
    assert answer.status in (400, 404, 405), answer
    assert "version" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        "Authorization: Bearer {token}\r\nAuthorization: Bearer {token}",
        "Authorization: Bearer x\r\nAuthorization: Bearer {token}",
        "Authorization: Bearer\r\n {token}",
        "Authorization : Bearer {token}",
        " Authorization: Bearer {token}",
        "HTTP_AUTHORIZATION: Bearer {token}",
        "Http-Authorization: Bearer {token}",
        "Authorization_: Bearer {token}",
        "Proxy-Authorization: Bearer {token}",
        "X-Forwarded-Authorization: Bearer {token}",
        "Authorization: Bearer {token}\0",
        "Authorization: Bearer {token}\nX: y",
        "Authorization: Bearer {token}, Bearer {token}",
        "Authorization: Bearer " + "a" * 60_000,
        "\r\n".join(f"X-{n}: a" for n in range(200)),
        "REMOTE_USER: alice@example.com\r\nX-Remote-User: alice@example.com",
    ],
    ids=lambda text: text[:40],
)
def test_a_token_said_twice_folded_or_elsewhere_lets_nobody_in(wire: Wire, headers: str) -> None:
    text = headers.replace("{token}", wire.token)
    answer = wire.api.send(
        f"GET /api/system HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{text}\r\n\r\n".encode()
    )
    assert answer.status in (400, 401, 431), answer
    assert "version" not in answer.text


def test_headers_about_another_place_change_nothing(wire: Wire) -> None:
    """Neither the host, nor where a proxy says that the request was meant to go."""
    for name in (
        "Host",
        "X-Forwarded-Host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Forwarded-Prefix",
        "Forwarded",
    ):
        headers = {**wire.signed, "Content-Type": "application/json", name: "evil.example"}
        answer = wire.api.ask(CHALLENGE, headers, BODY)
        assert answer.status in (201, 429), answer
        assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: {n}\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: {n}",
        "Content-Length: {n}\r\nContent-Length: 5",
        "Content-Length: {n}, {n}",
        "Content-Length: +{n}",
        "Content-Length: -1",
        "Content-Length: 0x20",
        "Content-Length: {n}\r\n\tfolded",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: \x0bchunked",
    ],
)
def test_a_body_whose_end_two_readers_could_see_in_two_places_is_refused(wire: Wire, framing: str) -> None:
    answer = wire.post(framing.replace("{n}", str(len(BODY))))
    assert answer.status in (400, 501), answer


@pytest.mark.parametrize(
    "chunks", [b"zz\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"-1\r\n", b"5;\0=1\r\nabcde\r\n0\r\n\r\n"]
)
def test_half_a_body_is_the_callers_mistake_and_not_ours(wire: Wire, chunks: bytes) -> None:
    answer = wire.post("Transfer-Encoding: chunked", chunks)
    assert answer.status in (0, 400, 422), answer


def test_a_body_in_chunks_is_read_and_has_the_same_end(wire: Wire) -> None:
    def chunked(body: bytes) -> bytes:
        return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    assert wire.post("Transfer-Encoding: chunked", chunked(BODY)).status in (201, 429)
    assert wire.post("Transfer-Encoding: chunked", chunked(BODY + b" " * 1024 * 1024)).status == 413
    for length in (2 * 1024 * 1024, 10**25):
        assert wire.post(f"Content-Length: {length}", b"").status == 413


def test_bodies_that_do_not_come_hold_a_few_threads_of_their_own_sender(
    wire: Wire, running: Standins
) -> None:
    """Each request promises a body and never sends it; then the next is refused, and others are served."""
    bob = {"Authorization": f"Bearer {running.id_token('bob@example.com')}"}
    unsent = wire.posted("Content-Length: 100", b"", close=False)
    with ExitStack() as open_ones:
        for _ in range(REQUESTS):
            address = ("127.0.0.1", wire.api.port)
            open_ones.enter_context(socket.create_connection(address, timeout=30)).sendall(unsent)
        end = time.monotonic() + 30
        while (refused := wire.api.ask("GET /api/system", wire.signed)).status != 429:
            assert time.monotonic() < end, refused
            time.sleep(0.05)
        assert refused.headers["retry-after"] == "2"
        assert wire.api.ask("GET /api/system", bob).status == 200
    end = time.monotonic() + 30
    while wire.api.ask("GET /api/system", wire.signed).status != 200:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_packed_body_is_not_unpacked(wire: Wire) -> None:
    """So that no small one becomes a large one."""
    for packed in (gzip.compress(BODY), gzip.compress(b" " * 20_000_000)):
        answer = wire.post(f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}", packed)
        assert answer.status == 422, answer


@pytest.mark.parametrize("refused_by", ["its size", "its token"])
def test_what_is_left_of_a_refused_body_is_no_request(wire: Wire, refused_by: str) -> None:
    """On a connection that is kept, the unread rest must not be taken for the next request of somebody."""
    hidden = f"GET /api/system HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {wire.token}\r\n\r\n".encode()
    body = hidden * 20 + b" " * (1024 * 1024 + 10 if refused_by == "its size" else 10)
    sent = wire.posted(f"Content-Length: {len(body)}", body, close=False)
    if refused_by == "its token":
        sent = sent.replace(wire.token.encode(), b"nobody", 1)
    with socket.create_connection(("127.0.0.1", wire.api.port), timeout=30) as connection:
        connection.sendall(sent + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        seen = b""
        try:
            while piece := connection.recv(65_536):
                seen += piece
        except ConnectionError:
            assert seen  # it was closed with something unread: nothing of it can be a request any more
    assert b"HTTP/1.1 413" in seen or b"HTTP/1.1 401" in seen
    assert b'"version"' not in seen


def test_a_line_break_in_a_request_makes_no_line_of_the_log(wire: Wire) -> None:
    forged = '{"severity": "ALERT", "message": "forged"}'
    wire.api.ask(f"GET /%0d%0a{forged.replace(' ', '%20')}", wire.signed)
    wire.api.send(f"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\n{forged}\n\r\n\r\n".encode())
    wire.api.send(f'"\n{forged}\n" / HTTP/1.1\r\n\r\n'.encode())
    wire.api.ask("GET /healthz", {"X-Cloud-Trace-Context": 'a"}\t{"b": "', "User-Agent": forged})
    assert not [line for line in wire.api.lines() if line["severity"] == "ALERT"]


def test_a_worker_killed_under_a_request_is_replaced_and_tells_nothing(
    running: Standins, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with served(running, tmp_path_factory.mktemp("killed"), "api") as api:
        (worker,) = psutil.Process(api.process.pid).children()
        os.kill(worker.pid, signal.SIGKILL)
        assert api.ask("GET /healthz", within_s=60).status in (0, 200)
        assert api.ask("GET /healthz", within_s=60).status == 200
        assert any("SIGKILL" in line["message"] for line in api.lines())
