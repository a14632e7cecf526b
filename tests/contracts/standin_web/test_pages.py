"""Sites made of words: what stands on them, how heavy they are, which host gets which."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from backend.local.web.companies import Company, Directory, bare_host, of_host_name
from tests.contracts.standin_web.asking import Web

ROW = {
    "website": "https://www.Brightwater-Plating.example/en?x=1",
    "name": "Brightwater Plating Co., Ltd. <&>",
    "keywords": "Materials, Chemicals",
    "description": "Brightwater Plating Co., Ltd. operates as a surface treatment company in Portugal. "
    "It plates lead frames. It also anodizes housings. The firm was founded in 1987 and is headquartered in "
    'Porto, Portugal. It says "hello </script>".',
}


def soup(page: bytes) -> BeautifulSoup:
    return BeautifulSoup(page, "lxml")


def test_a_page_has_what_real_pages_have(web: Web) -> None:
    web.knows(ROW)
    answer = web.get("brightwater-plating.example")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = soup(answer.content)
    assert page.title is not None
    assert page.title.get_text() == "Brightwater Plating Co., Ltd. <&> | Chemicals"
    description = page.find("meta", attrs={"name": "description"})
    assert "surface treatment" in str(description)
    assert page.find("meta", attrs={"property": "og:site_name"}) is not None
    data = page.find("script", attrs={"type": "application/ld+json"})
    assert data is not None
    organization = json.loads(data.get_text())
    assert organization["@type"] == "Organization"
    assert organization["name"] == ROW["name"]
    header = page.find("header")
    assert header is not None
    assert header.find("h1") is not None
    assert "operates as a surface treatment company" in header.get_text()
    assert page.find("nav") is not None
    assert page.find("footer") is not None
    assert page.find(id="cookie-banner") is not None
    main = page.find("main")
    assert main is not None
    assert "It also anodizes housings." in main.get_text()


def test_the_about_page_tells_the_whole_story(web: Web) -> None:
    web.knows(ROW)
    for path in ("/about", "/about-us/", "/company"):
        page = soup(web.get("www.brightwater-plating.example", path).content)
        assert "headquartered in Porto, Portugal" in page.get_text()
        assert page.title is not None
        assert page.title.get_text().startswith("About us")


def test_a_host_nobody_told_of_gets_a_page_from_its_own_words(web: Web) -> None:
    page = soup(web.get("blue-widgets.co.example").content)
    assert page.title is not None
    assert page.title.get_text().startswith("Blue Widgets")


def test_with_and_without_www_and_port_it_is_the_same_site(web: Web) -> None:
    web.knows(ROW)
    hosts = (
        "brightwater-plating.example",
        "WWW.Brightwater-Plating.EXAMPLE",
        "brightwater-plating.example:80",
    )
    assert len({web.get(host).content for host in hosts}) == 1


def test_other_pages_are_missing(web: Web) -> None:
    answer = web.get("acme.example", "/no/such/page")
    assert answer.status_code == 404
    assert "moved" in answer.text


def test_robots_txt_allows_what_people_may_see(web: Web) -> None:
    answer = web.get("acme.example", "/robots.txt")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "Disallow: /admin/" in answer.text
    assert "Disallow: /\n" not in answer.text


@pytest.mark.parametrize("kilobytes", [10, 40, 150, 600])
def test_pages_weigh_what_was_asked_for(kilobytes: int, start: Callable[..., Web]) -> None:
    body = start(page_kb=kilobytes).get("acme.example").content
    assert len(body) == pytest.approx(kilobytes * 1024, rel=0.03, abs=2500)
    page = soup(body)
    assert len(page.find_all(True)) > kilobytes * 3
    assert body.rstrip().endswith(b"</html>")


def test_pages_are_the_same_whenever_they_are_asked_for(web: Web) -> None:
    assert web.get("acme.example").content == web.get("acme.example").content
    assert web.get("acme.example").content != web.get("other.example").content


def test_companies_come_from_a_file_with_any_of_the_headers(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "\ufeffCountry,WEBSITE,Company Name\nPT,acme.example,Acme Ltd\nPT,,No Site\nPT,n/a,Also None\n",
        "utf-8",
    )
    directory = Directory()
    assert directory.add_file(file) == 1
    assert directory.at("www.acme.example") == Company("Acme Ltd")
    assert directory.at("other.example").name == "Other"


def test_companies_are_forgotten_on_demand(web: Web) -> None:
    web.knows(ROW)
    assert web.status()["companies"] == 1
    web.http.delete(f"{web.url}/_standin/companies")
    assert b"anodizes" not in web.get("brightwater-plating.example").content


def test_anything_but_a_list_of_companies_is_refused(web: Web) -> None:
    assert web.http.post(f"{web.url}/_standin/companies", json={"website": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("acme.example", "acme.example"),
        (" HTTP://www.Acme.example:8080/path?x ", "acme.example"),
        ("https://user:secret@acme.example/", "acme.example"),
        ("acme.example.", "acme.example"),
        ("", ""),
    ],
)
def test_hosts_are_read_off_addresses(address: str, host: str) -> None:
    assert bare_host(address) == host


def test_sentences_are_not_cut_at_legal_forms() -> None:
    company = Company(
        "x", "Acme Co., Ltd. makes soap. It sells Inc. brands! 当社は部品を作ります。本社は東京。"
    )
    assert company.sentences() == [
        "Acme Co., Ltd. makes soap.",
        "It sells Inc. brands!",
        "当社は部品を作ります。",
        "本社は東京。",
    ]
    assert of_host_name("a-b.example").name == "A B"
