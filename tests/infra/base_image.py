"""A base for the image without a registry: Debian with its own Python, kept between runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

#: Debian 12: Python 3.11. What python:3.12-slim has, the production base, and nothing more.
RELEASE = "bookworm"
PACKAGES = "python3,python3-venv,ca-certificates"


def base_archive(kept: Path) -> Path:
    """A tar archive of the file system; made once, in a minute or three, as root."""
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    tree = kept.with_suffix(".tree")
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, tree],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=900,
    )
    for leftover in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
        shutil.rmtree(tree / leftover, ignore_errors=True)
    # apt wants this folder back when it is asked for anything.
    (tree / "var/cache/apt/archives/partial").mkdir(parents=True)
    partial = kept.with_suffix(".partial")
    subprocess.run(["tar", "--create", "--file", partial, "--directory", tree, "."], check=True, timeout=300)
    shutil.rmtree(tree)
    return partial.rename(kept)
