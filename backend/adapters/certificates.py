"""Google's public certificates, fetched when they are needed and kept as long as Google says."""

from __future__ import annotations

import json
import logging
import re
import threading
from typing import Any

from google.auth.exceptions import TransportError

from backend.errors import Unauthenticated
from backend.ports import Clock

#: Seconds that certificates are kept when the answer does not say.
DEFAULT_MAX_AGE_S = 3600.0
#: Seconds between two fetches at least, so that forged key ids and an outage cost one request a minute.
LEAST_INTERVAL_S = 60.0
#: The same as long as there are none at all, when every caller is refused.
FIRST_INTERVAL_S = 2.0
FETCH_TIMEOUT_S = 5.0

logger = logging.getLogger(__name__)


class Certificates:
    """A cache of the certificates at one address. May be used from any thread."""

    def __init__(self, *, url: str, request: Any, clock: Clock) -> None:
        """`url` answers with `{key id: X.509 in PEM}`, as Google publishes those of its ID tokens.

        `request` is a `google.auth.transport.Request`; the clock's monotonic side is used.
        """
        self._url = url
        self._request = request
        self._clock = clock
        self._lock = threading.Lock()
        self._certificates: dict[str, str] = {}
        self._stale_at = float("-inf")
        self._fetched_at = float("-inf")

    def find(self, key_id: str) -> str | None:
        """The certificate of a key, in PEM; None when Google does not publish it.

        Old certificates serve on when a fetch fails. Raises `Unauthenticated` when there never were any.
        """
        # Who has the certificate at hand does not wait for others' refreshing; who has not, does.
        if self._needs_fetch(key_id) and self._lock.acquire(blocking=key_id not in self._certificates):
            try:
                if self._needs_fetch(key_id):  # nobody fetched while we waited
                    self._fetch()
            finally:
                self._lock.release()
        if not self._certificates:
            raise Unauthenticated(
                "Nobody can be identified right now: Google's certificates are out of reach."
            )
        return self._certificates.get(key_id)

    def _needs_fetch(self, key_id: str) -> bool:
        now = self._clock.monotonic()
        interval_s = LEAST_INTERVAL_S if self._certificates else FIRST_INTERVAL_S
        wanted = key_id not in self._certificates or now >= self._stale_at
        return wanted and now >= self._fetched_at + interval_s

    def _fetch(self) -> None:
        try:
            response = self._request(url=self._url, method="GET", timeout=FETCH_TIMEOUT_S)
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            certificates = json.loads(response.data)
            if not isinstance(certificates, dict) or not certificates:
                raise ValueError("the answer holds no certificates")
        except (TransportError, ValueError) as error:
            logger.warning(
                "Google's certificates could not be fetched; those at hand serve on.",
                extra={"action": "certificates_fetch_failed", "error": type(error).__name__},
            )
        else:
            self._certificates = certificates
            self._stale_at = self._clock.monotonic() + _max_age_s(response.headers)
        finally:
            # Only now: until then whoever needs what is being fetched has to wait for it.
            self._fetched_at = self._clock.monotonic()


def _max_age_s(headers: Any) -> float:
    """`Cache-Control: max-age` of the answer, in seconds."""
    said = {name.lower(): value for name, value in headers.items()}.get("cache-control", "")
    found = re.search(r"max-age=(\d+)", said)
    return float(found[1]) if found else DEFAULT_MAX_AGE_S
