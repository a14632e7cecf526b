"""A job's progress in a terminal: a bar that rewrites itself, or a line now and then where it cannot."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import IO, Any

BAR = 24
#: Without a terminal (a log file, CI) a line is written so seldom.
LINE_EVERY_S = 5.0


def bar(job: Mapping[str, Any]) -> str:
    """One line: how far, how fast, how it went, how long still."""
    counts = job["counts"]
    ended = sum(counts[state] for state in ("done", "failed", "skipped", "stale", "gone", "cancelled"))
    total = counts["total"]
    share = (ended + counts["answered"]) / total if total else 0.0
    full = round(share * BAR)
    parts = [
        f"[{'█' * full}{'·' * (BAR - full)}] {share:4.0%}",
        f"{job['rows_per_min']:>6,} rows/min",
        f"{counts['done']:,} done, {counts['failed']:,} failed, {counts['skipped']:,} skipped",
    ]
    if counts["answered"]:
        parts.append(f"{counts['answered']:,} on their way")
    if job["seconds_left"] is not None:
        parts.append(f"{duration(job['seconds_left'])} left")
    elif job["status"] != "COMPLETED":
        parts.append((job["reason"] or {}).get("sentence") or str(job["status"]).lower())
    return "  ".join(parts)


def duration(seconds: float) -> str:
    """12 s, 3:05 min, 1:02:07 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02} h"


class Line:
    """The last line of the terminal."""

    def __init__(self, out: IO[str] = sys.stderr) -> None:
        self._out = out
        self._live = out.isatty()
        self._written = 0
        self._last = 0.0

    def show(self, text: str, *, now: bool = False) -> None:
        """Replaces what was shown; without a terminal a new line, not more often than every few seconds."""
        if self._live:
            padding = " " * max(0, self._written - len(text))
            self._out.write(f"\r{text}{padding}")
            self._written = len(text)
        elif now or time.monotonic() - self._last >= LINE_EVERY_S:
            self._out.write(text + "\n")
            self._last = time.monotonic()
        self._out.flush()

    def end(self) -> None:
        """Leaves what was shown standing."""
        if self._live and self._written:
            self._out.write("\n")
            self._written = 0
        self._out.flush()
