"""What a page says: title, description, Open Graph, JSON-LD Organization, headings, body.

lxml takes the body's words out (`skimming`), BeautifulSoup reads the head and the headings. Runs in the
parser's processes alone: a page decides how long this takes.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from backend.adapters.pages.charset import to_text
from backend.adapters.pages.further import further
from backend.adapters.pages.linked_data import organisation
from backend.adapters.pages.skimming import HEADINGS, skim
from backend.domain.page import Reading, clean_text, says_little, trim

#: Body text that is parsed for each character that the model may see: repeated lines fall away later.
BODY_FACTOR = 2

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8}){0,3}")


def parse(body: bytes, content_type: str, max_chars: int) -> Reading:
    """Reads a page; one that holds nothing gives an empty Reading. `content_type` is the header's value."""
    text = to_text(body, content_type)
    if content_type.partition(";")[0].strip().lower() == "text/plain":
        return Reading(body=trim(clean_text(text[: max_chars * BODY_FACTOR]), max_chars))
    skimmed = skim(text, max_chars * BODY_FACTOR)
    if skimmed is None:
        return Reading()
    soup = BeautifulSoup(skimmed.html, "lxml")
    metas = _metas(soup)
    title = _text(soup.title) or _clean(metas.get("og:title", ""))
    reading = Reading(
        title=title,
        description=_clean(metas.get("description", "")),
        open_graph=_open_graph(metas),
        site_name=_clean(metas.get("og:site_name") or metas.get("application-name", "")),
        organisation=_clean(organisation(skimmed.linked_data)),
        headings=_headings(soup),
        body=clean_text(skimmed.text),
        language=_language(soup, metas),
    )
    if says_little(reading):  # few pages do: only they are gone through for links
        return replace(reading, further=further(text, metas.get("refresh", "")))
    return reading


def _metas(soup: BeautifulSoup) -> dict[str, str]:
    """Every meta tag's content by its lower-case name, property or http-equiv; the first one counts."""
    found: dict[str, str] = {}
    for meta in soup.find_all("meta", limit=200):
        content = _attribute(meta, "content").strip()
        if content:
            for key in ("name", "property", "http-equiv"):
                name = _attribute(meta, key).strip().lower()
                if name:
                    found.setdefault(name, content[:2000])
    return found


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else ""


def _clean(text: str) -> str:
    return clean_text(text[:4000]).replace("\n", " ")


def _text(tag: Tag | None) -> str:
    return _clean(tag.get_text(" ")) if tag is not None else ""


def _headings(soup: BeautifulSoup) -> tuple[str, ...]:
    return tuple(text for tag in soup.find_all(["h1", "h2"], limit=HEADINGS) if (text := _text(tag)))


def _open_graph(metas: dict[str, str]) -> str:
    """What the page says of itself when it is shared, where that is more than its title and description."""
    shared = (_clean(metas.get("og:title", "")), _clean(metas.get("og:description", "")))
    return " – ".join(dict.fromkeys(text for text in shared if text))


def _language(soup: BeautifulSoup, metas: dict[str, str]) -> str:
    declared = _attribute(soup.html, "lang") if soup.html is not None else ""
    for candidate in (declared, metas.get("content-language", ""), metas.get("og:locale", "")):
        if _LANGUAGE.fullmatch(candidate.strip()):
            return candidate.strip().replace("_", "-")
    return ""
