"""Reading websites that mean no harm: schemes, redirects, connections, the second page, the stand-in web."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.errors import Misconfigured
from tests.pages.hostile_sites import PAGE
from tests.pages.sites import LITTLE, by_path, failure, redirecting
from tests.pages.web import Exchange, Site, Web, with_robots

Readers = Callable[..., WebPages]

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
    pages = pages_in(parse_processes=2)
    hosts = [
        web.site(f"site-{number}", PAGE.replace("harmless", f"harmless {number}")) for number in range(60)
    ]
    with ThreadPoolExecutor(30) as threads:
        titles = [page.title for page in threads.map(lambda host: pages.read(f"http://{host}"), hosts)]
    assert titles == [f"A harmless {number} page" for number in range(60)]
