"""Google's request quotas, kept: reads and writes apart, per minute, for the project and for each user.

Google publishes 300 and 60 a minute, "refilled every minute". `sliding` counts the last minute at each
request, which is never laxer than that; `fixed` starts anew at each minute, as a refill does. A refused
request uses nothing up.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from backend.local.sheets.errors import SHEETS_HOST, TYPES, GoogleError

#: Stands for the number of the project whose credentials ask.
PROJECT = "rowmill-local"


@dataclass
class Quotas:
    """Limits per `window_s` seconds; the defaults are Google's."""

    per_project: int = 300
    per_user: int = 60
    window_s: float = 60.0
    window: Literal["sliding", "fixed"] = "sliding"
    clock: Callable[[], float] = time.monotonic
    _used: dict[tuple[str, str | None], deque[float]] = field(default_factory=dict)

    def use(self, kind: Literal["read", "write"], user: str) -> None:
        """Counts a request, or raises Google's 429."""
        now = self.clock()
        start = now - self.window_s if self.window == "sliding" else now - now % self.window_s
        buckets = []
        for who, limit in ((user, self.per_user), (None, self.per_project)):
            bucket = self._used.setdefault((kind, who), deque())
            while bucket and (bucket[0] <= start if self.window == "sliding" else bucket[0] < start):
                bucket.popleft()
            if len(bucket) >= limit:
                raise exceeded(kind, limit, per_user=who is not None)
            buckets.append(bucket)
        for bucket in buckets:
            bucket.append(now)


def exceeded(kind: str, limit: int, *, per_user: bool) -> GoogleError:
    """429 RESOURCE_EXHAUSTED as Google words it. It carries no Retry-After."""
    name = kind.capitalize()
    whose = " per user" if per_user else ""
    return GoogleError(
        429,
        "RESOURCE_EXHAUSTED",
        f"Quota exceeded for quota metric '{name} requests' and limit '{name} requests per minute{whose}' "
        f"of service '{SHEETS_HOST}' for consumer 'project_number:{PROJECT}'.",
        [
            {
                "@type": TYPES + "ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "quota_limit": f"{name}RequestsPerMinutePer{'User' if per_user else 'Project'}",
                    "quota_limit_value": str(limit),
                    "quota_metric": f"{SHEETS_HOST}/{kind}_requests",
                    "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
                    "quota_location": "global",
                    "service": SHEETS_HOST,
                    "consumer": f"projects/{PROJECT}",
                },
            },
            {
                "@type": TYPES + "Help",
                "links": [
                    {
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                    }
                ],
            },
        ],
    )
