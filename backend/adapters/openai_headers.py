"""What the headers of a model's answer say about its limits and about waiting."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping

from backend.ports import RateLimits

#: The longest delay that a provider's word is taken for, in seconds.
LONGEST_DELAY_S = 3600.0

_PREFIX = b"x-ratelimit-"
_NOTHING_SAID = RateLimits()
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def limits(raw: Iterable[tuple[bytes, bytes]]) -> RateLimits:
    """The `x-ratelimit-*` headers, in one pass over the headers as they came: this runs for every row."""
    said: dict[bytes, str] = {}
    for name, value in raw:
        name = name.lower()
        if name.startswith(_PREFIX):
            said[name[len(_PREFIX) :]] = value.decode("ascii", "replace")
    if not said:
        return _NOTHING_SAID
    return RateLimits(
        limit_requests=_whole(said.get(b"limit-requests")),
        limit_tokens=_whole(said.get(b"limit-tokens")),
        remaining_requests=_whole(said.get(b"remaining-requests")),
        remaining_tokens=_whole(said.get(b"remaining-tokens")),
    )


def asked_delay_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as an error says: `retry-after-ms`, `retry-after`, or when what is used up refills."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name, "")
        if said.replace(".", "", 1).isdecimal():
            return min(float(said) * unit_s, LONGEST_DELAY_S)
    refills = (
        seconds(headers.get(f"x-ratelimit-reset-{what}"))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    )
    longest = max((refill for refill in refills if refill is not None), default=None)
    return None if longest is None else min(longest, LONGEST_DELAY_S)


@functools.lru_cache(maxsize=1024)
def seconds(duration: str | None) -> float | None:
    """`6m0s`, `1.2s` or `17ms` in seconds; None for what is no duration."""
    parts = _DURATION.findall(duration or "")
    return sum(float(amount) * _UNITS_S[unit] for amount, unit in parts) if parts else None


def _whole(said: str | None) -> int | None:
    return int(said) if said is not None and said.isdecimal() else None
