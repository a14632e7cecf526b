"""What a page says: title, description, Open Graph, JSON-LD Organization, headings, body.

BeautifulSoup on lxml, after `skimming`. Runs in the parser's processes alone: a page decides how long
this takes.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin

from bs4 import BeautifulSoup, Tag

from backend.adapters.pages.charset import to_text
from backend.adapters.pages.linked_data import organisation
from backend.adapters.pages.skimming import Skimmed, skim
from backend.domain.page import Reading, clean_text, trim

#: Body text that is parsed for each character that the model may see: repeated lines fall away later.
BODY_FACTOR = 2
#: Headings of a page that are looked at.
HEADINGS = 30
#: Addresses that are handed back for "more about the company".
FURTHER = 3

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8}){0,3}")
_REFRESH = re.compile(r"""(?i)\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']{1,300})""")
#: Seconds after which a page that sends its readers on does so to be read first.
_REFRESH_WITHIN_S = 10
_ABOUT_TEXT = re.compile(
    r"(?i)^\W*(?:about(?: us| the company| \w+)?|who we are|our (?:story|company|firm)|company(?: profile)?"
    r"|(?:wir )?über uns|unternehmen|(?:à|a) propos(?: de nous)?|qui sommes[- ]nous|l.entreprise"
    r"|sobre (?:nosotros|nós|a empresa)|quiénes somos|quem somos|la empresa|chi siamo|azienda|over ons"
    r"|om (?:oss|os)|o n[aá]s|hakkımızda|о (?:компании|нас)|من نحن|عن الشركة|会社概要|会社案内|企業情報"
    r"|关于我们|關於我們|회사소개)\W*$"
)
_ABOUT_PATH = re.compile(
    r"(?i)(?:^|/)(?:about|about[-_]?us|about[-_]the[-_]company|company|who[-_]we[-_]are|our[-_]story|ueber[-_]?uns|ueberuns"
    r"|unternehmen|a[-_]propos|qui[-_]sommes[-_]nous|sobre[-_]nosotros|quienes[-_]somos|quem[-_]somos|chi[-_]siamo"
    r"|azienda|over[-_]ons|om[-_]oss?|o[-_]nas|hakkimizda|profile|corporate)(?:\.\w{2,5})?/?(?:$|[?#])"
)


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
    scripts = [str(script.string or "") for script in soup.find_all("script")]
    for script in soup.find_all("script"):
        script.decompose()
    return Reading(
        title=title,
        description=_clean(metas.get("description", "")),
        open_graph=_open_graph(metas),
        site_name=_clean(metas.get("og:site_name") or metas.get("application-name", "")),
        organisation=_clean(organisation(scripts)),
        headings=_headings(soup),
        body=_body(soup),
        language=_language(soup, metas),
        further=_further(skimmed, metas),
    )


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


def _body(soup: BeautifulSoup) -> str:
    return clean_text(soup.body.get_text("\n")) if soup.body is not None else ""


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


def _further(skimmed: Skimmed, metas: dict[str, str]) -> tuple[str, ...]:
    found = []
    refresh = _REFRESH.match(metas.get("refresh", ""))
    if refresh is not None and int(refresh[1]) <= _REFRESH_WITHIN_S:
        found.append(refresh[2].strip())
    frames = [href for href, text in skimmed.links if not text and _names_content(href)]
    by_text = [href for href, text in skimmed.links if len(text) <= 40 and _ABOUT_TEXT.match(text.strip())]
    by_path = [href for href, _ in skimmed.links if _ABOUT_PATH.search(unquote(href))]
    found += dict.fromkeys(frames + by_path + by_text)
    try:
        return tuple(urljoin(skimmed.base, href) for href in found[:FURTHER])
    except ValueError:  # a base that is no address
        return tuple(found[:FURTHER])


def _names_content(src: str) -> bool:
    return re.search(r"(?i)main|content|home|start|body|inhalt|right", src) is not None
