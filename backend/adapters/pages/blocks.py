"""Which blocks of a page are no content: navigation, consent banners, what is hidden from readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from lxml import etree

#: Pieces of text that decide whether a block is made of links.
PIECES = 500
#: Characters of a block's class, and of its id, that are looked at.
NAME_CHARS = 300
#: Names whose meaning is remembered: those of one page repeat by the hundred.
NAMES = 4096
#: Text of a block from which on it is content, whatever its name says.
BANNER_CHARS = 1500

_BLOCKS = (
    *("div", "section", "aside", "ul", "ol", "li", "form", "p", "span", "a", "table", "td", "header"),
    "footer",
)
_AWAY_ROLES = frozenset(("navigation", "menu", "menubar", "search", "dialog", "alertdialog"))
_HIDDEN_STYLE = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])")
_NAVIGATION = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|skip|sitemap)(?:[\s_-]|$)", re.IGNORECASE
)
_CONSENT = re.compile(
    r"cookie|consent|gdpr|onetrust|usercentrics|didomi|ccpa|truste|(?:^|[\s_-])cmp(?:[\s_-]|$)",
    re.IGNORECASE,
)
_ASKS_CONSENT = re.compile(
    r"(?i)(?:use|using|verwenden|nutzen|utilis|usa)\w{0,6} (?:wir |des |los |las |i )?cookies|consent|privacy"
    r"|datenschutz|accept|agree|akzept|zustimm|aceptar|accett|同意"
)
#: Pieces of text beneath an element; as one call into lxml they come in a quarter of `itertext`'s time.
_TEXT = etree.XPath(".//text()", smart_strings=False)
_LINKED_TEXT = etree.XPath(".//a//text()", smart_strings=False)


def going(body: etree._Element) -> Iterator[etree._Element]:
    """Blocks that go. What stands inside one goes with it and is not looked at: menus nest deeply."""
    walk = etree.iterwalk(body, events=("start",), tag=_BLOCKS)
    for _, element in walk:
        if _goes(element):
            walk.skip_subtree()
            yield element


def _goes(element: etree._Element) -> bool:
    if element.tag == "footer" and _is_mostly_links(element):
        return True
    attributes = {str(name): str(value) for name, value in element.items()}
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if attributes.get("role") in _AWAY_ROLES or attributes.get("aria-modal") == "true":
        return True
    style = attributes.get("style")
    if style and _HIDDEN_STYLE.search(style):
        return True
    names = {_meaning(attributes[kind][:NAME_CHARS]) for kind in ("class", "id") if kind in attributes}
    if "consent" in names:
        text = _text(element, BANNER_CHARS)
        return len(text) < BANNER_CHARS and _ASKS_CONSENT.search(text) is not None
    return "navigation" in names and _is_mostly_links(element)


@lru_cache(maxsize=NAMES)
def _meaning(name: str) -> Literal["consent", "navigation"] | None:
    """What a class or an id says about its block."""
    if _CONSENT.search(name):
        return "consent"
    return "navigation" if _NAVIGATION.search(name) else None


def _text(element: etree._Element, max_chars: int) -> str:
    text = ""
    for piece in element.itertext():
        text += str(piece)
        if len(text) >= max_chars:
            break
    return text


def _is_mostly_links(element: etree._Element) -> bool:
    # A restaurant's menu carries the same names as a site's; only one of them is made of links.
    return _chars(_LINKED_TEXT, element) * 10 >= _chars(_TEXT, element) * 6


def _chars(pieces: etree.XPath, element: etree._Element) -> int:
    found = pieces(element)
    return sum(len(str(piece).strip()) for piece in found[:PIECES]) if isinstance(found, list) else 0
