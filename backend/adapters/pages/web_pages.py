"""Reads a company's website: the `Pages` port on the open web, or on the stand-in web."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from backend.adapters.pages.addresses import Resolver, system_resolver
from backend.adapters.pages.fetching import Answer, Fetcher
from backend.adapters.pages.lanes import Lanes, Place
from backend.adapters.pages.parser_pool import ParserPool
from backend.adapters.pages.robots import Robots
from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.transport import Transport, tls_context
from backend.adapters.pages.trip import Trip
from backend.adapters.pages.visit import Connector, Visit, connect
from backend.adapters.pages.watchdog import Watchdog
from backend.domain.page import TITLE_CHARS, Page, Reading, compose, says_little, says_nothing, trim
from backend.domain.website import Address, address_of, follow, same_site
from backend.errors import RowFailed

#: Share of the deadline that must be left for a second page.
SECOND_PAGE_SHARE = 0.25
#: What closes a host for its other rows for a while.
_HOST_IS_DOWN = ("page_unreachable", "page_timeout")


class WebPages:
    """Called from any number of threads; keeps no page.

    `resolver` and `connector` are the two places where the outside is touched; tests hand in their own
    and leave the policy between them as it is. `ca_file` replaces the public certificate authorities.
    """

    def __init__(
        self,
        settings: PagesSettings,
        *,
        environ: Mapping[str, str],
        resolver: Resolver = system_resolver,
        connector: Connector = connect,
        ca_file: str | None = None,
    ) -> None:
        settings.check(environ)
        self._settings = settings
        self._resolver = resolver
        self._connector = connector
        # The stand-in web speaks plain http for every scheme.
        self._tls = tls_context(ca_file) if settings.route_all_to is None else None
        self._watchdog = Watchdog()
        self._lanes = Lanes(settings.per_host_gap_s, settings.host_wait_s, settings.host_waiters)
        self._parsers = ParserPool(settings)
        self._robots = Robots(self._parsers, settings.robots_expiry_s, settings.robots_cache_bytes)
        self._headers = {
            "User-Agent": settings.user_agent,
            "Accept": "text/html,application/xhtml+xml,text/plain;q=0.8",
            "Accept-Encoding": "gzip",
        }
        # urllib3 logs each odd header of a site as a warning, with its text.
        logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

    def read(self, website: str) -> Page:
        """The website that a cell names.

        Raises `RowFailed` (`page_…`), and nothing else that a website can cause.
        """
        typed = address_of(website)
        self._parsers.warm_up()
        rules = self._robots.known(typed.host)
        if rules is not None:
            # A page that is closed needs no turn: a thousand rows of such a host end at once.
            self._robots.check(rules, typed, time.monotonic() + self._settings.parse_timeout_s)
        with Place(self._lanes) as place:
            # Waiting in line is not the website's time: the deadline starts with the turn.
            place.go_to(typed.host)
            try:
                with (
                    Visit(self._settings, self._watchdog, self._resolver, self._connector) as visit,
                    Transport(visit, self._tls, self._headers) as transport,
                ):
                    fetcher = Fetcher(self._settings, visit, transport)
                    trip = Trip(self._settings, visit, fetcher, place, self._robots)
                    return self._read(typed, trip, visit)
            except RowFailed as failure:
                raise self._rested(place.host, failure) from failure.__cause__

    def close(self) -> None:
        """Ends the parser's processes and the watchdog; reads under way fail."""
        self._parsers.close()
        self._watchdog.close()

    def _read(self, typed: Address, trip: Trip, visit: Visit) -> Page:
        answer = trip.home(typed)
        home = self._parsers.read(answer.body, answer.content_type, trip.parse_until)
        pages, further = [answer.address.url], None
        if says_little(home):
            found = self._further(answer.address, home, trip, visit)
            if found is not None:
                further = found[1]
                pages.append(found[0].address.url)
        if says_nothing(home) and (further is None or says_nothing(further)):
            raise RowFailed("page_no_content", f"{answer.address.host} answers with a page without text.")
        return Page(
            requested_url=typed.url,
            final_url=answer.address.url,
            pages_read=tuple(pages),
            title=trim(home.title or (further.title if further else ""), TITLE_CHARS),
            text=compose(home, further, self._settings.max_chars),
            language=home.language or (further.language if further else ""),
        )

    def _further(
        self, here: Address, home: Reading, trip: Trip, visit: Visit
    ) -> tuple[Answer, Reading] | None:
        """The first page of the same site that the home page points to for more, if time is left."""
        if visit.deadline - time.monotonic() < self._settings.deadline_s * SECOND_PAGE_SHARE:
            return None
        for link in home.further:
            try:
                there = follow(here, link)
                if same_site(here, there) and there.target != here.target:
                    answer = trip.page(there)
                    if same_site(here, answer.address):
                        return answer, self._parsers.read(answer.body, answer.content_type, trip.parse_until)
                    return None
            except RowFailed:
                return None  # the home page stands by itself
        return None

    def _rested(self, host: str, failure: RowFailed) -> RowFailed:
        """Leaves a host alone that is down or asks for it, and says until when."""
        asked_s = failure.delay_s
        if asked_s is None and not (failure.transient and failure.error_class in _HOST_IS_DOWN):
            return failure
        rest_s = min(
            self._settings.host_rest_s if asked_s is None else asked_s, self._settings.longest_rest_s
        )
        if not host:
            return failure
        self._lanes.rest(host, failure, rest_s)
        return RowFailed(failure.error_class, failure.message, transient=failure.transient, delay_s=rest_s)
