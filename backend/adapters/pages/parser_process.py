"""The process that parses: `python -m backend.adapters.pages.parser_process`, a socket as its standard input.

Each question is a frame of JSON and a frame of bytes, each answer a frame of JSON; nothing is unpickled
on either side. The process bounds its own memory and its own time, so it ends by itself even when its
parent is gone.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import socket
import struct
import sys
from dataclasses import asdict
from typing import Any

from backend.adapters.pages.parsing import parse
from backend.adapters.pages.robots_rules import judge

_LENGTH = struct.Struct(">I")
#: A frame's longest: the largest page, several times over.
FRAME_BYTES = 16 * 1024 * 1024


def send(wire: socket.socket, *parts: bytes) -> None:
    """Each part as a frame: four bytes of length, then the bytes."""
    wire.sendall(b"".join(piece for part in parts for piece in (_LENGTH.pack(len(part)), part)))


def receive(wire: socket.socket) -> bytes:
    """The next frame; raises `EOFError` when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(wire, _LENGTH.size))
    if length > FRAME_BYTES:
        raise EOFError("a frame longer than any page")
    return _exactly(wire, length)


def _exactly(wire: socket.socket, count: int) -> bytes:
    held = bytearray()
    while len(held) < count:
        piece = wire.recv(min(count - len(held), 1 << 18))
        if not piece:
            raise EOFError("the other side is gone")
        held += piece
    return bytes(held)


def answer(question: dict[str, Any], body: bytes) -> dict[str, Any]:
    """What one question gives; `robots` → allowed and delay, else a Reading's fields."""
    if question["ask"] == "robots":
        allowed, delay_s = judge(body, question["url"], question["robot"])
        return {"allowed": allowed, "delay_s": delay_s}
    return asdict(parse(body, question["content_type"], question["max_chars"]))


def main() -> None:
    memory_bytes, limit_s = int(sys.argv[1]), float(sys.argv[2])
    with contextlib.suppress(ValueError, OSError):  # not every system bounds address space
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with socket.socket(fileno=sys.stdin.fileno()) as wire:
        send(wire, b"ready")
        while True:
            try:
                question, body = json.loads(receive(wire)), receive(wire)
            except (EOFError, OSError):
                return
            # The parent kills sooner; this one needs neither the parent nor the interpreter's lock.
            signal.setitimer(signal.ITIMER_REAL, limit_s)
            try:
                given = answer(question, body)
            except MemoryError:
                given = {"failed": "memory"}
            except Exception as error:  # noqa: BLE001 - whatever a page makes the libraries raise is its own matter
                given = {"failed": type(error).__name__}
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(wire, json.dumps(given).encode())


if __name__ == "__main__":
    main()
