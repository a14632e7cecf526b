"""A small disk that a test may fill: in memory, and mounted where we have the right to."""

from __future__ import annotations

import contextlib
import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

MEGABYTES = 48


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A mounted disk in the folder; None where mounting takes rights that we lack."""
    place = folder / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=True)


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte more fits onto the disk within the block."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(64 * 1024))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        yield
    finally:
        ballast.unlink()
