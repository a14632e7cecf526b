"""What a deployment may choose about reading websites; the defaults are what the product promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.errors import Misconfigured

#: How the reader names itself in robots.txt and in the User-Agent header.
ROBOT = "Rowmill"


@dataclass(frozen=True)
class PagesSettings:
    """Times in seconds, sizes in bytes or characters as the names say."""

    #: An address or a page where a site's owner reaches the people behind the requests.
    contact: str = ""
    max_chars: int = 3000
    #: Of one answer: on the wire, and again once unpacked.
    max_bytes: int = 512 * 1024
    #: Wall clock of one website, from its first look-up to the last byte, whatever number of requests.
    deadline_s: float = 8.0
    #: A server that does not answer at all leaves this share of the deadline to the other scheme.
    connect_share: float = 0.4
    max_redirects: int = 4
    per_host_gap_s: float = 0.25
    #: How long a row may wait in line for a host that other rows are reading, and how many may wait.
    host_wait_s: float = 5.0
    host_waiters: int = 4
    #: How long a host that could not be reached is left alone, and the longest that it may ask for.
    host_rest_s: float = 10.0
    longest_rest_s: float = 3600.0
    robots_expiry_s: float = 3600.0
    robots_cache_bytes: int = 16 * 1024 * 1024
    parse_processes: int = 2
    parse_timeout_s: float = 2.0
    parse_memory_bytes: int = 512 * 1024 * 1024
    #: Every host's connections go to this one local server, in plain http: the stand-in web.
    route_all_to: tuple[str, int] | None = None

    @property
    def user_agent(self) -> str:
        return f"{ROBOT}/1.0 (+{self.contact})" if self.contact else f"{ROBOT}/1.0"

    def check(self, environ: Mapping[str, str]) -> None:
        """Raises `Misconfigured` with every problem. The stand-in web never serves a deployment."""
        problems = []
        if not (self.contact.isascii() and self.contact.isprintable()):
            problems.append("The websites' contact must be plain ASCII: it is sent as a header.")
        if self.deadline_s <= 0 or self.max_bytes <= 0 or self.max_chars <= 0 or self.parse_processes <= 0:
            problems.append("The websites' deadline, bytes, characters and processes must be above zero.")
        if self.route_all_to is not None:
            if self.route_all_to[0] != "127.0.0.1":
                problems.append(f"The stand-in web must be on 127.0.0.1, not on {self.route_all_to[0]}.")
            if environ.get("K_SERVICE"):
                problems.append("The stand-in web must not be used on Cloud Run (K_SERVICE is set).")
            if environ.get("ROLE", "all") != "all":
                problems.append(f"The stand-in web needs ROLE=all, not ROLE={environ['ROLE']}.")
        if problems:
            raise Misconfigured(problems)
