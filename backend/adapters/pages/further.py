"""Where a page itself points to for more about the company: a frame, a refresh, its "about" page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote, urljoin

from lxml import etree

from backend.adapters.pages.skimming import tree

#: Addresses that are given back.
FURTHER = 3
#: Links that are looked at.
LINKS = 600
#: Characters of a link's address that are looked at, and of its text.
LINK_CHARS = 300
LABEL_CHARS = 40
#: Pieces of a link's text that are put together.
PIECES = 20

_REFRESH = re.compile(r"""(?i)\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']{1,300})""")
#: Seconds after which a page that sends its readers on does so to be read first.
_REFRESH_WITHIN_S = 10
_CONTENT = re.compile(r"(?i)main|content|home|start|body|inhalt|right")
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


def further(html: str, refresh: str) -> tuple[str, ...]:
    """Up to `FURTHER` addresses, the best first; `refresh` is the content of that meta tag."""
    root = tree(html)
    if root is None:
        return ()
    found = []
    sent_on = _REFRESH.match(refresh)
    if sent_on is not None and int(sent_on[1]) <= _REFRESH_WITHIN_S:
        found.append(sent_on[2].strip())
    links = list(_links(root))
    frames = [frame.get("src", "") for frame in root.iter("frame")]
    by_path = [href for href, _ in links if _ABOUT_PATH.search(unquote(href))]
    by_text = [href for href, label in links if _ABOUT_TEXT.match(label)]
    found += dict.fromkeys([*filter(_CONTENT.search, frames), *by_path, *by_text])
    base = next((element.get("href", "") for element in root.iter("base")), "")
    try:
        return tuple(urljoin(base, href) for href in found[:FURTHER])
    except ValueError:  # a base that is no address
        return tuple(found[:FURTHER])


def _links(root: etree._Element) -> Iterator[tuple[str, str]]:
    """(href, text) in the order of the page; a text that is too long for a label is left out."""
    for anchor in islice(root.iter("a"), LINKS):
        href = anchor.get("href")
        if href:
            label = "".join(map(str, islice(anchor.itertext(), PIECES))).strip()
            yield href[:LINK_CHARS], label if len(label) <= LABEL_CHARS else ""
