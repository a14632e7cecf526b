"""Addresses as people type them, and where a redirect may lead."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.website import Address, address_of, follow, page_host, page_key, same_site
from backend.errors import RowFailed

USABLE = {
    "acme.com": "https://acme.com/",
    "www.acme.com/": "https://www.acme.com/",
    "HTTP://Acme.com": "http://acme.com/",
    "  acme.com  ": "https://acme.com/",
    "https:// acme.com": "https://acme.com/",
    "www. acme.com": "https://www.acme.com/",
    "acme .com": "https://acme.com/",
    "acme.com.": "https://acme.com/",
    "https:/acme.com/x": "https://acme.com/x",
    "http//acme.com": "http://acme.com/",
    "http:acme.com": "http://acme.com/",
    "http:\\\\acme.com\\about": "http://acme.com/about",
    "http://https://acme.com": "https://acme.com/",
    "//acme.com/shop": "https://acme.com/shop",
    "acme.com:443": "https://acme.com/",
    "http://acme.com:80/": "http://acme.com/",
    "https://acme.com/Über uns": "https://acme.com/%C3%9Cber",
    "https://acme.com/a%20b?q=ü#part": "https://acme.com/a%20b?q=%C3%BC",
    "acme.com?ref=sheet": "https://acme.com/?ref=sheet",
    "(https://en.example.org/wiki/Acme_(firm))": "https://en.example.org/wiki/Acme_(firm)",
    "Website: acme.com": "https://acme.com/",
    "acme.com, acme.de": "https://acme.com/",
    "acme.com,acme.de": "https://acme.com/",
    "acme.com/a,b": "https://acme.com/a,b",
    "acme.com; acme.de": "https://acme.com/",
    "acme.com\nacme.de": "https://acme.com/",
    "info@acme.com | acme.com": "https://acme.com/",
    "n/a, acme.com": "https://acme.com/",
    "Acme Inc (acme.com)": "https://acme.com/",
    "<https://acme.com>": "https://acme.com/",
    "[Acme](https://acme.com/en)": "https://acme.com/en",
    "“acme.com”": "https://acme.com/",
    "münchen.example": "https://xn--mnchen-3ya.example/",
    "straße.de": "https://xn--strae-oqa.de/",
    "例え.テスト": "https://xn--r8jz45g.xn--zckzah/",
    "ａｃｍｅ．ｃｏｍ": "https://acme.com/",
    "acme。com": "https://acme.com/",
    "ac\u200bme.com": "https://acme.com/",
    "\u202eacme.com": "https://acme.com/",
    "93.184.215.14": "https://93.184.215.14/",
    "http://localhost, acme.com": "https://acme.com/",
}

UNUSABLE = {
    "": "page_none",
    " \u200b\n": "page_none",
    "n/a": "page_bad_url",
    "N/A": "page_bad_url",
    "-": "page_bad_url",
    "none": "page_bad_url",
    "Acme": "page_bad_url",
    "Acme Inc.": "page_bad_url",
    "J.P. Morgan": "page_bad_url",
    "call us": "page_bad_url",
    "12.50": "page_refused",
    "info@acme.com": "page_bad_url",
    "mailto:info@acme.com": "page_bad_url",
    "acme..com": "page_bad_url",
    "-acme.com": "page_bad_url",
    "acme.c": "page_bad_url",
    "ac me_.c_m": "page_bad_url",
    "http://127%2e0%2e0%2e1/": "page_bad_url",
    f"{'a' * 64}.com": "page_bad_url",
    f"{'a.' * 130}com": "page_bad_url",
    f"acme.com/{'x' * 2100}": "page_bad_url",
    "ftp://acme.com": "page_refused",
    "file:///etc/passwd": "page_refused",
    "javascript:alert(1)": "page_refused",
    "gopher://acme.com": "page_refused",
    "https://me:secret@acme.com": "page_refused",
    "https://acme.com@127.0.0.1/": "page_refused",
    "acme.com:8080": "page_refused",
    "https://acme.com:22": "page_refused",
    "acme.com:99999999999": "page_refused",
    "localhost": "page_refused",
    "http://localhost/": "page_refused",
    "http://intranet/": "page_refused",
    "db.internal": "page_refused",
    "printer.local": "page_refused",
    "a.b.localhost": "page_refused",
    "metadata.google.internal": "page_refused",
    "http://0177.0.0.1/": "page_refused",
    "http://0x7f.1/": "page_refused",
    "http://0x7f000001/": "page_refused",
    "http://2130706433/": "page_refused",
    "http://127.1/": "page_refused",
    "http://1.2.3.4.5/": "page_refused",
    "http://300.1.2.3/": "page_refused",
    "http://[::1]/": "page_refused",
    "http://[::ffff:127.0.0.1]/": "page_refused",
    "::1": "page_bad_url",
    "http://⑫7.1/": "page_refused",
}


@pytest.mark.parametrize("typed", USABLE)
def test_reads_an_address_as_people_type_it(typed: str) -> None:
    assert address_of(typed).url == USABLE[typed]


@pytest.mark.parametrize("typed", UNUSABLE)
def test_says_why_a_cell_holds_no_usable_address(typed: str) -> None:
    with pytest.raises(RowFailed) as caught:
        address_of(typed)
    assert caught.value.error_class == UNUSABLE[typed]
    assert caught.value.message.endswith(".")
    assert len(caught.value.message) < 200


def test_a_backslash_ends_the_host_as_in_a_browser() -> None:
    assert address_of("https://acme.com\\@127.0.0.1/").url == "https://acme.com/@127.0.0.1/"


def test_unicode_digits_of_loopback_become_the_plain_quad_that_the_address_check_refuses() -> None:
    assert address_of("http://①②⑦.⓪.⓪.①/").host == "127.0.0.1"
    assert address_of("http://１２７。０。０。１/").host == "127.0.0.1"


@pytest.mark.parametrize(
    "spelling",
    [
        "acme.com",
        "https://acme.com/",
        "HTTP://ACME.com",
        "acme.com.",
        " http://acme.com:80/#top",
        "acme.com,x.de",
    ],
)
def test_equal_sites_have_one_key(spelling: str) -> None:
    assert page_key(spelling) == "acme.com"


def test_pages_of_one_host_share_their_turn() -> None:
    assert page_host("http://Acme.com/a") == page_host("acme.com/b?c") == "acme.com"


def test_a_path_makes_another_page() -> None:
    assert page_key("acme.com/Shop?a=1") == "acme.com/Shop?a=1"
    assert page_key("https://acme.com:80/") == "acme.com"


HERE = Address("https", "acme.com", 443, "/en/start")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/about", "https://acme.com/about"),
        ("about", "https://acme.com/en/about"),
        ("//www.acme.com/", "https://www.acme.com/"),
        ("http://acme.com", "http://acme.com/"),
        ("HTTPS://ACME.COM/ü", "https://acme.com/%C3%BC"),
        ("?page=2", "https://acme.com/en/start?page=2"),
        ("\thttps://acme\n.com/", "https://acme.com/"),
    ],
)
def test_follows_a_redirect(location: str, url: str) -> None:
    assert follow(HERE, location).url == url


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost/",
        "http://0x7f.1/",
        "http://[::1]/",
        "//[::1",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://acme.com:8080/",
        "http://user@acme.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ftp://acme.com/",
        "http:///",
    ],
)
def test_refuses_a_redirect_that_must_not_be_followed(location: str) -> None:
    with pytest.raises(RowFailed) as caught:
        follow(HERE, location)
    assert caught.value.error_class == "page_refused"


def test_the_other_scheme_is_known_only_where_no_port_was_typed() -> None:
    other = address_of("acme.com/x").other_scheme()
    assert other is not None
    assert other.url == "http://acme.com/x"
    assert address_of("http://acme.com:443").other_scheme() is None


def test_www_belongs_to_the_same_site() -> None:
    assert same_site(address_of("acme.com"), address_of("www.acme.com/about"))
    assert not same_site(address_of("acme.com"), address_of("shop.acme.com"))


@given(st.text(max_size=60) | st.from_regex(r"(https?://)?[a-zß-ü0-9.:@/\\\[\]%_-]{1,40}", fullmatch=True))
def test_whatever_is_typed_gives_one_spelling_or_a_failure_with_a_class(typed: str) -> None:
    address = _address_or_class(typed)
    if isinstance(address, str):
        assert address in {"page_none", "page_bad_url", "page_refused"}
        return
    assert re.fullmatch(r"https?://[a-z0-9._-]+(:80|:443)?/[!-~]*", address.url)
    again = address_of(address.url)
    assert (again.host, again.port, again.scheme) == (address.host, address.port, address.scheme)


def _address_or_class(typed: str) -> Address | str:
    try:
        return address_of(typed)
    except RowFailed as failure:
        return failure.error_class
