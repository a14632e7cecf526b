"""The way from a typed address to the pages it leads to: turns, robots.txt, redirects, the other scheme."""

from __future__ import annotations

from backend.adapters.pages.fetching import Answer, Fetcher, check_status
from backend.adapters.pages.lanes import Place
from backend.adapters.pages.robots import Robots, Rules
from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.visit import Visit
from backend.domain.website import Address, follow
from backend.errors import RowFailed

#: Parsing may end this long after the visit's deadline.
PARSE_GRACE_S = 0.8

_NO_ANSWER = ("page_unreachable", "page_timeout", "page_bad_tls", "page_not_found")


class Trip:
    """One visit's requests, in order."""

    def __init__(
        self,
        settings: PagesSettings,
        visit: Visit,
        fetcher: Fetcher,
        place: Place,
        robots: Robots,
    ) -> None:
        self._settings = settings
        self._visit = visit
        self._fetcher = fetcher
        self._place = place
        self._robots = robots
        self._redirects = 0

    @property
    def parse_until(self) -> float:
        return self._visit.deadline + PARSE_GRACE_S

    def home(self, typed: Address) -> Answer:
        """The page at an address; where nothing answers there, the same under the other scheme."""
        try:
            return self.page(typed)
        except RowFailed as first:
            other = typed.other_scheme()
            # Whoever wrote https does not get a page that anybody on the way could have written.
            lenient = first.error_class == "page_bad_tls" and not typed.scheme_given
            if other is None or self._redirects or not (lenient or first.error_class == "page_unreachable"):
                raise
            try:
                return self.page(other)
            except RowFailed as second:
                if second.error_class in _NO_ANSWER:
                    raise first from second
                raise

    def page(self, address: Address) -> Answer:
        """A page, after at most `max_redirects` redirects, each checked like the first address."""
        seen = set()
        for redirects in range(self._settings.max_redirects + 1):
            self._redirects = redirects
            if address.url in seen:
                raise RowFailed("page_http_error", f"{address.host} redirects in a circle.")
            seen.add(address.url)
            self._go_to(address.host)
            self._check_robots(address)
            answer = self._fetcher.get(address)
            if not answer.location:
                check_status(answer)
                return answer
            address = follow(address, answer.location)
        raise RowFailed(
            "page_http_error", f"{address.host} redirects more than {self._settings.max_redirects} times."
        )

    def _go_to(self, host: str) -> None:
        self._place.go_to(host, self._visit.left_s)

    def _check_robots(self, address: Address) -> None:
        rules = self._robots.known(address.host)
        if rules is None:
            rules = self._fetch_robots(address)
            self._robots.keep(address.host, rules)
            self._go_to(address.host)
        pause_s = self._robots.check(rules, address, self.parse_until)
        if pause_s:
            self._place.widen(pause_s)

    def _fetch_robots(self, address: Address) -> Rules:
        here = address.robots
        for _ in range(self._settings.max_redirects + 1):
            self._go_to(here.host)
            answer = self._fetcher.get(here, any_type=True)
            if answer.location:
                here = follow(here, answer.location)
                continue
            rules = _rules(answer)
            if here.target == "/robots.txt":
                self._robots.keep(here.host, rules)
            return rules
        return Rules()


def _rules(answer: Answer) -> Rules:
    """RFC 9309, 2.3.1: no file means no restriction; a server in trouble means not now."""
    if 200 <= answer.status < 300:
        return Rules(body=answer.body)
    if answer.status == 429 or answer.status >= 500:
        return Rules(unreadable=f"HTTP {answer.status}")
    return Rules()
