"""Small sites that mean no harm, put together from a few pages, and how a failure is asked for."""

from __future__ import annotations

import pytest

from backend.adapters.pages.web_pages import WebPages
from backend.errors import RowFailed
from tests.pages.hostile_sites import PAGE
from tests.pages.web import Exchange, Site, with_robots

#: A home page that says too little by itself.
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
