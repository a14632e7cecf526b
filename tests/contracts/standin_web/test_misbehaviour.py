"""Sites that do not answer as they should, by host, by count and by chance."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.contracts.standin_web.asking import Web

HOSTS = [f"site-{number}.example" for number in range(40)]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("not_found", 404),
        ("server_error", 500),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("rate_limited", 429),
    ],
)
def test_statuses(fault: str, status: int, web: Web) -> None:
    web.fails({"fault": fault, "hosts": ["www.acme.example"], "retry_after_s": 3})
    answer = web.get("acme.example")
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("3" if status == 429 else None)
    assert web.get("other.example").status_code == 200
    assert web.get("acme.example", "/robots.txt").status_code == 200


def test_redirects_lead_to_the_right_address_once(web: Web) -> None:
    web.fails(
        {"fault": "redirect_www", "hosts": ["a.example"]}, {"fault": "redirect_https", "hosts": ["b.example"]}
    )
    answer = web.get("a.example", "/about?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, "http://www.a.example/about?x=1")
    assert web.get("www.a.example", "/about?x=1").status_code == 200
    assert web.get("b.example").headers["Location"] == "https://b.example/"
    over_tls = web.http.get(
        f"{web.url}/", headers={"Host": "b.example", "X-Forwarded-Proto": "https"}, timeout=5
    )
    assert over_tls.status_code == 200


def test_a_circle_of_redirects_never_ends(web: Web) -> None:
    web.fails({"fault": "redirect_loop"})
    path = "/"
    for turn in range(1, 8):
        location = web.get("a.example", path).headers["Location"]
        assert location == f"http://a.example/?turn={turn}"
        path = location.removeprefix("http://a.example")


def test_a_slow_site_is_slow_and_holds_up_no_other(web: Web) -> None:
    web.fails({"fault": "slow", "hosts": ["slow.example"], "delay_ms": 3000})
    with ThreadPoolExecutor(2) as pool:
        began = time.monotonic()
        slow = pool.submit(requests.get, f"{web.url}/", headers={"Host": "slow.example"}, timeout=60)
        assert web.get("fast.example").status_code == 200
        assert not slow.done()
        assert slow.result().status_code == 200
    assert time.monotonic() - began >= 3


def test_a_drip_outlives_a_timeout_per_read(web: Web) -> None:
    """Source: FACTS, Websites: `timeout=` is per read, so a drip never ends by itself."""
    web.fails({"fault": "drip", "delay_ms": 1000})
    began = time.monotonic()
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        web.get("a.example", timeout=0.4)
    assert time.monotonic() - began > 0.9


def test_a_site_that_never_answers_waits_for_the_client_to_leave(web: Web) -> None:
    web.fails({"fault": "timeout"})
    with pytest.raises(requests.Timeout):
        web.get("a.example", timeout=0.2)
    deadline = time.monotonic() + 3
    while not (entries := web.ledger()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert entries[0]["ended"] - entries[0]["began"] < 2


def test_a_connection_that_ends_at_once(web: Web) -> None:
    web.fails({"fault": "cut"})
    with pytest.raises(requests.ConnectionError):
        web.get("a.example")


def test_pages_that_are_none(web: Web) -> None:
    web.fails(
        {"fault": "not_html", "hosts": ["pdf.example"]},
        {"fault": "empty", "hosts": ["empty.example"]},
        {"fault": "huge", "hosts": ["huge.example"], "size_kb": 1500},
    )
    assert web.get("pdf.example").headers["Content-Type"] == "application/pdf"
    empty = web.get("empty.example")
    assert (empty.status_code, empty.content) == (200, b"")
    assert len(web.get("huge.example").content) > 1_400_000


def test_robots_may_forbid_everything(web: Web) -> None:
    web.fails({"fault": "robots_disallow", "hosts": ["a.example"]})
    assert "Disallow: /\n" in web.get("a.example", "/robots.txt").text
    assert web.get("a.example").status_code == 200
    assert "Disallow: /\n" not in web.get("b.example", "/robots.txt").text


def test_robots_may_fail_where_the_rule_names_it(web: Web) -> None:
    web.fails({"fault": "server_error", "paths": ["/robots.txt"]})
    assert web.get("a.example", "/robots.txt").status_code == 500
    assert web.get("a.example").status_code == 200


@pytest.mark.parametrize(
    ("charset", "name", "declared_in"),
    [
        ("cp1252", "Grüße & Söhne – „Köln“", "header"),
        ("cp1252", "Grüße & Söhne", "page"),
        ("shift_jis", "日本製作所", "header"),
        ("shift_jis", "日本製作所", "nowhere"),
    ],
)
def test_charsets(charset: str, name: str, declared_in: str, web: Web) -> None:
    web.knows({"website": "a.example", "name": name, "description": f"{name} 製造 makes things."})
    web.fails({"fault": "charset", "charset": charset, "declared_in": declared_in})
    answer = web.get("a.example")
    assert ("charset=" + charset in answer.headers["Content-Type"]) == (declared_in == "header")
    assert (f'<meta charset="{charset}">'.encode() in answer.content) == (declared_in == "page")
    escaped = name.replace("&", "&amp;")
    assert f"<h1>{escaped}</h1>" in answer.content.decode(charset)


def test_the_next_requests_fail_and_then_no_more(web: Web) -> None:
    web.fails({"fault": "server_error", "next": 2})
    assert [web.get("a.example").status_code for _ in range(3)] == [500, 500, 200]


def test_chance_repeats_whatever_the_order(web: Web) -> None:
    rule = {"fault": "not_found", "probability": 0.4}
    web.fails(rule, seed=2)
    forwards = {host: web.get(host).status_code for host in HOSTS}
    assert 5 < list(forwards.values()).count(404) < 30
    web.fails(rule, seed=2)
    assert {host: web.get(host).status_code for host in reversed(HOSTS)} == forwards
    web.fails(rule, seed=3)
    assert {host: web.get(host).status_code for host in HOSTS} != forwards


@pytest.mark.parametrize(
    "rule",
    [{"fault": "sulks"}, {"fault": "slow", "next": 1, "probability": 1}, {"fault": "slow", "colour": "red"}],
)
def test_a_rule_that_says_nothing_clear_is_refused(rule: dict[str, Any], web: Web) -> None:
    answer = web.http.put(f"{web.url}/_standin/faults", json={"rules": [rule]})
    assert answer.status_code == 422


def test_the_ledger_proves_how_polite_a_client_was(start: Callable[..., Web]) -> None:
    web = start(latency_ms=150)

    def fetch(host: str) -> int:
        headers = {"Host": host, "User-Agent": "Rowmill test"}
        return requests.get(f"{web.url}/about", headers=headers, timeout=5).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(fetch, ["a.example", "www.a.example", "b.example"])) == [200] * 3
    told = web.status()
    assert (told["hosts"], told["max_at_once_per_host"], told["in_flight"]) == (2, 2, 0)
    entries = web.ledger()
    assert sorted(entry["host"] for entry in entries) == ["a.example", "b.example", "www.a.example"]
    assert {entry["path"] for entry in entries} == {"/about"}
    assert {entry["user_agent"] for entry in entries} == {"Rowmill test"}
    assert all(entry["status"] == 200 and entry["ended"] - entry["began"] > 0.14 for entry in entries)
