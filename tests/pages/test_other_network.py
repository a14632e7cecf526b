"""A canary in a network namespace of its own: the real connector, a real private address, a real route.

Needs root and `ip netns`; where they are missing the test says so and is skipped, and the policy is
covered by the other canary alone.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.errors import RowFailed
from tests.pages.web import PUBLIC, Exchange, Web

HERE, THERE = "10.213.77.1", "10.213.77.2"

#: Prints a line for each connection, and ends when its standard input does: with its parent.
_LISTENER = f"""
import os, socket, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
listener = socket.create_server(("{THERE}", 80))
print("listening", flush=True)
while True:
    wire, _ = listener.accept()
    print("reached", flush=True)
    wire.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 22\\r\\n\\r\\n<title>A secret</title>")
    wire.close()
"""


@pytest.fixture
def canary() -> Iterator[subprocess.Popen[str]]:
    """A web server at `THERE` port 80, in another network namespace, with a route from ours."""
    name, ours, theirs = f"rowmill-{os.getpid()}", f"rm{os.getpid() % 100000}a", f"rm{os.getpid() % 100000}b"
    steps = (
        f"ip netns add {name}",
        f"ip link add {ours} type veth peer name {theirs}",
        f"ip link set {theirs} netns {name}",
        f"ip address add {HERE}/30 dev {ours}",
        f"ip link set {ours} up",
        f"ip netns exec {name} ip address add {THERE}/30 dev {theirs}",
        f"ip netns exec {name} ip link set {theirs} up",
    )
    try:
        for step in steps:
            try:
                subprocess.run(step.split(), check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"NO SECOND NETWORK: “{step}” failed ({error}); run as root with iproute2")
        listener = subprocess.Popen(
            ["ip", "netns", "exec", name, sys.executable, "-c", _LISTENER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with listener:
            assert listener.stdout is not None
            assert listener.stdout.readline() == "listening\n"
            yield listener
            listener.kill()
    finally:
        with suppress(OSError):
            subprocess.run(["ip", "link", "del", ours], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def test_a_private_network_is_never_reached(canary: subprocess.Popen[str], web: Web) -> None:
    assert canary.stdout is not None
    # The canary can be reached from here: nothing but the policy keeps the reader away.
    with socket.create_connection((THERE, 80), 2):
        assert canary.stdout.readline() == "reached\n"

    def away(exchange: Exchange) -> None:
        exchange.answer("", "302 Found", headers=[f"Location: http://{THERE}/"])

    web.site("leads-away", away)
    web.resolves("both", [PUBLIC, THERE])
    refused = {
        "direct": f"http://{THERE}/",
        "by name": "http://inside.web.example/",
        "both": "both.web.example",
    }

    def resolve(host: str) -> list[str]:
        return [THERE] if host == "inside.web.example" else list(web.resolve(host))

    real = WebPages(PagesSettings(), environ={}, resolver=resolve)  # with the real connector
    played = WebPages(PagesSettings(), environ={}, resolver=resolve, connector=web.connect)
    try:
        for website in refused.values():
            assert _class(real, website) == "page_refused"
        assert _class(played, "http://leads-away.web.example/") == "page_refused"
    finally:
        real.close()
        played.close()
    canary.kill()
    assert canary.stdout.read() == ""


def _class(pages: WebPages, website: str) -> str:
    with pytest.raises(RowFailed) as caught:
        pages.read(website)
    return caught.value.error_class
