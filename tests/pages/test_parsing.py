"""Parsing by itself: what a parser's process keeps of the pages it has read, and odd markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.adapters.pages.parsing import parse
from backend.domain.page import Reading
from backend.local.web import pages
from backend.local.web.companies import Company

ACME = Company("Acme", "Acme sells tools. It has forty shops. It also mends what it sells.", "tools, paint")


def read(html: str) -> Reading:
    return parse(html.encode(), "text/html; charset=utf-8", 3000)


def test_a_parser_holds_nothing_of_the_pages_that_it_has_read() -> None:
    page = pages.home(ACME, "acme.com", 150 * 1024)
    for _ in range(20):
        parse(page, "text/html", 3000)
    before = _held_kb()
    for _ in range(150):
        parse(page, "text/html", 3000)
    assert _held_kb() - before < 8 * 1024, "not even a twentieth of the pages themselves"


@pytest.mark.parametrize(
    ("html", "headings"),
    [
        (
            "<body><div><h1>One <b>and a</b> half</h1></div><h2>Two</h2><h3>Three</h3>",
            ("One and a half", "Two"),
        ),
        ("<body><h1>Outer<h2>Inner</h2></h1>", ("Outer", "Inner")),
        ("<body><nav><h2>Menu</h2></nav><div hidden><h2>Hidden</h2></div><h1>Seen</h1>", ("Seen",)),
    ],
)
def test_headings_are_those_that_readers_see(html: str, headings: tuple[str, ...]) -> None:
    assert read(html).headings == headings


def test_a_title_and_meta_tags_that_stand_in_the_body_are_found() -> None:
    reading = read(
        "<body><p>Words</p><title>Acme</title><meta name=description content='Sells tools.'></body>"
    )
    assert (reading.title, reading.description) == ("Acme", "Sells tools.")


def test_links_are_looked_for_where_the_page_says_little_and_nowhere_else() -> None:
    link = "<a href=/about>About us</a>"
    assert read(f"<body>{link}").further == ("/about",)
    assert read(f"<body>{link}<p>{'Many words. ' * 60}").further == ()


def _held_kb() -> int:
    """Memory of this process that no other shares."""
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss_Anon"))
