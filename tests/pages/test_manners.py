"""Manners: who the reader says it is, robots.txt, what a site asks for, one request at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from backend.adapters.pages.web_pages import WebPages
from tests.pages.hostile_sites import PAGE
from tests.pages.sites import by_path, failure, redirecting
from tests.pages.web import Exchange, Web, with_robots

Readers = Callable[..., WebPages]

# ── what a site says about its readers ──


@pytest.mark.parametrize(
    ("status", "error_class", "transient"),
    [
        ("401 Unauthorized", "page_blocked", False),
        ("403 Forbidden", "page_blocked", False),
        ("404 Not Found", "page_http_error", False),
        ("410 Gone", "page_http_error", False),
        ("500 Broken", "page_http_error", True),
        ("503 Busy", "page_http_error", True),
    ],
)
def test_a_status_has_its_class(
    web: Web, pages_in: Readers, status: str, error_class: str, transient: bool
) -> None:
    host = web.site("site", lambda exchange: exchange.answer("no", status))
    error = failure(pages_in(), host)
    assert (error.error_class, error.transient) == (error_class, transient)
    assert status[:3] in error.message


def test_the_reader_says_who_it_is_and_how_to_reach_it(web: Web, pages_in: Readers) -> None:
    seen: dict[str, str] = {}

    def site(exchange: Exchange) -> None:
        seen.update(exchange.headers)
        exchange.answer(PAGE)

    pages_in(contact="https://rowmill.example/robot").read(web.site("site", site))
    assert seen["user-agent"] == "Rowmill/1.0 (+https://rowmill.example/robot)"
    assert not {"cookie", "authorization", "referer"} & seen.keys()


ROBOTS = """
User-agent: *
Disallow: /private*

User-agent: rowmill
Disallow: /*.pdf$
Disallow: /closed
"""


def test_robots_txt_is_heeded_and_asked_once(web: Web, pages_in: Readers) -> None:
    host = web.site("rules", by_path(robots=ROBOTS, closed=PAGE, private=PAGE))
    pages = pages_in()
    assert failure(pages, f"{host}/closed").error_class == "page_blocked"
    assert failure(pages, f"{host}/any/list.pdf").error_class == "page_blocked"
    assert pages.read(f"{host}/private").title == "A harmless page"
    assert pages.read(host).title == "A harmless page"
    assert web.paths(host) == ["/robots.txt", "/private", "/"]


def test_pages_that_robots_txt_closes_wait_for_no_turn(web: Web, pages_in: Readers) -> None:
    host = web.site("closed", by_path(robots="User-agent: *\nDisallow: /\n"))
    pages = pages_in(per_host_gap_s=3.0)
    began = time.monotonic()
    assert {failure(pages, f"{host}/{number}").error_class for number in range(20)} == {"page_blocked"}
    assert time.monotonic() - began < 20, "twenty turns would take a minute"
    assert web.paths(host) == ["/robots.txt"]


def test_a_crawl_delay_widens_the_gap(web: Web, pages_in: Readers) -> None:
    host = web.site("patient", by_path(robots="User-agent: *\nCrawl-delay: 5\n"))
    pages = pages_in(host_wait_s=0.05)
    pages.read(host)
    error = failure(pages, host)
    assert (error.error_class, error.transient) == ("page_timeout", True)
    assert error.delay_s is not None
    assert error.delay_s > 4


def test_a_robots_txt_behind_a_redirect_counts_for_both_names(web: Web, pages_in: Readers) -> None:
    web.site("www.web.example", by_path(robots="User-agent: *\nDisallow: /\n"))
    host = web.site("bare", with_robots(redirecting("https://www.web.example/robots.txt")))
    pages = pages_in()
    assert failure(pages, host).error_class == "page_blocked"
    assert failure(pages, "www.web.example").error_class == "page_blocked"
    assert web.asked == [(host, "/robots.txt"), ("www.web.example", "/robots.txt")]


def test_a_robots_txt_that_fails_closes_the_site_for_now(web: Web, pages_in: Readers) -> None:
    host = web.site("failing", with_robots(lambda exchange: exchange.answer("", "503 Busy")))
    error = failure(pages_in(), host)
    assert (error.error_class, error.transient) == ("page_blocked", True)
    assert web.paths(host) == ["/robots.txt"]


def test_a_robots_txt_has_an_expiry(web: Web, pages_in: Readers) -> None:
    host = web.site("rules", by_path(robots=ROBOTS))
    pages = pages_in(robots_expiry_s=0.0)
    pages.read(host)
    pages.read(host)
    assert web.paths(host).count("/robots.txt") == 2


@pytest.mark.parametrize("given", ["60", "in 60 seconds"])
def test_a_site_that_asks_for_fewer_requests_is_left_alone(web: Web, pages_in: Readers, given: str) -> None:
    headers = ["Retry-After: 60"]
    if given != "60":
        headers = ["Date: Mon, 01 Jan 2024 10:00:00 GMT", "Retry-After: Mon, 01 Jan 2024 10:01:00 GMT"]
    host = web.site("busy", lambda exchange: exchange.answer("", "429 Too Many", headers=headers))
    pages = pages_in()
    first = failure(pages, host)
    assert (first.error_class, first.transient, first.delay_s) == ("page_blocked", True, 60.0)
    asked = len(web.asked)
    again = failure(pages, host)
    assert again.error_class == "page_blocked"
    assert again.delay_s is not None
    assert 30 < again.delay_s <= 60
    assert len(web.asked) == asked


def test_a_host_that_is_down_is_not_tried_for_every_row(web: Web, pages_in: Readers) -> None:
    web.http = web.https = False
    host = web.site("down", PAGE)
    pages = pages_in(host_rest_s=60.0)
    assert failure(pages, host).delay_s == 60.0
    tried = len(web.connected)
    assert failure(pages, f"{host}/other").error_class == "page_unreachable"
    assert len(web.connected) == tried


# ── one at a time ──


def test_one_request_at_a_time_for_a_host_with_a_gap(web: Web, pages_in: Readers) -> None:
    spans: list[tuple[float, float]] = []

    def site(exchange: Exchange) -> None:
        began = time.monotonic()
        time.sleep(0.03)
        spans.append((began, time.monotonic()))
        exchange.answer(PAGE)

    host = web.site("one", site)
    pages = pages_in(per_host_gap_s=0.05, host_wait_s=5.0, host_waiters=9)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: pages.read(f"{host}/{number}"), range(4)))
    spans.sort()
    assert len(spans) == 4
    assert all(later[0] - earlier[1] > 0.045 for earlier, later in pairwise(spans))


def test_rows_of_a_busy_host_are_sent_away_with_a_turn_each_and_others_go_on(
    web: Web, pages_in: Readers
) -> None:
    released = threading.Event()

    def slow(exchange: Exchange) -> None:
        released.wait(60)
        exchange.answer(PAGE)

    host = web.site("slow", slow)
    quick = web.site("quick", PAGE)
    pages = pages_in(deadline_s=60.0, host_wait_s=60.0, host_waiters=1)
    with ThreadPoolExecutor(2) as threads:
        reading = [threads.submit(pages.read, f"http://{host}/{number}") for number in range(2)]
        # One reads, the other one stands in line.
        _until(lambda: host in dict(web.asked) and pages._lanes._lanes[host].waiting == 1)
        delays = []
        for _ in range(3):
            began = time.monotonic()
            away = failure(pages, f"http://{host}/more")
            assert time.monotonic() - began < 30, "it did not stand in line"
            assert (away.error_class, away.transient) == ("page_timeout", True)
            delays.append(away.delay_s or 0.0)
        assert pages.read(f"http://{quick}").title == "A harmless page"
        released.set()
        assert [read.result().title for read in reading] == ["A harmless page"] * 2
    assert delays == sorted(delays)
    assert delays[0] < delays[1] < delays[2]


def test_waiting_in_line_is_bounded(web: Web, pages_in: Readers) -> None:
    released = threading.Event()

    def slow(exchange: Exchange) -> None:
        released.wait(60)
        exchange.answer(PAGE)

    host = web.site("slow", slow)
    pages = pages_in(deadline_s=60.0, host_wait_s=0.1)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(pages.read, f"http://{host}")
        _until(lambda: bool(web.connected))
        began = time.monotonic()
        assert failure(pages, f"http://{host}/other").delay_s is not None
        assert 0.08 < time.monotonic() - began < 30
        released.set()
        assert reading.result().title == "A harmless page"


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
