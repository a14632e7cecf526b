"""Saved pages and what reading them must give: `cases/<name>.html` with `cases/<name>.json`.

Adding a case needs no code. The JSON holds
  shows           one sentence: why the case is here
  headers         of the answer; a missing Content-Type is a case too
  other_pages     path → file, for what the page leads to
  grown_to_bytes  the page is served with blanks behind it, up to this size
  expect          title, language, pages_read (paths), text (line by line); or `error`, a class of failure
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.adapters.pages.settings import PagesSettings
from backend.adapters.pages.web_pages import WebPages
from backend.domain.website import address_of
from backend.errors import RowFailed
from tests.pages.web import Exchange, Web

FOLDER = Path(__file__).parent / "cases"
CASES = sorted(file.stem for file in FOLDER.glob("*.json"))


def put_up(web: Web, name: str, case: dict[str, Any]) -> str:
    """The case as a site; gives its host."""
    body = (FOLDER / f"{name}.html").read_bytes()
    pages = {"/": body.ljust(case.get("grown_to_bytes", 0))}
    pages |= {path: (FOLDER / file).read_bytes() for path, file in case.get("other_pages", {}).items()}
    headers = [f"{header}: {value}" for header, value in case["headers"].items()]

    def site(exchange: Exchange) -> None:
        if exchange.path in pages:
            exchange.answer(pages[exchange.path], content_type=None, headers=headers)
        else:
            exchange.answer("Not here", status="404 Not Found")

    return web.site(name, site)


def outcome(pages: WebPages, host: str) -> dict[str, Any]:
    """What was read, in the shape of a case's `expect`."""
    try:
        page = pages.read(f"http://{host}/")
    except RowFailed as failure:
        return {"error": failure.error_class}
    return {
        "title": page.title,
        "language": page.language,
        "pages_read": [address_of(url).target for url in page.pages_read],
        "text": page.text.split("\n"),
    }


@pytest.fixture(scope="module")
def reader(certificates: Path) -> Iterator[Callable[[str, dict[str, Any]], dict[str, Any]]]:
    settings = PagesSettings(per_host_gap_s=0, parse_processes=1)
    with Web(certificates).running() as web:
        pages = WebPages(settings, environ={}, resolver=web.resolve, connector=web.connect)
        yield lambda name, case: outcome(pages, put_up(web, name, case))
        pages.close()


@pytest.mark.parametrize("name", CASES)
def test_a_saved_page_gives_what_its_case_expects(
    reader: Callable[[str, dict[str, Any]], dict[str, Any]], name: str
) -> None:
    case = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert reader(name, case) == case["expect"]


def test_every_saved_page_belongs_to_a_case() -> None:
    served = {f"{name}.html" for name in CASES}
    for name in CASES:
        case = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        served |= set(case.get("other_pages", {}).values())
    assert {file.name for file in FOLDER.glob("*.html")} == served
