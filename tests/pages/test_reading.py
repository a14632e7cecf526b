"""Reading websites that mean no harm: schemes, redirects, robots.txt, manners, the second page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.errors import Misconfigured, RowFailed, TryLater
from tests.pages.hostile_sites import PAGE
from tests.pages.web import Exchange, Site, Web, with_robots

Readers = Callable[..., WebPages]

LITTLE = "<html lang=en><title>Home</title><h1>Harrow and Pell, Solicitors</h1><a href=/about>About us</a>"


def failure(pages: WebPages, website: str) -> RowFailed:
    with pytest.raises(RowFailed) as caught:
        pages.read(website)
    return caught.value


def redirecting(where: str, status: str = "301 Moved") -> Site:
    return lambda exchange: exchange.answer("", status, headers=[f"Location: {where}"])


def by_path(**answers: str) -> Site:
    """A site from paths (`home` is `/`, `robots` its robots.txt) to pages; others are not found."""
    pages = {"/": answers.pop("home", PAGE), "/robots.txt": answers.pop("robots", "")}
    pages |= {f"/{path}": page for path, page in answers.items()}

    def site(exchange: Exchange) -> None:
        if exchange.path in pages:
            exchange.answer(pages[exchange.path])
        else:
            exchange.answer("gone", "404 Not Found")

    return with_robots(site)


# ── schemes and redirects ──


def test_https_is_tried_first(web: Web, pages_in: Readers) -> None:
    page = pages_in().read(web.site("shop", PAGE))
    assert page.final_url == "https://shop.web.example/"
    assert page.title == "A harmless page"
    assert {port for _, port in web.connected} == {443}


def test_http_serves_where_https_does_not_answer(web: Web, pages_in: Readers) -> None:
    web.https = False
    page = pages_in().read(web.site("shop", PAGE))
    assert (page.requested_url, page.final_url) == ("https://shop.web.example/", "http://shop.web.example/")


def test_https_serves_where_http_was_typed_and_does_not_answer(web: Web, pages_in: Readers) -> None:
    web.http = False
    assert pages_in().read(f"http://{web.site('shop', PAGE)}").final_url == "https://shop.web.example/"


def test_nobody_answers(web: Web, pages_in: Readers) -> None:
    web.http = web.https = False
    error = failure(pages_in(), web.site("shop", PAGE))
    assert (error.error_class, error.transient) == ("page_unreachable", True)


def test_http_serves_where_the_certificate_is_bad_and_no_scheme_was_typed(
    web: Web, pages_in: Readers
) -> None:
    host = web.site("cert-expired", PAGE)
    assert pages_in().read(host).final_url == f"http://{host}/"
    assert failure(pages_in(), f"https://{host}").error_class == "page_bad_tls"


def test_a_redirect_is_followed_to_the_final_address(web: Web, pages_in: Readers) -> None:
    web.site("www.web.example", PAGE)
    page = pages_in().read(f"http://{web.site('old', redirecting('http://www.web.example/en/'))}")
    assert (page.final_url, page.pages_read) == (
        "http://www.web.example/en/",
        ("http://www.web.example/en/",),
    )


def test_four_redirects_are_followed_and_a_fifth_is_not(web: Web, pages_in: Readers) -> None:
    def steps(count: int) -> Site:
        def site(exchange: Exchange) -> None:
            step = int(exchange.path.strip("/") or 0)
            if step < count:
                redirecting(f"/{step + 1}", "302 Found")(exchange)
            else:
                exchange.answer(PAGE)

        return site

    assert pages_in().read(web.site("four", steps(4))).final_url == "https://four.web.example/4"
    assert failure(pages_in(), web.site("five", steps(5))).error_class == "page_http_error"


def test_a_redirect_with_a_big_body_is_not_read(web: Web, pages_in: Readers) -> None:
    def site(exchange: Exchange) -> None:
        if exchange.path == "/":
            exchange.answer("x" * 900_000, "301 Moved", headers=["Location: /here"])
        else:
            exchange.answer(PAGE)

    assert pages_in().read(web.site("heavy", site)).final_url.endswith("/here")


def test_the_name_in_host_and_certificate_stays_the_hosts(web: Web, pages_in: Readers) -> None:
    seen: list[str] = []

    def site(exchange: Exchange) -> None:
        seen.append(exchange.headers["host"])
        exchange.answer(PAGE)

    host = web.site("name", site)
    pages_in().read(host)
    assert seen == [host]


def test_a_name_is_looked_up_once_a_visit_and_one_connection_serves_robots_and_page(
    web: Web, pages_in: Readers
) -> None:
    host = web.site("shop", PAGE)
    pages_in().read(host)
    assert web.looked_up == [host]
    assert len(web.connected) == 1
    assert web.paths(host) == ["/robots.txt", "/"]


def test_a_connection_that_was_closed_between_two_requests_is_dialled_again(
    web: Web, pages_in: Readers
) -> None:
    def site(exchange: Exchange) -> None:
        if exchange.path == "/robots.txt":
            exchange.answer("", content_type="text/plain")
            exchange.wire.shutdown(2)
        else:
            exchange.answer(PAGE)

    pages_in().read(f"http://{web.site('closing', with_robots(site))}")
    assert len(web.connected) == 2


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


def test_a_crawl_delay_widens_the_gap(web: Web, pages_in: Readers) -> None:
    host = web.site("patient", by_path(robots="User-agent: *\nCrawl-delay: 5\n"))
    pages = pages_in(host_wait_s=0.05)
    pages.read(host)
    with pytest.raises(TryLater) as caught:
        pages.read(host)
    assert caught.value.delay_s > 4


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


@pytest.mark.parametrize("given", ["7", "in 7 seconds"])
def test_a_site_that_asks_for_fewer_requests_is_left_alone(web: Web, pages_in: Readers, given: str) -> None:
    headers = ["Retry-After: 7"]
    if given != "7":
        headers = ["Date: Mon, 01 Jan 2024 10:00:00 GMT", "Retry-After: Mon, 01 Jan 2024 10:00:07 GMT"]
    host = web.site("busy", lambda exchange: exchange.answer("", "429 Too Many", headers=headers))
    pages = pages_in()
    first = failure(pages, host)
    assert (first.error_class, first.transient, first.delay_s) == ("page_blocked", True, 7.0)
    asked = len(web.asked)
    again = failure(pages, host)
    assert again.error_class == "page_blocked"
    assert again.delay_s is not None
    assert 6 < again.delay_s <= 7
    assert len(web.asked) == asked


def test_a_host_that_is_down_is_not_tried_for_every_row(web: Web, pages_in: Readers) -> None:
    web.http = web.https = False
    host = web.site("down", PAGE)
    pages = pages_in(host_rest_s=5.0)
    assert failure(pages, host).delay_s == 5.0
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
        released.wait(5)
        exchange.answer(PAGE)

    host = web.site("slow", slow)
    quick = web.site("quick", PAGE)
    pages = pages_in(deadline_s=5.0, host_wait_s=3.0, host_waiters=1)
    with ThreadPoolExecutor(2) as threads:
        reading = [threads.submit(pages.read, f"http://{host}/{number}") for number in range(2)]
        deadline = time.monotonic() + 3
        while host not in dict(web.asked) and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05)  # the second reader joins the line
        delays = []
        for _ in range(3):
            began = time.monotonic()
            with pytest.raises(TryLater) as caught:
                pages.read(f"http://{host}/more")
            assert time.monotonic() - began < 0.1
            delays.append(caught.value.delay_s)
        assert pages.read(f"http://{quick}").title == "A harmless page"
        released.set()
        assert [read.result().title for read in reading] == ["A harmless page"] * 2
    assert delays == sorted(delays)
    assert delays[0] < delays[1] < delays[2]


def test_waiting_in_line_is_bounded(web: Web, pages_in: Readers) -> None:
    host = web.site("slow", lambda exchange: time.sleep(0.5))
    pages = pages_in(deadline_s=0.5, host_wait_s=0.1)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(pages.read, f"http://{host}")
        while not web.connected:
            time.sleep(0.005)
        began = time.monotonic()
        with pytest.raises(TryLater):
            pages.read(f"http://{host}/other")
        assert 0.08 < time.monotonic() - began < 0.4
        assert reading.exception() is not None


# ── the second page ──


def test_a_home_page_that_says_little_is_followed_by_the_about_page(web: Web, pages_in: Readers) -> None:
    host = web.site("law", by_path(home=LITTLE, about="<p>Advising families in Shrewsbury since 1928."))
    page = pages_in().read(host)
    assert page.pages_read == (f"https://{host}/", f"https://{host}/about")
    assert "Advising families in Shrewsbury" in page.text
    assert page.final_url == f"https://{host}/"


def test_a_home_page_that_says_enough_is_read_alone(web: Web, pages_in: Readers) -> None:
    host = web.site("enough", by_path(home=PAGE + "<a href=/about>About us</a>", about="<p>More"))
    assert pages_in().read(host).pages_read == (f"https://{host}/",)
    assert "/about" not in web.paths(host)


@pytest.mark.parametrize(
    "about",
    ["https://elsewhere.web.example/about", "http://127.0.0.1/about", "javascript:about()", "/missing/about"],
)
def test_an_about_page_that_cannot_be_read_takes_nothing_from_the_home_page(
    web: Web, pages_in: Readers, about: str
) -> None:
    web.site("elsewhere", PAGE)
    host = web.site("law", by_path(home=LITTLE.replace("/about", about)))
    page = pages_in().read(host)
    assert page.pages_read == (f"https://{host}/",)
    assert "elsewhere.web.example" not in dict(web.asked)


def test_an_about_page_that_robots_txt_closes_is_not_read(web: Web, pages_in: Readers) -> None:
    rules = "User-agent: *\nDisallow: /about"
    host = web.site("law", by_path(home=LITTLE, about="<p>Secret", robots=rules))
    assert "Secret" not in pages_in().read(host).text
    assert "/about" not in web.paths(host)


# ── the stand-in web ──


def test_every_host_goes_to_the_local_server_over_plain_http(web: Web, pages_in: Readers) -> None:
    web.site("acme.com", by_path(home=LITTLE, about="<p>Since 1928."))
    local = web.plain_port
    pages = pages_in(route_all_to=("127.0.0.1", local))
    web.routed_to = local
    page = pages.read("https://acme.com")
    assert page.final_url == "https://acme.com/"
    assert page.pages_read == ("https://acme.com/", "https://acme.com/about")
    assert web.looked_up == []
    assert failure(pages, "http://localhost/").error_class == "page_refused"
    assert failure(pages, "http://acme.com:8080/").error_class == "page_refused"


@pytest.mark.parametrize(
    ("target", "environ"),
    [
        (("10.0.0.1", 80), {}),
        (("localhost", 80), {}),
        (("127.0.0.2", 80), {}),
        (("127.0.0.1", 80), {"K_SERVICE": "rowmill-worker"}),
        (("127.0.0.1", 80), {"ROLE": "worker"}),
    ],
)
def test_the_stand_in_web_is_refused_where_it_could_be_taken_for_the_real_one(
    target: tuple[str, int], environ: dict[str, str]
) -> None:
    with pytest.raises(Misconfigured):
        WebPages(PagesSettings(route_all_to=target), environ=environ)


def test_settings_that_make_no_sense_are_all_named() -> None:
    with pytest.raises(Misconfigured) as caught:
        WebPages(PagesSettings(contact="a\nb", max_bytes=0), environ={})
    assert len(caught.value.problems) == 2


# ── the parsers ──


def test_a_parser_that_dies_costs_one_page_and_is_replaced(web: Web, pages_in: Readers) -> None:
    host = web.site("shop", PAGE)
    pages = pages_in()
    pages.read(host)
    pages._parsers._free[0]._process.kill()
    pages._parsers._free[0]._process.wait()
    assert pages.read(f"{host}/again").title == "A harmless page"


def test_reading_after_the_end_says_so(web: Web, pages_in: Readers) -> None:
    pages = pages_in()
    pages.close()
    assert failure(pages, web.site("shop", PAGE)).transient


def test_many_threads_read_many_sites(web: Web, pages_in: Readers) -> None:
    pages = pages_in(parse_processes=2, deadline_s=5.0)
    hosts = [
        web.site(f"site-{number}", PAGE.replace("harmless", f"harmless {number}")) for number in range(60)
    ]
    with ThreadPoolExecutor(30) as threads:
        titles = [page.title for page in threads.map(lambda host: pages.read(f"http://{host}"), hosts)]
    assert titles == [f"A harmless {number} page" for number in range(60)]
